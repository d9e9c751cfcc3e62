// turn_run: between two stretches of messages: time, metrics, guards, the tracker, and whether the turn is over.
#include "turn_run.hpp"

#include <algorithm>
#include <utility>

namespace ottla {
inline namespace v0 {
namespace {

// Enough to pay for a turn's lock and wakes; then others may want one.
constexpr std::size_t turn_records = 1024;
constexpr std::chrono::milliseconds turn_time{20};
// How often the tracker hears of what is finished: an interval costs as much for one record as for all of these.
constexpr std::chrono::milliseconds told_time{1};
// How soon an open breaker is asked again: it does not say when it will admit.
constexpr std::chrono::milliseconds breaker_pause{100};

}  // namespace

turn_run::turn_run(lane_turn& turn, const handler_context& with, turn_watch& watch, turn_pace& pace)
    : message_run(message(turn.run.front(), turn.tries + 1, turn.why, &turn.from->of->abandoned), turn.run.walk(),
                  turn.from->of->abandoned, watch.offset),
      of_(*turn.from->of),
      run_(turn.run),
      with_(with),
      watch_(watch),
      pace_(pace),
      retried_(turn.tries > 0),
      records_(std::min(turn.run.left(), turn_records)),
      now_(with.now()),
      enough_(after(now_, turn_time)),
      tell_at_(after(now_, told_time)) {
  if (retry_gate::needed(of_)) gate_.emplace(of_, run_);
}

turn_report turn_run::handle() {
  if (run_.whole()) watch_.first.store(front_.offset(), std::memory_order_relaxed);
  if (may_begin()) {
    if (retried_) left_ = stretch_ = 1;
    watch_.offset.store(front_.offset(), std::memory_order_release);
    if (verdict said = with_.handler.run(*this); !said.is_done()) {
      const steady_ns end = with_.now();
      if (permit_) said.is_retry() ? permit_.failure(end) : permit_.success(end);
      const std::uint32_t before = stretch_ - left_;
      const time_shares took = pace_.share(before + 1, end - now_);
      if (before > 0) {
        // Inside a whole run gaps hold no records.
        out_.last = run_.whole() ? front_.offset() - 1 : (&front_.record())[-1].offset();
        finished(before, {took.each, took.each});
      }
      out_.how = turn_report::outcome::failed;
      out_.said = std::move(said);
      out_.took = took.longest;
    }
  }
  tell();
  run_.passed(out_.handled);
  watch_.offset.store(-1, std::memory_order_relaxed);
  watch_.first.store(-1, std::memory_order_relaxed);
  return std::move(out_);
}

// The offset that is watched is that of the last message that was begun, and so of the last that is done.
bool turn_run::look() {
  const steady_ns end = with_.now();
  if (permit_) permit_.success(end);
  if (gate_) gate_->finished();
  const std::uint32_t messages = stretch_ - left_;
  out_.last = watch_.offset.load(std::memory_order_relaxed);
  finished(messages, pace_.share(messages, end - std::exchange(now_, end)));
  first_try();
  if (!run_.whole() || now_ >= tell_at_) {
    tell();
    tell_at_ = after(now_, told_time);
  }
  return may_begin();
}

void turn_run::finished(std::size_t messages, time_shares took) {
  out_.handled += messages;
  untold_ += messages;
  if (with_.counts == nullptr) return;
  if (took.longest - took.each < std::chrono::nanoseconds(static_cast<std::int64_t>(messages))) {
    with_.counts->processed(of_.label, message_status::success, took.each, messages);
    return;
  }
  if (messages > 1) with_.counts->processed(of_.label, message_status::success, took.each, messages - 1);
  with_.counts->processed(of_.label, message_status::success, took.longest);
}

bool turn_run::may_begin() {
  if (out_.handled == records_ || now_ >= enough_) return false;
  if (of_.abandoned.load(std::memory_order_relaxed) && front_.offset() >= of_.drain_to) return false;
  if (gate_ && !gate_->admits(front_.record(), now_, out_)) return false;
  if (!admitted()) return false;
  if (gate_) front_ = gate_->say(front_.record(), front_.tries(), front_.last_failure());
  if (untold_ == 0) {
    first_untold_ = front_.offset();
    untold_records_ = &front_.record();
  }
  const bool each = gate_ || with_.breaker != nullptr || with_.limiter != nullptr;
  left_ = stretch_ =
      each ? 1 : static_cast<std::uint32_t>(std::min<std::size_t>(pace_.stretch(), records_ - out_.handled));
  watch_.since_ns.store(now_.time_since_epoch().count(), std::memory_order_relaxed);
  return true;
}

// Permission for one message, or until when to wait. The limiter first: what it granted is given back if the breaker
// refuses.
bool turn_run::admitted() {
  const auto wait_until = [&](steady_ns until) {
    out_.how = turn_report::outcome::held;
    out_.until = until;
    return false;
  };
  const std::uint64_t bytes = with_.limiter == nullptr ? 0 : front_.key().size() + front_.value().size();
  if (with_.limiter != nullptr) {
    if (const auto answer = with_.limiter->try_acquire(now_, 1, bytes); !answer)
      return wait_until(after(now_, answer.wait));
  }
  if (with_.breaker == nullptr) return true;
  if (auto given = with_.breaker->try_acquire(now_)) {
    permit_ = std::move(*given);
    return true;
  }
  if (with_.limiter != nullptr) with_.limiter->give_back(1, bytes);
  return wait_until(after(now_, breaker_pause));
}

// As intervals. Records that were chosen from others are neighbours only where their offsets are.
void turn_run::tell() {
  const std::size_t count = std::exchange(untold_, 0);
  if (count == 0) return;
  tracked_partition& to = *of_.tracked;
  if (run_.whole()) return void(to.finished(first_untold_, out_.last));
  for (std::size_t from = 0, at = 1; at <= count; ++at) {
    if (at < count && untold_records_[at].offset() == untold_records_[at - 1].offset() + 1) continue;
    (void)to.finished(untold_records_[from].offset(), untold_records_[at - 1].offset());
    from = at;
  }
}

}  // namespace v0
}  // namespace ottla
