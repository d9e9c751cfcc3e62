// handler_turn: the loop over records.
#include "handler_turn.hpp"

#include <optional>
#include <utility>

#include "../retrying/retried_record.hpp"
#include "key_hash.hpp"

namespace ottla {
inline namespace v0 {
namespace {

// Enough to pay for a turn's lock and wakes; then others may want one.
constexpr std::size_t turn_records = 1024;
constexpr std::chrono::milliseconds turn_time{20};
// How often the tracker hears of what is finished: an interval costs as much for one record as for all of these.
constexpr std::size_t told_records = 64;
constexpr std::chrono::milliseconds told_time{1};
// How soon an open breaker is asked again: it does not say when it will admit.
constexpr std::chrono::milliseconds breaker_pause{100};

/// The handlers that this thread is inside of, innermost first.
struct handler_scope {
  static thread_local handler_scope* innermost;
  explicit handler_scope(const void* whose) : owner(whose), outer(std::exchange(innermost, this)) {}
  ~handler_scope() { innermost = outer; }
  handler_scope(const handler_scope&) = delete;
  handler_scope& operator=(const handler_scope&) = delete;
  const void* const owner;
  handler_scope* const outer;
};
thread_local handler_scope* handler_scope::innermost = nullptr;

/// Offsets that are finished, told as intervals. Inside a whole run gaps hold no records, so they do not split one.
class finished_offsets {
 public:
  finished_offsets(tracked_partition& to, bool whole) : to_(to), whole_(whole) {}
  ~finished_offsets() { tell(); }
  finished_offsets(const finished_offsets&) = delete;
  finished_offsets& operator=(const finished_offsets&) = delete;

  void add(std::int64_t offset) {
    if (count_ == told_records || (count_ > 0 && !whole_ && offset != last_ + 1)) tell();
    if (count_++ == 0) first_ = offset;
    last_ = offset;
  }
  void tell() {
    if (std::exchange(count_, 0) > 0) (void)to_.finished(first_, last_);
  }

 private:
  tracked_partition& to_;
  const bool whole_;
  std::size_t count_ = 0;
  std::int64_t first_ = 0, last_ = 0;
};

/// Permission for one message, or until when to wait. The limiter first: what it granted is given back if the breaker
/// refuses.
bool admitted(const handler_context& with, const record_view& what, steady_ns now, circuit_breaker::permit& permit,
              steady_ns& until) {
  const std::uint64_t bytes = what.key().size() + what.value().size();
  if (with.limiter != nullptr) {
    if (const auto answer = with.limiter->try_acquire(now, 1, bytes); !answer) {
      until = after(now, answer.wait);
      return false;
    }
  }
  if (with.breaker == nullptr) return true;
  auto given = with.breaker->try_acquire(now);
  if (given) {
    permit = std::move(*given);
    return true;
  }
  if (with.limiter != nullptr) with.limiter->give_back(1, bytes);
  until = after(now, breaker_pause);
  return false;
}

/// What retry topics ask of one record before its handler: its time, and that it overtakes nothing.
class retry_gate {
 public:
  retry_gate(const flow_partition& of, const record_run& run) : of_(of), part_(of.retrying) {
    if (part_.level > 0) read_ = run.account().read;
  }

  /// False: the turn is over, and `out` says how.
  bool admits(const record_view& record, steady_ns now, turn_report& out) {
    if (part_.level > 0) {
      said_.emplace(record, static_cast<int>(part_.level), *part_.names);
      origin_ = said_->origin();
      out.tried_before = said_->tries();
      // One that is in the way of what is finished already has its try at once, rather than that those have another.
      const steady_ns due = after(read_.mono, said_->wait(read_.wall, part_.time));
      if (now < due && !of_.abandoned.load(std::memory_order_relaxed)) {
        out.how = turn_report::outcome::held;
        out.until = due;
        return false;
      }
    }
    if (part_.keys == nullptr || record.key().is_null()) return true;
    key_ = key_hash(record.key().bytes());
    out.to = part_.keys->waits_at(part_.level, key_);
    if (out.to > 0) out.how = turn_report::outcome::follows;
    return out.to == 0;
  }
  message say(const record_view& record, int tries, std::string_view why) const {
    if (!said_) return message(record, tries, why, &of_.abandoned);
    return message(record, said_->tries() + tries, tries > 1 ? why : std::string_view(said_->error()), &of_.abandoned,
                   &origin_);
  }
  void finished(const record_view& record) const {
    if (part_.level > 0 && part_.keys != nullptr && !record.key().is_null()) part_.keys->finished(part_.level, key_);
  }

 private:
  const flow_partition& of_;
  const retry_part& part_;
  instant read_{};
  std::optional<retried_record> said_;
  message_origin origin_;
  std::uint64_t key_ = 0;
};

}  // namespace

turn_report run_turn(lane_turn& turn, const handler_context& with, turn_watch& watch) {
  const handler_scope inside(with.owner);
  const flow_partition& of = *turn.from->of;
  const bool guarded = with.breaker != nullptr || with.limiter != nullptr;
  const bool retrying = of.retrying.level > 0 || of.retrying.keys != nullptr;
  turn_report out;
  std::optional<retry_gate> gate;
  if (retrying) gate.emplace(of, turn.run);
  finished_offsets finished(*of.tracked, turn.run.whole());
  steady_ns now = with.now();
  const steady_ns enough = after(now, turn_time);
  steady_ns tell_at = after(now, told_time);
  int tries = turn.tries;
  std::string_view why = turn.why;
  if (turn.run.whole() && !turn.run.ended()) watch.first.store(turn.run.front().offset(), std::memory_order_relaxed);
  while (!turn.run.ended() && out.handled < turn_records) {
    const record_view& record = turn.run.front();
    if (of.abandoned.load(std::memory_order_relaxed) && record.offset() >= of.drain_to) break;
    if (retrying && !gate->admits(record, now, out)) break;
    circuit_breaker::permit permit;
    if (guarded && !admitted(with, record, now, permit, out.until)) {
      out.how = turn_report::outcome::held;
      break;
    }
    watch.since_ns.store(now.time_since_epoch().count(), std::memory_order_relaxed);
    watch.offset.store(record.offset(), std::memory_order_release);
    verdict said =
        with.handler(retrying ? gate->say(record, tries + 1, why) : message(record, tries + 1, why, &of.abandoned));
    const steady_ns end = with.now();
    if (permit) said.is_retry() ? permit.failure(end) : permit.success(end);
    if (!said.is_done()) {
      out.how = turn_report::outcome::failed;
      out.said = std::move(said);
      out.took = end - now;
      break;
    }
    if (with.counts != nullptr) with.counts->processed(of.label, message_status::success, end - now);
    out.last = record.offset();
    finished.add(out.last);
    if (retrying) gate->finished(record);
    turn.run.next();
    ++out.handled;
    tries = 0;
    why = {};
    now = end;
    if (now >= tell_at) {
      finished.tell();
      tell_at = after(now, told_time);
      if (now >= enough) break;
    }
  }
  watch.offset.store(-1, std::memory_order_relaxed);
  watch.first.store(-1, std::memory_order_relaxed);
  return out;
}

bool inside_handler(const void* owner) {
  for (const handler_scope* one = handler_scope::innermost; one != nullptr; one = one->outer) {
    if (one->owner == owner) return true;
  }
  return false;
}

}  // namespace v0
}  // namespace ottla
