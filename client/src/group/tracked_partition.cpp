// tracked_partition: numbers for records, intervals of finished ones, and the watermark below them.
#include <algorithm>
#include <limits>
#include <utility>

#include "../consumer/partition_block.hpp"
#include "ottla/position_tracker.hpp"

namespace ottla {
inline namespace v0 {

tracked_partition::tracked_partition(topic_partition where, std::uint64_t epoch, std::size_t max_records,
                                     budget records)
    : where_(std::move(where)), epoch_(epoch), max_records_(max_records), records_(std::move(records)) {}

tracked_partition::~tracked_partition() { lose(); }

start_outcome tracked_partition::may_start(std::int64_t offset, std::size_t records) {
  if (lost_) return start_outcome::lost;
  if (offset <= last_seen_ || offset == std::numeric_limits<std::int64_t>::max()) return start_outcome::out_of_order;
  const std::size_t before = records_->fetch_add(records);
  if (before == 0 || (records <= max_records_ && before <= max_records_ - records)) return start_outcome::taken;
  records_->fetch_sub(records);
  return start_outcome::full;
}

void tracked_partition::append(std::int64_t offset, std::int32_t leader_epoch) {
  const bool neighbour = !runs_.empty() && offset == last_seen_ + 1 && runs_.back().leader_epoch == leader_epoch &&
                         offset_of(next_number_ - 1) == last_seen_;
  if (!neighbour) runs_.push_back({offset, next_number_, leader_epoch});
  ++next_number_;
  last_seen_ = offset;
}

// Only offsets are read, and those without a gap between them only counted; of a batch without gaps only the first one:
// this is a cost of every record.
void tracked_partition::append(const batch_records_view& batch) {
  const std::byte* next = batch.records.data();
  std::int64_t last = 0;
  std::uint64_t chained = 0;  // behind the record that was appended last
  const std::int32_t looked_at = batch.dense ? std::min(batch.count, 1) : batch.count;
  for (std::int32_t i = 0; i < looked_at; ++i) {
    std::int32_t body, delta;
    const std::byte* at = protocol::record_detail::read_int32(next, body);
    next = at + body;
    std::uint64_t timestamp;
    at = protocol::record_detail::read_varint(at + 1, timestamp);
    protocol::record_detail::read_int32(at, delta);
    const std::int64_t offset = protocol::wrapping_add(batch.base_offset, delta);
    if (i > 0 && offset == last + 1) {
      ++chained;
    } else {
      next_number_ += std::exchange(chained, 0);
      if (i > 0) last_seen_ = last;
      append(offset, batch.leader_epoch);
    }
    last = offset;
  }
  const std::int32_t rest = batch.count - looked_at;
  next_number_ += chained + static_cast<std::uint64_t>(rest);
  if (batch.count > 0) last_seen_ = protocol::wrapping_add(last, rest);
}

void tracked_partition::pass(const partition_position& end) {
  passed_ = end;
  passed_number_ = next_number_;
  last_seen_ = end.offset - 1;
}

start_outcome tracked_partition::started(std::int64_t offset, std::int32_t leader_epoch) {
  const std::lock_guard lock(mutex_);
  const start_outcome outcome = may_start(offset, 1);
  if (outcome == start_outcome::taken) append(offset, leader_epoch);
  return outcome;
}

start_outcome tracked_partition::started(const partition_records& part) {
  if (part.empty()) return passed(part.end_position());
  const std::lock_guard lock(mutex_);
  const start_outcome outcome = may_start(part.begin()->offset(), part.size());
  if (outcome != start_outcome::taken) return outcome;
  assignment_ = part.end_position().assignment;
  for (const batch_records_view& batch : part.block_->batches) append(batch);
  if (partition_position end = part.end_position(); end.offset > last_seen_) pass(end);
  return outcome;
}

start_outcome tracked_partition::passed(const partition_position& end) {
  const std::lock_guard lock(mutex_);
  if (lost_) return start_outcome::lost;
  if (end.offset <= last_seen_) return start_outcome::out_of_order;
  if (end.assignment != 0) assignment_ = end.assignment;
  pass(end);
  return start_outcome::taken;
}

const tracked_partition::run& tracked_partition::run_of(std::uint64_t number) const {
  return *std::prev(std::upper_bound(runs_.begin(), runs_.end(), number,
                                     [](std::uint64_t wanted, const run& one) { return wanted < one.first_number; }));
}

std::int64_t tracked_partition::offset_of(std::uint64_t number) const {
  const run& in = run_of(number);
  return in.first_offset + static_cast<std::int64_t>(number - in.first_number);
}

/// Not below the watermark.
std::uint64_t tracked_partition::number_at_or_after(std::int64_t offset) const {
  auto next = std::upper_bound(runs_.begin(), runs_.end(), offset,
                               [](std::int64_t wanted, const run& one) { return wanted < one.first_offset; });
  if (next == runs_.begin()) return watermark_;
  const std::uint64_t end = next == runs_.end() ? next_number_ : next->first_number;
  const run& in = *--next;
  const std::uint64_t number = in.first_number + static_cast<std::uint64_t>(offset - in.first_offset);
  return std::max(watermark_, std::min(number, end));
}

bool tracked_partition::finished(std::int64_t first, std::int64_t last) {
  const std::lock_guard lock(mutex_);
  if (lost_ || last < first || last == std::numeric_limits<std::int64_t>::max()) return false;
  std::uint64_t from = number_at_or_after(first), to = number_at_or_after(last + 1);
  std::uint64_t fresh = to - std::min(from, to);
  if (fresh == 0) return false;
  // Swallow all intervals that it touches.
  auto at = finished_.upper_bound(from);
  if (at != finished_.begin() && std::prev(at)->second >= from) --at;
  const std::uint64_t wanted_from = from, wanted_to = to;
  while (at != finished_.end() && at->first <= to) {
    const std::uint64_t shared_from = std::max(at->first, wanted_from), shared_to = std::min(at->second, wanted_to);
    if (shared_from < shared_to) fresh -= shared_to - shared_from;
    from = std::min(from, at->first);
    to = std::max(to, at->second);
    at = finished_.erase(at);
  }
  finished_above_ += fresh;
  if (from == watermark_) {
    advance(to);
  } else {
    finished_.emplace(from, to);
  }
  return fresh != 0;
}

void tracked_partition::advance(std::uint64_t to) {
  const std::uint64_t below = to - watermark_;
  done_offset_ = offset_of(to - 1);
  done_epoch_ = run_of(to - 1).leader_epoch;
  watermark_ = to;
  finished_above_ -= below;
  records_->fetch_sub(static_cast<std::size_t>(below));
  const auto keep = [&](const run& one) { return one.first_number > to; };
  auto first_beyond = std::find_if(runs_.begin(), runs_.end(), keep);
  if (first_beyond != runs_.begin()) --first_beyond;  // it reaches the watermark, or ends there
  runs_.erase(runs_.begin(), first_beyond);
}

std::optional<partition_position> tracked_partition::position_locked() const {
  if (lost_) return std::nullopt;
  const bool behind_passed = passed_.offset >= 0 && passed_number_ == watermark_;
  if (watermark_ == 0 && !behind_passed) return std::nullopt;
  partition_position out{where_, behind_passed ? passed_.offset : done_offset_ + 1,
                         behind_passed ? passed_.leader_epoch : done_epoch_, assignment_};
  if (watermark_ != next_number_) out.offset = offset_of(watermark_);  // between here and there is nothing to read
  return out;
}

std::optional<partition_position> tracked_partition::position() const {
  const std::lock_guard lock(mutex_);
  return position_locked();
}

std::optional<partition_position> tracked_partition::uncommitted() const {
  const std::lock_guard lock(mutex_);
  std::optional<partition_position> now = position_locked();
  if (now && now->offset <= committed_) now.reset();
  return now;
}

void tracked_partition::committed(std::int64_t offset) {
  const std::lock_guard lock(mutex_);
  committed_ = std::max(committed_, offset);
}

tracked_amount tracked_partition::amount() const {
  const std::lock_guard lock(mutex_);
  constexpr std::size_t node = 64;  // of a map
  const auto waiting = static_cast<std::size_t>(finished_above_);
  return {static_cast<std::size_t>(next_number_ - watermark_) - waiting, waiting,
          runs_.size() * sizeof(run) + finished_.size() * node};
}

void tracked_partition::lose() {
  const std::lock_guard lock(mutex_);
  if (std::exchange(lost_, true)) return;
  records_->fetch_sub(static_cast<std::size_t>(next_number_ - watermark_));
  watermark_ = next_number_;
  finished_above_ = 0;
  finished_.clear();
  runs_.clear();
}

}  // namespace v0
}  // namespace ottla
