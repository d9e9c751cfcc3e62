// service_consumer_state: its beginning and its end.
#include <algorithm>
#include <cstdio>
#include <utility>

#include "service_consumer_state.hpp"

namespace ottla {
inline namespace v0 {
namespace {

error failure(client_code code, std::string asked, std::string detail, std::string advice = {}) {
  error_context context;
  context.asked = std::move(asked);
  context.detail = std::move(detail);
  context.advice = std::move(advice);
  return error(code, std::move(context));
}

// Of a close's time, what is kept for the last commit and for leaving the group.
std::chrono::nanoseconds kept_for_leaving(std::chrono::nanoseconds timeout) {
  return std::min<std::chrono::nanoseconds>(timeout / 4, std::chrono::seconds(3));
}

std::string seconds_text(std::chrono::nanoseconds time) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.1f s", std::chrono::duration<double>(time).count());
  return text;
}

std::chrono::milliseconds left_until(steady_ns deadline, steady_ns now) {
  if (deadline <= now) return std::chrono::milliseconds(0);
  return std::chrono::duration_cast<std::chrono::milliseconds>(deadline - now);
}

error check(const service_consumer_options& options, const message_handler& handler, const cluster& on) {
  if (auto valid = options.validate(); !valid) return valid.error();
  if (!handler) return failure(client_code::invalid_config, "service_consumer", "needs a handler");
  if (options.threads == threading::own_thread && !on.state()->runner().threaded()) {
    return failure(client_code::invalid_config, "service_consumer_options::threads",
                   "own_thread needs a cluster that has its thread", "use threading::manual, and call turn()");
  }
  return {};
}

}  // namespace

service_consumer_state::service_consumer_state(cluster on, service_consumer_options options, message_handler handler)
    : on_(std::move(on)),
      options_(std::move(options)),
      handler_(std::move(handler)),
      config_error_(check(options_, handler_, on_)),
      flow_(options_, on_.state()->machine().stream("service_consumer")) {
  // A clock that stands still unless a handler moves it is read for each message.
  const bool manual = options_.threads == threading::manual;
  const int workers = manual ? 1 : std::clamp(options_.workers, 1, 1024);
  for (int i = 0; i < workers; ++i) {
    workers_.push_back(std::make_unique<worker_slot>());
    if (manual) workers_.back()->pace = turn_pace(1);
  }
}

result<void> service_consumer_state::start() {
  if (config_error_) return config_error_;
  if (auto may = on_.state()->usable(); !may) return may;
  {
    const std::lock_guard lock(mutex_);
    if (closed_ || stopped_) return failure(client_code::closed, "starting a service_consumer", "it was stopped");
    if (started_) return {};
    open();
    started_ = true;
  }
  if (options_.counts) options_.counts->consumers(1);
  if (options_.threads == threading::own_thread) threads_.start(shared_from_this(), workers_.size());
  return {};
}

void service_consumer_state::open() {
  consumer_config reading = options_.reading;
  reading.auto_commit = false;
  reading.on_assigned = [this](consumer& in, std::span<const topic_partition> which) { on_assigned(in, which); };
  reading.on_revoked = [this](consumer& in, std::span<const topic_partition> which) { on_revoked(in, which); };
  reading.on_lost = [this](consumer& in, std::span<const topic_partition> which) { on_lost(in, which); };
  const std::vector<std::string> tiers = retry_levels(options_).topics();
  reading.topics.insert(reading.topics.end(), tiers.begin(), tiers.end());
  reading.whole_topics.insert(reading.whole_topics.end(), tiers.begin(), tiers.end());
  in_.emplace(on_, std::move(reading));
  if (options_.tiers && options_.tiers->keep_key_order) scan_.emplace(on_, options_.reading);
  if (options_.dead_letter.empty() && tiers.empty()) return;
  letters_ = std::make_shared<dead_letter_writer>(
      on_, options_, [weak = weak_from_this()](std::uint64_t number, const error& why, std::int64_t offset) {
        if (const auto self = weak.lock()) self->letter_outcome(number, why, offset);
      });
}

result<std::size_t> service_consumer_state::turn(std::chrono::milliseconds timeout) {
  if (auto may = may_wait("turn"); !may) return unexpected(may.error());
  if (options_.threads != threading::manual)
    return failure(client_code::invalid_argument, "turn", "this service_consumer has threads of its own");
  if (auto may = start(); !may) {
    bool started = false;
    {
      const std::lock_guard lock(mutex_);
      started = started_ && !closed_;  // a consumer that was stopped keeps its membership
    }
    if (!started) return unexpected(may.error());
  }
  if (turning_.exchange(true)) return failure(client_code::would_deadlock, "turn", "a turn is going on");
  const auto polled = round(timeout);
  const std::size_t handled = polled ? run_ready() : 0;
  turning_ = false;
  if (!polled) return unexpected(polled.error());
  return handled;
}

error service_consumer_state::trouble() const {
  if (config_error_) return config_error_;
  {
    const std::lock_guard lock(mutex_);
    if (error why = flow_.trouble()) return why;
    if (scan_trouble_) return scan_trouble_;
    if (poll_trouble_ || !started_) return poll_trouble_;
  }
  return in_->trouble();
}

service_consumer_stats service_consumer_state::stats() const {
  const std::lock_guard lock(mutex_);
  return flow_.stats();
}

std::vector<topic_partition> service_consumer_state::assignment() const {
  return begun() ? in_->assignment() : std::vector<topic_partition>();
}
group_metadata service_consumer_state::membership() const { return begun() ? in_->membership() : group_metadata(); }

bool service_consumer_state::begun() const {
  const std::lock_guard lock(mutex_);
  return started_;
}

// --- The end ---------------------------------------------------------------------------------------------------------

void service_consumer_state::stop() {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(stopped_, true)) return;
    flow_.stop();
  }
  work_.notify_all();
  tell_watchers();
  wake();
}

result<void> service_consumer_state::may_wait(const char* asked) const {
  if (forked()) return on_.state()->usable();
  if (inside_handler(this)) return failure(client_code::would_deadlock, asked, "called inside the handler");
  if (runner().on_core_thread()) return failure(client_code::would_deadlock, asked, "called on the core's thread");
  return {};
}

result<void> service_consumer_state::wait(std::chrono::milliseconds timeout) {
  if (auto may = may_wait("wait"); !may) return may;
  const steady_ns deadline = after(now().mono, timeout);
  if (drain([this] { return stopped_ && flow_.drained(); }, deadline)) return {};
  return not_drained("waiting for a service_consumer to drain");
}

error service_consumer_state::not_drained(const char* asked) const {
  std::string who;
  const auto say = [&](const std::string& one) { who += (who.empty() ? "" : ", ") + one; };
  const steady_ns here = now().mono;
  const std::lock_guard lock(mutex_);
  if (!stopped_ && !closed_ && std::string_view(asked) == "waiting for a service_consumer to drain") {
    say("it was not stopped");
  }
  for (const auto& one : workers_) {
    if (!one->at) continue;
    const std::int64_t offset = one->watch.offset.load(std::memory_order_relaxed);
    if (offset < 0) continue;
    const steady_ns since{std::chrono::nanoseconds(one->watch.since_ns.load(std::memory_order_relaxed))};
    say("handler of " + one->at->where().topic + "-" + std::to_string(one->at->where().partition) + "@" +
        std::to_string(offset) + " has been running for " + seconds_text(here - since));
  }
  if (const std::size_t letters = flow_.letters_under_way(); letters > 0)
    say(std::to_string(letters) + " dead letters are not acknowledged");
  return failure(client_code::timed_out, asked, who.empty() ? "the time was too short" : who);
}

result<void> service_consumer_state::close(std::chrono::milliseconds timeout) {
  if (config_error_) return {};
  if (auto may = may_wait("close"); !may) return may;
  const steady_ns begin = now().mono;
  const steady_ns deadline = after(begin, timeout);
  std::shared_ptr<completion> first;
  {
    const std::lock_guard lock(mutex_);
    if (closed_) {
      first = closed_;
    } else {
      closed_ = std::make_shared<completion>();
      closing_ = deadline;
      closing_drain_ = after(begin, timeout - kept_for_leaving(timeout));
    }
  }
  if (first) {
    if (!runner().wait(*first, deadline))
      return failure(client_code::timed_out, "closing a service_consumer", "another close of it goes on");
    const std::lock_guard lock(mutex_);
    return close_result_;
  }
  result<void> out = close_now(deadline);
  std::shared_ptr<completion> told;
  {
    const std::lock_guard lock(mutex_);
    close_result_ = out;
    told = closed_;
  }
  told->set();
  return out;
}

result<void> service_consumer_state::close_now(steady_ns deadline) {
  const steady_ns begin = now().mono;
  stop();
  bool started = false;
  steady_ns drain_until{};
  {
    const std::lock_guard lock(mutex_);
    started = started_;
    drain_until = *closing_drain_;
  }
  result<void> out;
  if (!drain([this] { return flow_.drained(); }, drain_until)) out = not_drained("closing a service_consumer");
  ended_.store(true, std::memory_order_release);
  if (!started) return out;
  {
    const std::lock_guard lock(mutex_);  // a worker between its look at ended_ and its sleep hears of it too
  }
  work_.notify_all();
  wake();
  threads_.end_polling(deadline, runner());
  if (auto stored = commit_rest(std::nullopt, deadline); !stored && out) out = stored;
  if (scan_) scan_->close(std::chrono::milliseconds(0));
  (void)in_->close(left_until(deadline, now().mono));
  if (letters_) letters_->close(left_until(deadline, now().mono));
  threads_.end_working(deadline, runner());
  if (options_.counts) options_.counts->consumers(-1);
  log_notes();
  log_end(out ? error() : out.error(), now().mono - begin);
  return out;
}

void service_consumer_state::abandon() {
  stop();
  ended_.store(true, std::memory_order_release);
  {
    const std::lock_guard lock(mutex_);
    if (!started_ || closed_) return;
    closed_ = std::make_shared<completion>();
    closed_->set();
  }
  work_.notify_all();
  wake();
  threads_.detach();
  if (options_.counts) options_.counts->consumers(-1);
}

}  // namespace v0
}  // namespace ottla
