// service_consumer_state: one round of whoever polls, and turns of the handler.
#include <algorithm>
#include <utility>

#include "service_consumer_state.hpp"

namespace ottla {
inline namespace v0 {
namespace {

// After a poll that failed at once: without a pause a broken configuration would keep a processor busy.
constexpr std::chrono::milliseconds pause_after_failure{100};

std::vector<offset_to_commit> offsets_of(const std::vector<tracked_position>& which) {
  std::vector<offset_to_commit> out;
  for (const tracked_position& one : which) out.emplace_back(one.position);
  return out;
}

}  // namespace

handler_context service_consumer_state::context() {
  const bool manual = options_.threads == threading::manual;
  return {handler_,
          options_.breaker.get(),
          options_.limiter.get(),
          options_.counts.get(),
          manual ? [](void* of) { return static_cast<host*>(of)->now().mono; } : &thread_clock,
          &runner(),
          this};
}

// --- Whoever polls ---------------------------------------------------------------------------------------------------

result<void> service_consumer_state::round(std::chrono::nanoseconds timeout) {
  const steady_ns begin = now().mono;
  last_round_ns_.store(begin.time_since_epoch().count(), std::memory_order_relaxed);
  // What waits may be the rest of much larger responses: copied out, it does not keep them.
  const bool crowded = in_->stats().held_bytes > options_.reading.max_held_bytes / 2;
  flow_pauses changes;
  {
    const std::lock_guard lock(mutex_);
    flow_.fire(begin);
    if (crowded) flow_.detach();
    changes = flow_.take_pauses();
  }
  work_.notify_all();
  apply(changes);
  write_letters();
  commit_if_due(begin);
  log_notes();
  const auto soon = look_ahead(begin);
  steady_ns until = never;
  {
    const std::lock_guard lock(mutex_);
    until = flow_.next_deadline();
    if (soon) until = std::min(until, after(begin, *soon));
    // One that is under way may take longer than the interval; it wakes us.
    if (!commit_under_way_ && (dirty_ || flow_.busy())) until = std::min(until, next_commit_);
  }
  const steady_ns here = now().mono;
  const std::chrono::nanoseconds wait =
      std::clamp(until > here ? until - here : std::chrono::nanoseconds(0), std::chrono::nanoseconds(0), timeout);
  const auto got = in_->poll(std::chrono::ceil<std::chrono::milliseconds>(wait));
  if (got) {
    take_in(*got);
    return {};
  }
  if (got.error().is(client_code::would_deadlock) || got.error().is(client_code::closed) ||
      got.error().is(client_code::forked)) {
    if (!ended()) rest(after(here, pause_after_failure));
    return got.error();
  }
  bool fresh = false;
  {
    const std::lock_guard lock(mutex_);
    fresh = poll_trouble_.name() != got.error().name();
    poll_trouble_ = got.error();
  }
  if (fresh) log(log_level::error, "reading failed", got.error(), service_operation::consume);
  rest(std::min(after(here, timeout), after(now().mono, pause_after_failure)));
  return {};
}

void service_consumer_state::take_in(const polled& got) {
  const instant read = now();
  {
    const std::lock_guard lock(mutex_);
    poll_trouble_ = {};
    for (const partition_records& part : got.partitions()) flow_.add(part, read);
    for (const partition_position& end : got.end()) flow_.passed(end);
    dirty_ = dirty_ || !got.end().empty();
    if (!got.errors().empty()) poll_trouble_ = got.errors().front().why;
  }
  work_.notify_all();
  for (const partition_error& one : got.errors())
    log(log_level::error, "a partition cannot be read", one.why, service_operation::consume, {&one.where, 1});
}

void service_consumer_state::write_letters() {
  std::shared_ptr<dead_letter_writer> to;
  std::vector<letter> letters;
  {
    const std::lock_guard lock(mutex_);
    to = letters_;
    letters = flow_.take_letters();
  }
  if (to) to->write(std::move(letters));
}

void service_consumer_state::apply(const flow_pauses& changes) {
  // A partition that was lost meanwhile is no error: its successor begins unpaused, and the flow with it.
  for (const topic_partition& one : changes.pause) (void)in_->pause({&one, 1});
  for (const topic_partition& one : changes.resume) (void)in_->resume({&one, 1});
}

// Nothing else is under way then: a later commit that was asked for first would be of no use.
void service_consumer_state::commit_if_due(steady_ns now) {
  std::vector<tracked_position> which;
  {
    const std::lock_guard lock(mutex_);
    if (commit_under_way_ || !dirty_) return;
    const bool idle = !flow_.busy() && now >= after(last_commit_, options_.commit_interval / 10);
    if (!idle && now < next_commit_) return;
    last_commit_ = now;
    next_commit_ = after(now, options_.commit_interval);
    tell_finished();
    which = flow_.uncommitted();
    dirty_ = flow_.busy();
    if (which.empty()) return;
    commit_under_way_ = true;
  }
  const auto asked = in_->commit_async(offsets_of(which), [weak = weak_from_this(), which](const error& why) {
    if (const auto self = weak.lock()) self->commit_ended(which, why);
  });
  if (!asked) commit_ended(which, asked.error());
}

// A turn tells what it finished now and then; one that hangs, not any more. With the lock.
void service_consumer_state::tell_finished() {
  for (const auto& one : workers_) {
    const std::int64_t first = one->watch.first.load(std::memory_order_relaxed);
    const std::int64_t now_at = one->watch.offset.load(std::memory_order_acquire);
    if (one->at && first >= 0 && now_at > first) (void)one->at->tracked->finished(first, now_at - 1);
  }
}

void service_consumer_state::commit_ended(const std::vector<tracked_position>& which, const error& why) {
  bool more = false;
  {
    const std::lock_guard lock(mutex_);
    commit_under_way_ = false;
    if (why) {
      dirty_ = true;
      commit_trouble_ = why;
    } else {
      flow_.committed(which);
    }
    more = dirty_ || flow_.busy();
  }
  if (more) wake();
}

void service_consumer_state::letter_outcome(std::uint64_t number, const error& why, std::int64_t offset) {
  {
    const std::lock_guard lock(mutex_);
    if (!flow_.letter_outcome(number, why, now().mono, offset)) return;
    dirty_ = true;
  }
  work_.notify_all();
  tell_watchers();
  wake();
}

void service_consumer_state::rest(steady_ns until) {
  const auto over = std::make_shared<completion>();
  {
    const std::lock_guard lock(mutex_);
    resting_ = over;
  }
  (void)runner().wait(*over, until);
}

void service_consumer_state::wake() {
  std::shared_ptr<completion> resting;
  {
    const std::lock_guard lock(mutex_);
    resting = std::move(resting_);
    if (!started_) return;
  }
  if (resting) resting->set();
  in_->wake();
}

// --- Turns -----------------------------------------------------------------------------------------------------------

void service_consumer_state::work(std::size_t worker) {
  worker_slot& mine = *workers_[worker];
  const handler_context with = context();
  for (;;) {
    std::optional<lane_turn> turn;
    {
      std::unique_lock lock(mutex_);
      work_.wait(lock, [&] {
        turn = ended() ? std::nullopt : flow_.take();
        if (turn) mine.at = turn->from->of;
        return turn || ended();
      });
    }
    if (!turn) return;
    run_one(std::move(*turn), with, mine);
  }
}

std::size_t service_consumer_state::run_ready() {
  const handler_context with = context();
  worker_slot& mine = *workers_.front();
  std::size_t handled = 0;
  for (;;) {
    std::optional<lane_turn> turn;
    {
      const std::lock_guard lock(mutex_);
      turn = flow_.take();
      if (turn) mine.at = turn->from->of;
    }
    if (!turn) return handled;
    handled += run_one(std::move(*turn), with, mine);
  }
}

std::size_t service_consumer_state::run_one(lane_turn turn, const handler_context& with, worker_slot& mine) {
  turn_report end = run_turn(turn, with, mine.watch, mine.pace);
  const std::size_t handled = end.handled;
  const instant at = now();
  bool news = false, more = false;
  {
    const std::lock_guard lock(mutex_);
    mine.at.reset();
    news = flow_.report(std::move(turn), std::move(end), at);
    dirty_ = true;
    more = flow_.has_ready();
  }
  if (more) work_.notify_one();
  if (news) {
    tell_watchers();
    wake();
  }
  return handled;
}

}  // namespace v0
}  // namespace ottla
