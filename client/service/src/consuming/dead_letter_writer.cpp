// dead_letter_writer: records and their notes to the dead letter topic.
#include "dead_letter_writer.hpp"

#include <algorithm>
#include <utility>

namespace ottla {
inline namespace v0 {

dead_letter_writer::dead_letter_writer(cluster on, const service_consumer_options& options, outcome told)
    : on_(std::move(on)),
      options_(options),
      consumer_(options.name.empty() ? on_.config().client_id : options.name),
      told_(std::move(told)) {}

void dead_letter_writer::open() {
  producer_config config;
  config.linger = std::chrono::microseconds(0);
  config.max_block = std::chrono::milliseconds(0);  // who polls must not wait: what has no room is tried again
  config.delivery_timeout = options_.dead_letter_timeout;
  config.request_timeout = std::min(config.request_timeout, options_.dead_letter_timeout);
  out_.emplace(on_, std::move(config));
  to_ = out_->topic(options_.dead_letter);
}

void dead_letter_writer::write(std::vector<letter> letters) {
  if (letters.empty()) return;
  topic to;
  bool ask = false;
  std::optional<producer> lost;
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(fatal_, false)) lost = std::exchange(out_, std::nullopt);
    if (!out_) open();
    to = to_;
    if (asked_ || to.partition_count() == 0) {
      std::move(letters.begin(), letters.end(), std::back_inserter(waiting_));
      letters.clear();
      ask = !std::exchange(asked_, true);
    }
  }
  if (lost) (void)lost->close(std::chrono::milliseconds(0));
  if (ask) {
    to.when_ready(options_.dead_letter_timeout, [self = weak_from_this()](const error& why) {
      if (const auto here = self.lock()) here->topic_ready(why);
    });
  }
  for (const letter& one : letters) send(to, one);
}

void dead_letter_writer::topic_ready(const error& why) {
  std::vector<letter> waiting;
  topic to;
  {
    const std::lock_guard lock(mutex_);
    asked_ = false;
    waiting.swap(waiting_);
    to = to_;
  }
  for (const letter& one : waiting) why ? told_(one.number, why) : send(to, one);
}

void dead_letter_writer::send(topic& to, const letter& one) {
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
  const dead_letter_headers headers(from.headers(), note, options_.dead_letter_headers);
  const record what{.key = from.key(), .value = from.value(), .headers = headers.view()};
  std::shared_ptr<const sent_letter> kept;
  if (options_.on_dead_letter) kept = std::make_shared<const sent_letter>(one.run, std::move(note));
  // The time is that of now: with its own, retention might take an old record away at once.
  const auto taken = to.send(what, [self = weak_from_this(), number = one.number, kept](const delivery& d) {
    if (const auto here = self.lock()) here->ended(number, d, kept.get());
  });
  if (taken) return;
  delivery not_taken;
  not_taken.failure = taken.error();
  ended(one.number, not_taken, nullptr);
}

void dead_letter_writer::ended(std::uint64_t number, const delivery& how, const sent_letter* what) {
  if (how.failure.is(client_code::fatal_producer)) {
    const std::lock_guard lock(mutex_);
    fatal_ = true;
  }
  if (how && what != nullptr)
    options_.on_dead_letter({what->run.front(), what->note, {std::string(how.topic), how.partition}, how.offset});
  told_(number, how.failure);
}

void dead_letter_writer::close(std::chrono::milliseconds timeout) {
  std::optional<producer> out;
  {
    const std::lock_guard lock(mutex_);
    out = std::exchange(out_, std::nullopt);
    waiting_.clear();
    to_ = {};
  }
  if (out) (void)out->close(timeout);
}

}  // namespace v0
}  // namespace ottla
