// dead_letter_writer: records and their notes to the topics of dead letters and of retries.
#include "dead_letter_writer.hpp"

#include <algorithm>
#include <utility>

#include "../call_listener.hpp"
#include "../retrying/retried_record.hpp"

namespace ottla {
inline namespace v0 {

dead_letter_writer::dead_letter_writer(cluster on, const service_consumer_options& options, outcome told)
    : on_(std::move(on)),
      options_(options),
      levels_(options_),
      consumer_(options.name.empty() ? on_.config().client_id : options.name),
      told_(std::move(told)) {}

void dead_letter_writer::open() {
  producer_config config;
  config.linger = std::chrono::microseconds(0);
  config.max_block = std::chrono::milliseconds(0);  // who polls must not wait: what has no room is tried again
  config.delivery_timeout = options_.dead_letter_timeout;
  config.request_timeout = std::min(config.request_timeout, options_.dead_letter_timeout);
  out_.emplace(on_, std::move(config));
  for (auto& [name, to] : destinations_) to.to = out_->topic(name);
}

std::string dead_letter_writer::topic_of(const letter& one) const {
  if (one.tier == 0) return options_.dead_letter;
  return levels_.topic(levels_.of(std::string(one.run.front().topic())).source, one.tier);
}

void dead_letter_writer::write(std::vector<letter> letters) {
  std::map<std::string, std::vector<letter>> sorted;
  for (letter& one : letters) {
    std::string name = topic_of(one);
    sorted[std::move(name)].push_back(std::move(one));
  }
  for (auto& [name, part] : sorted) write(name, std::move(part));
}

void dead_letter_writer::write(const std::string& name, std::vector<letter> letters) {
  topic to;
  bool ask = false;
  std::optional<producer> lost;
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(fatal_, false)) lost = std::exchange(out_, std::nullopt);
    if (!out_) open();
    const auto [at, fresh] = destinations_.try_emplace(name);
    destination& there = at->second;
    if (fresh) there.to = out_->topic(name);
    to = there.to;
    if (there.asked || to.partition_count() == 0) {
      std::move(letters.begin(), letters.end(), std::back_inserter(there.waiting));
      letters.clear();
      ask = !std::exchange(there.asked, true);
    }
  }
  if (lost) (void)lost->close(std::chrono::milliseconds(0));
  if (ask) {
    to.when_ready(options_.dead_letter_timeout, [self = weak_from_this(), name](const error& why) {
      if (const auto here = self.lock()) here->topic_ready(name, why);
    });
  }
  for (const letter& one : letters) send(to, one);
}

void dead_letter_writer::topic_ready(const std::string& name, const error& why) {
  destination there;
  {
    const std::lock_guard lock(mutex_);
    const auto at = destinations_.find(name);
    if (at == destinations_.end()) return;
    at->second.asked = false;
    there.to = at->second.to;
    there.waiting.swap(at->second.waiting);
  }
  for (const letter& one : there.waiting) why ? told_(one.number, why, -1) : send(there.to, one);
}

dead_letter_note dead_letter_writer::note_of(const letter& one) const {
  const record_view& from = one.run.front();
  dead_letter_note note{.retries = one.tries - 1,
                        .error = one.why,
                        .failed_at = one.failed_at,
                        .from = {std::string(from.topic()), from.partition()},
                        .offset = from.offset(),
                        .timestamp = from.timestamp(),
                        .group = options_.reading.group,
                        .consumer = consumer_,
                        .exception_type = one.type};
  if (const std::size_t level = levels_.of(note.from.topic).level; level > 0) {
    const retried_record was(from, static_cast<int>(level), options_.dead_letter_headers);
    const message_origin first = was.origin();
    note.from = {std::string(first.topic), first.partition};
    note.offset = first.offset;
    note.timestamp = first.timestamp;
    if (one.follows && one.why.empty()) {
      note.error = was.error();
      note.exception_type = was.type();
    }
  }
  if (one.tier == 0) return note;
  note.tier = static_cast<int>(one.tier);
  const wall_ms now = on_.state()->runner().now().wall;
  note.due = one.follows ? now : now + levels_.time(one.tier);
  if (!one.follows) return note;
  if (note.error.empty()) note.error = "an earlier message of its key waits for its next try";
  if (one.tries == 0) note.failed_at.reset();
  return note;
}

// Retries stay in the partition of that number: with an order of keys over all topics they must.
result<std::int32_t> dead_letter_writer::partition_of(const topic& to, const letter& one) const {
  if (one.tier == 0) return any_partition;
  const std::int32_t number = one.run.front().partition(), count = to.partition_count();
  if (number < count) return number;
  if (!options_.tiers->keep_key_order) return number % count;
  error_context context;
  context.asked = "sending to " + std::string(to.name()) + "-" + std::to_string(number);
  context.detail =
      "it has " + std::to_string(count) + " partitions, and keep_key_order needs as many as its source has";
  return error(client_code::unknown_partition, std::move(context));
}

void dead_letter_writer::send(topic& to, const letter& one) {
  const auto failed = [&](const error& why) {
    delivery out;
    out.failure = why;
    ended(one.number, out, nullptr);
  };
  const auto partition = partition_of(to, one);
  if (!partition) return failed(partition.error());
  const record_view& from = one.run.front();
  dead_letter_note note = note_of(one);
  const dead_letter_headers headers(from.headers(), note, options_.dead_letter_headers);
  const record what{.key = from.key(), .value = from.value(), .headers = headers.view(), .partition = *partition};
  std::shared_ptr<const sent_letter> kept;
  if (options_.on_dead_letter && one.tier == 0) kept = std::make_shared<const sent_letter>(one.run, std::move(note));
  // The time is that of now: with its own, retention might take an old record away at once.
  const auto taken = to.send(what, [self = weak_from_this(), number = one.number, kept](const delivery& d) {
    if (const auto here = self.lock()) here->ended(number, d, kept.get());
  });
  if (!taken) failed(taken.error());
}

void dead_letter_writer::ended(std::uint64_t number, const delivery& how, const sent_letter* what) {
  if (how.failure.is(client_code::fatal_producer)) {
    const std::lock_guard lock(mutex_);
    fatal_ = true;
  }
  if (how && what != nullptr)
    call_listener(
        options_.on_dead_letter,
        dead_letter_receipt{what->run.front(), what->note, {std::string(how.topic), how.partition}, how.offset});
  told_(number, how.failure, how ? how.offset : -1);
}

void dead_letter_writer::close(std::chrono::milliseconds timeout) {
  std::optional<producer> out;
  {
    const std::lock_guard lock(mutex_);
    out = std::exchange(out_, std::nullopt);
    destinations_.clear();
  }
  if (out) (void)out->close(timeout);
}

}  // namespace v0
}  // namespace ottla
