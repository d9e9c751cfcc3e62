// roles: the handlers, and the producer's loop.
#include "roles.hpp"

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>

#include "orders.hpp"
#include "ottla/service/cloud_events.hpp"
#include "ottla/service/dead_letter.hpp"
#include "ottla/service/topic_create.hpp"

namespace example {

using namespace std::chrono_literals;

namespace {

constexpr std::int32_t partitions = 6;

// One write for a line: whole although several threads print, and not lost when the process is killed.
void print(std::uint64_t index, std::int32_t partition, std::int64_t offset, const char* outcome) {
  const std::string line = "{\"index\":" + std::to_string(index) + ",\"partition\":" + std::to_string(partition) +
                           ",\"offset\":" + std::to_string(offset) + ",\"outcome\":\"" + outcome + "\"}\n";
  for (std::string_view left = line; !left.empty();) {
    const ssize_t written = ::write(STDOUT_FILENO, left.data(), left.size());
    if (written <= 0) return;
    left.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace

ottla::result<void> add_orders(ottla::service& to, const options& how) {
  ottla::service_consumer_options options;
  options.reading.group = how.group;
  options.reading.start = ottla::earliest;
  options.retry = {.count = 3, .backoff = 100ms, .multiplier = 2.0, .max = 30s, .jitter = 0.2};
  options.dead_letter = how.dead_letters();
  options.workers = 4;  // each partition in its order: after a clean stop nothing is handled twice
  if (auto made = ottla::ensure_topic(to.cluster(), how.topic, {.partitions = partitions}, 30s, &to.log()); !made)
    return ottla::unexpected(made.error());
  if (auto made = ottla::ensure_topic(to.cluster(), how.dead_letters(), {}, 30s, &to.log()); !made)
    return ottla::unexpected(made.error());
  options.on_dead_letter = [](const ottla::dead_letter_receipt& given_up) {
    const auto event = ottla::decode_event(given_up.message);
    const auto found = event ? from_event(event->event) : std::nullopt;
    if (found) print(found->index, given_up.note.from.partition, given_up.note.offset, "dlq");
  };
  auto added = to.add_consumer(
      how.topic,
      [](const ottla::message& what) -> ottla::verdict {
        const auto event = ottla::decode_event(what.record());
        const auto found = event ? from_event(event->event) : std::nullopt;
        if (!found) return ottla::reject("not an order").as("malformed");
        ottla::verdict said = work_on(*found, what.tries());
        if (said.is_done()) print(found->index, what.partition(), what.offset(), "ok");
        return said;
      },
      options);
  return added ? ottla::result<void>() : ottla::unexpected(added.error());
}

ottla::result<void> add_dead_letters(ottla::service& to, const options& how) {
  ottla::service_consumer_options options;
  options.reading.group = how.group + "-dlq";
  options.reading.start = ottla::earliest;
  options.otherwise = ottla::without_dead_letter::skip;  // the end of the line
  if (auto made = ottla::ensure_topic(to.cluster(), how.dead_letters(), {}, 30s, &to.log()); !made)
    return ottla::unexpected(made.error());
  auto added = to.add_consumer(
      how.dead_letters(),
      [&log = to.log(), alone = how.as == role::dlq](const ottla::message& what) -> ottla::verdict {
        const ottla::dead_letter_note note = ottla::read_dead_letter(what.headers());
        const auto event = ottla::decode_event(what.record());
        const auto found = event ? from_event(event->event) : std::nullopt;
        const std::string id = event ? event->event.id : "";
        const ottla::log_field fields[] = {{"event_id", std::string_view(id)},
                                           {"topic", std::string_view(note.from.topic)},
                                           {"partition", std::int64_t{note.from.partition}},
                                           {"offset", note.offset},
                                           {"retries", std::int64_t{note.retries}},
                                           {"reason", std::string_view(note.error)}};
        ottla::log_entry line;
        line.level = ottla::log_level::warning;
        line.msg = "a dead letter requires attention";
        line.component = "dlq";
        line.fields = fields;
        log.write(line);
        if (alone && found) print(found->index, note.from.partition, note.offset, "dlq");
        return ottla::done;
      },
      options);
  return added ? ottla::result<void>() : ottla::unexpected(added.error());
}

bool send_orders(ottla::service& by, const options& how, std::stop_token until) {
  ottla::add_producer_options options;
  options.create.emplace().partitions = partitions;
  options.producer.config = ottla::producer_config{.linger = 5ms, .max_block = 30s};  // waits for room in the buffer
  auto to = by.add_async_producer(how.topic, options);
  if (!to) {
    by.log().write({.level = ottla::log_level::error, .msg = "cannot send", .failure = &to.error()});
    return false;
  }
  // Told on the core's thread until the last outcome, which may come after this function gave up.
  const auto failed = std::make_shared<std::atomic<std::uint64_t>>(0);
  ottla::random_stream ids(ottla::random_stream::derive(how.seed, "event-ids").next());
  const auto begun = std::chrono::steady_clock::now();
  for (std::uint64_t i = 0; i < how.messages && !until.stop_requested(); ++i) {
    if (how.rate > 0) std::this_thread::sleep_until(begun + std::chrono::microseconds(i * 1'000'000 / how.rate));
    const order next = draw_order(how.seed, i, how.temporary_rate, how.poison_rate);
    const auto encoded = ottla::encode_event(to_event(next, ids));
    if (!encoded) {
      ++*failed;
      continue;
    }
    const ottla::record what = encoded->as_record();
    ottla::producer_message message;
    message.key = what.key;
    message.value = what.value;
    message.headers = what.headers;
    const auto taken = (*to)->send(message, [failed](const ottla::delivery& outcome) {
      if (!outcome) ++*failed;
    });
    if (!taken) ++*failed;
  }
  const auto flushed = (*to)->flush(120s);
  return flushed && *failed == 0;
}

}  // namespace example
