// The log of one partition: raw record batches in segments.
#include "storage/partition_log.hpp"

#include <algorithm>

#include "storage/batch_fields.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

std::size_t partition_log::memory_bytes() const {
  std::size_t sum = 0;
  for (const segment& s : segments_) sum += s.memory_bytes();
  return sum;
}

bool partition_log::begins_segment(std::size_t batch_bytes) const {
  if (segments_.empty()) return true;
  const std::size_t size = segments_.back().size_bytes();
  return size != 0 && (rolls_ || size + batch_bytes > segment_bytes_);
}

std::int64_t partition_log::append(std::span<const std::byte> batch, batch_stamp stamp) {
  stamp.base_offset = end_offset();
  if (begins_segment(batch.size())) {
    if (!segments_.empty()) segments_.back().seal();
    segments_.emplace_back(stamp.base_offset);
    rolls_ = false;
  }
  segments_.back().append(batch, stamp);
  size_bytes_ += batch.size();
  return stamp.base_offset;
}

void partition_log::drop_last() {
  size_bytes_ -= segments_.back().batch(segments_.back().index().size() - 1).size();
  segments_.back().drop_last();
  if (segments_.back().index().empty()) segments_.pop_back();
}

void partition_log::cut_back(std::int64_t offset) {
  if (segments_.empty()) return;
  segment& newest = segments_.back();
  size_bytes_ -= newest.size_bytes() - newest.bytes_before(offset);
  newest.cut_back(offset);
  if (newest.index().empty()) segments_.pop_back();
  epochs_.truncate_back(end_offset());
}

void partition_log::put_compacted(std::size_t index, bool joins, std::vector<std::byte> bytes) {
  const auto at = segments_.begin() + static_cast<std::ptrdiff_t>(joins ? index - 1 : index);
  has_gaps = true;
  size_bytes_ -= segments_[index].size_bytes() + (joins ? at->size_bytes() : 0);
  if (bytes.empty()) {
    segments_.erase(at);
    return;
  }
  segment fresh(at->base_offset());
  size_bytes_ += fresh.adopt(std::move(bytes), true);
  fresh.seal();
  *at = std::move(fresh);
  if (joins) segments_.erase(at + 1);
}

void partition_log::restore(std::int64_t start_offset, std::deque<segment> segments, epoch_table epochs) {
  start_offset_ = start_offset;
  segments_ = std::move(segments);
  size_bytes_ = 0;
  for (const segment& s : segments_) size_bytes_ += s.size_bytes();
  epochs_ = std::move(epochs);
}

std::deque<segment>::const_iterator partition_log::segment_for(std::int64_t offset) const {
  return std::partition_point(segments_.begin(), segments_.end(),
                              [&](const segment& s) { return s.end_offset() <= offset; });
}

std::span<const std::byte> partition_log::read(std::int64_t offset, std::int64_t until, std::size_t max_bytes,
                                               bool whole_first_batch) const {
  const auto from = segment_for(offset);
  if (offset >= until || from == segments_.end()) return {};
  const std::size_t first = from->find(offset);
  const auto bytes = from->bytes_between(first, from->find(until));
  if (bytes.empty()) return {};
  const std::size_t needed = from->batch(first).size();
  if (needed > max_bytes) return whole_first_batch ? from->batch(first) : std::span<const std::byte>{};
  return bytes.first(std::min(max_bytes, bytes.size()));
}

std::size_t partition_log::bytes_between(std::int64_t offset, std::int64_t until, std::size_t enough) const {
  std::size_t sum = 0;
  for (auto s = segment_for(offset); offset < until && s != segments_.end() && sum < enough; ++s)
    sum += s->bytes_between(s->find(offset), s->find(until)).size();
  return std::min(sum, enough);
}

std::int64_t partition_log::bound_after(std::int64_t offset, std::size_t bytes) const {
  constexpr std::size_t index_interval = 4096;  // Kafka's index.interval.bytes
  const auto from = segment_for(offset);
  if (from == segments_.end()) return end_offset();
  const std::size_t wanted = from->index()[from->find(offset)].begin + bytes + index_interval;
  const auto at = std::partition_point(from->index().begin(), from->index().end(),
                                       [&](const batch_position& b) { return b.begin < wanted; });
  return at == from->index().end() ? from->end_offset() : at->base_offset;
}

std::span<const std::byte> partition_log::batch_at(std::int64_t offset) const {
  const auto from = segment_for(offset);
  return from == segments_.end() ? std::span<const std::byte>{} : from->batch(from->find(offset));
}

std::span<const std::byte> partition_log::batch_at_time(std::int64_t timestamp) const {
  for (const segment& s : segments_) {
    const std::size_t at = s.find_time(timestamp);
    if (at == s.index().size()) continue;
    if (s.index()[at].last_offset >= start_offset_) return s.batch(at);
    // The batch found lies before a cut inside this segment: take the first one that still counts.
    for (std::size_t i = s.find(start_offset_); i < s.index().size(); ++i)
      if (batch_fields(s.batch(i)).max_timestamp() >= timestamp) return s.batch(i);
  }
  return {};
}

std::int64_t partition_log::max_timestamp() const {
  std::int64_t newest = no_timestamp;
  for (const segment& s : segments_) {
    if (s.base_offset() >= start_offset_) {
      newest = std::max(newest, s.max_timestamp());
      continue;
    }
    for (std::size_t i = s.find(start_offset_); i < s.index().size(); ++i)
      newest = std::max(newest, batch_fields(s.batch(i)).max_timestamp());
  }
  return newest;
}

void partition_log::begin_epoch(std::int32_t epoch) { epochs_.begin(epoch, end_offset()); }

void partition_log::cut_front(std::int64_t offset) {
  start_offset_ = std::clamp(offset, start_offset_, end_offset());
  while (!segments_.empty() && segments_.front().end_offset() <= start_offset_) {
    size_bytes_ -= segments_.front().size_bytes();
    segments_.pop_front();
  }
  epochs_.truncate_front(start_offset_);
  transactions.truncate_front(start_offset_);
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
