// flow: how much is held, which partitions are not read because of that, and what is told of all.
#include <algorithm>
#include <utility>

#include "flow.hpp"

namespace ottla {
inline namespace v0 {

// Above a bound until at half of it, so that partitions are not paused and resumed with each record. True: it is to be
// paused or resumed.
bool flow::update_bounds(flow_partition& one) {
  const tracked_amount amount = one.tracked->amount();
  const std::size_t ahead = amount.unfinished + amount.waiting;
  const std::size_t part = one.full ? 2 : 1;
  one.full = one.records * part >= options_.max_partition_records || one.bytes * part >= options_.max_partition_bytes ||
             ahead * part >= options_.max_ahead;
  const std::size_t all = full_ ? 2 : 1;
  const bool full = records_ * all >= options_.max_held_records || bytes_ * all >= options_.max_held_bytes;
  const bool changed = std::exchange(full_, full) != full;
  return changed || wants_pause(one) != one.paused;
}

// When all together hold too much, those that hold more than their share wait: partitions that are stuck with theirs
// must not stop the others for good.
bool flow::wants_pause(const flow_partition& one) const {
  if (one.abandoned || one.blocked > 0 || one.held || one.full) return true;
  if (!full_) return false;
  const std::size_t sharers = partitions_.size();
  return one.records * sharers >= options_.max_held_records || one.bytes * sharers >= options_.max_held_bytes;
}

flow_pauses flow::take_pauses() {
  flow_pauses out;
  for (const auto& [where, one] : partitions_) {
    const bool wanted = wants_pause(*one);
    if (std::exchange(one->paused, wanted) == wanted) continue;
    (wanted ? out.pause : out.resume).push_back(where);
  }
  return out;
}

void flow::detach() {
  for (const auto& [where, one] : partitions_) {
    for (const auto& [number, of] : one->lanes) {
      for (record_run& run : of->runs) run.detach();
    }
  }
}

error flow::trouble() const {
  for (const auto& [where, one] : partitions_) {
    if (one->blocked > 0) return one->why_blocked;
    if (one->held) return one->held;
  }
  return {};
}

service_consumer_stats flow::stats() const {
  service_consumer_stats out = totals_;
  out.held_records = records_;
  out.held_bytes = bytes_;
  out.waiting = timers_.size() + unsent_.size() + under_way_.size();
  for (const auto& [where, one] : partitions_) {
    out.paused += one->paused ? 1 : 0;
    out.stopped += one->blocked > 0 || one->held ? 1 : 0;
  }
  return out;
}

}  // namespace v0
}  // namespace ottla
