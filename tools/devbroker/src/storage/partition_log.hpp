// The log of one partition: raw record batches in segments, appended at the end, read from anywhere, cut off at
// both ends.
#pragma once
#include <cstdint>
#include <deque>
#include <span>

#include "storage/epoch_table.hpp"
#include "storage/segment.hpp"
#include "storage/transaction_ranges.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

class partition_log {
 public:
  /// `segment_bytes`: a segment that would grow past this is followed by a new one.
  explicit partition_log(std::size_t segment_bytes) : segment_bytes_(segment_bytes) {}

  std::int64_t start_offset() const { return start_offset_; }
  /// The offset the next record will get.
  std::int64_t end_offset() const { return segments_.empty() ? start_offset_ : segments_.back().end_offset(); }
  std::size_t size_bytes() const { return size_bytes_; }
  std::size_t memory_bytes() const;

  /// A leader of this epoch writes from here on.
  void begin_epoch(std::int32_t epoch);
  /// Appends a copy of a checked batch, stamped as said; the base offset is the log's business. Returns it.
  std::int64_t append(std::span<const std::byte> batch, batch_stamp stamp);
  /// Whether a batch of this size would begin a new segment.
  bool begins_segment(std::size_t batch_bytes) const;
  /// The next batch begins a new segment, whatever its size.
  void roll() { rolls_ = true; }
  /// Takes the newest batch back, which nobody has seen yet.
  void drop_last();
  /// What was stored earlier: all but the front. The segments follow each other.
  void restore(std::int64_t start_offset, std::deque<segment> segments, epoch_table epochs);

  /// Bytes from the batch that holds `offset`, at most `max_bytes`, out of one segment, so the last batch may be cut in
  /// the middle as a real broker's is. If not even the first batch fits, it comes whole with `whole_first_batch`
  /// (KIP-74), else nothing. No batch that begins at `until` or behind it is among them. Empty at the end of the log.
  /// The view lives until the next append or cut.
  std::span<const std::byte> read(std::int64_t offset, std::int64_t until, std::size_t max_bytes,
                                  bool whole_first_batch) const;
  /// How many bytes lie between the batch that holds `offset` and `until` (where a batch begins, or the log ends),
  /// counted up to `enough`.
  std::size_t bytes_between(std::int64_t offset, std::int64_t until, std::size_t enough) const;
  /// An offset behind all that a read of so many bytes from `offset` has given: not the next one, but one that an
  /// index with an entry every few KiB knows.
  std::int64_t bound_after(std::int64_t offset, std::size_t bytes) const;
  /// The whole batch that holds `offset` or the first behind it, empty at the end.
  std::span<const std::byte> batch_at(std::int64_t offset) const;
  /// The first batch that may hold a record with a timestamp of at least this, empty if none does.
  std::span<const std::byte> batch_at_time(std::int64_t timestamp) const;
  std::int64_t max_timestamp() const;

  /// Makes `offset` the log's first (within start and end) and drops the segments that lie wholly before it.
  void cut_front(std::int64_t offset);
  /// Drops the newest segment's batches from `offset` on (where one of them begins), and the segment when none is left.
  /// `transactions` is the caller's business.
  void cut_back(std::int64_t offset);
  /// The closed segment at `index` holds these batches now, or (with `joins`) the one before it and it do together. No
  /// bytes: it is gone.
  void put_compacted(std::size_t index, bool joins, std::vector<std::byte> bytes);
  std::size_t segment_bytes() const { return segment_bytes_; }
  /// For segments from now on; those that are there stay as they are.
  void set_segment_bytes(std::size_t bytes) { segment_bytes_ = bytes; }
  const std::deque<segment>& segments() const { return segments_; }

  const epoch_table& epochs() const { return epochs_; }

  transaction_ranges transactions;
  /// Whether offsets may be missing between batches: compaction has been here.
  bool has_gaps = false;

 private:
  std::deque<segment>::const_iterator segment_for(std::int64_t offset) const;

  std::size_t segment_bytes_;
  bool rolls_ = false;
  std::size_t size_bytes_ = 0;
  std::int64_t start_offset_ = 0;
  std::deque<segment> segments_;
  epoch_table epochs_;
};

}  // namespace mock
}  // namespace v0
}  // namespace ottla
