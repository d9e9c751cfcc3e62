// position_tracker: the partitions that are ours, each with its own lock.
#include "ottla/position_tracker.hpp"

#include <utility>

namespace ottla {
inline namespace v0 {

position_tracker::position_tracker(std::size_t max_records)
    : max_records_(max_records), records_(std::make_shared<std::atomic<std::size_t>>(0)) {}

std::shared_ptr<tracked_partition> position_tracker::assigned(const topic_partition& where, std::uint64_t epoch) {
  auto fresh = std::make_shared<tracked_partition>(where, epoch, max_records_, records_);
  std::shared_ptr<tracked_partition> before;
  {
    const std::lock_guard lock(mutex_);
    before = std::exchange(partitions_[where], fresh);
  }
  if (before) before->lose();
  return fresh;
}

void position_tracker::lost(const topic_partition& where) {
  std::shared_ptr<tracked_partition> gone;
  {
    const std::lock_guard lock(mutex_);
    const auto at = partitions_.find(where);
    if (at == partitions_.end()) return;
    gone = std::move(at->second);
    partitions_.erase(at);
  }
  gone->lose();
}

void position_tracker::lost_all() {
  std::map<topic_partition, std::shared_ptr<tracked_partition>> gone;
  {
    const std::lock_guard lock(mutex_);
    gone.swap(partitions_);
  }
  for (const auto& [where, one] : gone) one->lose();
}

std::shared_ptr<tracked_partition> position_tracker::find(const topic_partition& where) const {
  const std::lock_guard lock(mutex_);
  const auto at = partitions_.find(where);
  return at != partitions_.end() ? at->second : nullptr;
}

start_outcome position_tracker::started(const topic_partition& where, std::uint64_t epoch, std::int64_t offset,
                                        std::int32_t leader_epoch) {
  const auto one = find(where);
  return one && one->epoch() == epoch ? one->started(offset, leader_epoch) : start_outcome::lost;
}

bool position_tracker::finished(const topic_partition& where, std::uint64_t epoch, std::int64_t offset) {
  const auto one = find(where);
  return one && one->epoch() == epoch && one->finished(offset);
}

std::vector<std::shared_ptr<tracked_partition>> position_tracker::all() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<tracked_partition>> out;
  out.reserve(partitions_.size());
  for (const auto& [where, one] : partitions_) out.push_back(one);
  return out;
}

std::vector<tracked_position> position_tracker::uncommitted() const {
  std::vector<tracked_position> out;
  for (const auto& one : all()) {
    if (auto position = one->uncommitted()) out.push_back({std::move(*position), one->epoch()});
  }
  return out;
}

void position_tracker::committed(std::span<const tracked_position> which) {
  for (const tracked_position& stored : which) {
    const auto one = find(stored.position.where);
    if (one && one->epoch() == stored.epoch) one->committed(stored.position.offset);
  }
}

tracked_amount position_tracker::amount() const {
  tracked_amount sum;
  for (const auto& one : all()) {
    const tracked_amount part = one->amount();
    sum.unfinished += part.unfinished;
    sum.waiting += part.waiting;
    sum.bytes += part.bytes;
  }
  return sum;
}

}  // namespace v0
}  // namespace ottla
