// A run of whole record batches in one piece of memory, with an index entry per batch.
#include "storage/segment.hpp"

#include <algorithm>

#include "ottla/protocol/crc32c.hpp"
#include "storage/batch_fields.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

void segment::append(std::span<const std::byte> batch, const batch_stamp& stamp) {
  const std::size_t begin = bytes_.size();
  bytes_.insert(bytes_.end(), batch.begin(), batch.end());
  const std::span<std::byte> mine = std::span(bytes_).subspan(begin);
  set_base_offset(mine.data(), stamp.base_offset);
  set_leader_epoch(mine.data(), stamp.leader_epoch);
  if (stamp.restamp_time) {
    set_attributes(mine.data(), stamp.attributes);
    set_max_timestamp(mine.data(), stamp.max_timestamp);
    set_crc(mine.data(), protocol::crc32c(mine.subspan(batch_crc_covers_from)));
  }
  index(begin);
}

void segment::index(std::size_t begin) {
  const batch_fields fields(std::span<const std::byte>(bytes_).subspan(begin));
  index_.push_back(
      {fields.base_offset(), fields.last_offset(), std::max(max_timestamp(), fields.max_timestamp()), begin});
}

void segment::drop_last() {
  bytes_.resize(index_.back().begin);
  index_.pop_back();
}

std::size_t segment::bytes_before(std::int64_t offset) const {
  const std::size_t at = find(offset);
  return at == index_.size() ? bytes_.size() : index_[at].begin;
}

void segment::cut_back(std::int64_t offset) {
  bytes_.resize(bytes_before(offset));
  index_.resize(find(offset));
}

std::size_t segment::adopt(std::vector<std::byte> bytes, bool has_gaps) {
  bytes_ = std::move(bytes);
  std::size_t at = 0;
  while (bytes_.size() - at >= batch_overhead) {
    const auto rest = std::span<const std::byte>(bytes_).subspan(at);
    const batch_fields fields(rest);
    if (fields.magic() != 2 || fields.length() < static_cast<std::int32_t>(batch_overhead - batch_length_prefix)) break;
    const std::size_t size = batch_length_prefix + static_cast<std::size_t>(fields.length());
    if (size > rest.size()) break;
    if (fields.crc() != protocol::crc32c(rest.first(size).subspan(batch_crc_covers_from))) break;
    if (fields.base_offset() < end_offset() || (!has_gaps && fields.base_offset() != end_offset())) break;
    constexpr std::int64_t last_possible = INT64_MAX - INT32_MAX;
    if (fields.last_offset_delta() < 0 || fields.base_offset() > last_possible) break;
    index(at);
    at += size;
  }
  bytes_.resize(at);
  return at;
}

void segment::seal() {
  bytes_.shrink_to_fit();
  index_.shrink_to_fit();
}

std::size_t segment::memory_bytes() const {
  return sizeof(*this) + bytes_.capacity() + index_.capacity() * sizeof(batch_position);
}

std::size_t segment::find(std::int64_t offset) const {
  const auto at = std::lower_bound(index_.begin(), index_.end(), offset,
                                   [](const batch_position& b, std::int64_t wanted) { return b.last_offset < wanted; });
  return static_cast<std::size_t>(at - index_.begin());
}

std::size_t segment::find_time(std::int64_t timestamp) const {
  const auto at =
      std::lower_bound(index_.begin(), index_.end(), timestamp,
                       [](const batch_position& b, std::int64_t wanted) { return b.max_timestamp_so_far < wanted; });
  return static_cast<std::size_t>(at - index_.begin());
}

std::span<const std::byte> segment::bytes_between(std::size_t from, std::size_t until) const {
  if (from >= index_.size() || from >= until) return {};
  const std::size_t end = until < index_.size() ? index_[until].begin : bytes_.size();
  return std::span<const std::byte>(bytes_).subspan(index_[from].begin, end - index_[from].begin);
}

std::span<const std::byte> segment::batch(std::size_t at) const {
  const std::size_t end = at + 1 < index_.size() ? index_[at + 1].begin : bytes_.size();
  return std::span<const std::byte>(bytes_).subspan(index_[at].begin, end - index_[at].begin);
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
