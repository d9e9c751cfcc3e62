// A run of whole record batches in one piece of memory, with an index entry per batch.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace ottla {
inline namespace v0 {
namespace mock {

/// Where one batch lies. `max_timestamp_so_far` covers all batches of the segment up to and with this one, so that a
/// search by time is a binary search although timestamps need not rise.
struct batch_position {
  std::int64_t base_offset;
  std::int64_t last_offset;
  std::int64_t max_timestamp_so_far;
  std::size_t begin;
};

/// What the broker writes into a batch's header when it enters the log. Offset and epoch stand outside the CRC;
/// timestamps do not.
struct batch_stamp {
  std::int64_t base_offset = 0;
  std::int32_t leader_epoch = 0;
  bool restamp_time = false;  // whether the two below are to be written, with a new CRC
  std::int16_t attributes = 0;
  std::int64_t max_timestamp = -1;
};

class segment {
 public:
  explicit segment(std::int64_t base_offset) : base_offset_(base_offset) {}

  /// Copies the batch and stamps the copy.
  void append(std::span<const std::byte> batch, const batch_stamp& stamp);
  /// Takes the newest batch back.
  void drop_last();
  /// How many bytes the batches before `offset` take, which is where one begins, or the segment's end.
  std::size_t bytes_before(std::int64_t offset) const;
  /// Drops the batches from `offset` on.
  void cut_back(std::int64_t offset);
  /// Takes over stored batches, up to the first that is not whole, of a wrong CRC, or does not go on where the one
  /// before it ended (with `has_gaps`: or later). Gives their bytes; only for a segment that is empty.
  std::size_t adopt(std::vector<std::byte> bytes, bool has_gaps);
  /// Gives back what growth has reserved; called when the log rolls to the next segment.
  void seal();

  std::int64_t base_offset() const { return base_offset_; }
  std::int64_t end_offset() const { return index_.empty() ? base_offset_ : index_.back().last_offset + 1; }
  std::int64_t max_timestamp() const { return index_.empty() ? -1 : index_.back().max_timestamp_so_far; }
  std::size_t size_bytes() const { return bytes_.size(); }
  /// What the segment really takes, reserve and index included.
  std::size_t memory_bytes() const;

  /// Index of the batch that holds `offset`, or of the first one behind it (offsets may have holes); index().size() if
  /// none.
  std::size_t find(std::int64_t offset) const;
  /// Index of the first batch at which the running maximum of timestamps reaches `timestamp`; index().size() if none.
  std::size_t find_time(std::int64_t timestamp) const;

  const std::vector<batch_position>& index() const { return index_; }
  std::span<const std::byte> bytes() const { return bytes_; }
  /// Bytes from the beginning of batch `from` to that of batch `until`, or to the end of the segment if there is none.
  /// Valid until the next append.
  std::span<const std::byte> bytes_between(std::size_t from, std::size_t until) const;
  std::span<const std::byte> batch(std::size_t at) const;

 private:
  void index(std::size_t begin);

  std::int64_t base_offset_;
  std::vector<std::byte> bytes_;
  std::vector<batch_position> index_;
};

}  // namespace mock
}  // namespace v0
}  // namespace ottla
