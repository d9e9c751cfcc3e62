// consumed_record: what poll gives: records as views into what the broker sent, and an owned form for those that must
// live longer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "ottla/consumer_config.hpp"
#include "ottla/error.hpp"
#include "ottla/protocol/record_batch.hpp"
#include "ottla/protocol/record_reader.hpp"
#include "ottla/record.hpp"

namespace ottla {
inline namespace v0 {

/// Whose time a record carries: its producer's, or that of the broker that appended it.
using protocol::timestamp_type;
/// A record's headers in order; iterate for `header` {name, value}.
using protocol::header_range;

class record_owned;
class record_iterator;
class partition_block;

/// The position behind what was read: what to commit, and where to go on.
struct partition_position {
  topic_partition where{};
  std::int64_t offset = -1;        ///< of the next record
  std::int32_t leader_epoch = -1;  ///< of the last batch that was read; -1: unknown
  /// Which time the partition was given to this consumer. With it a commit is refused once the partition was lost, even
  /// if it came back since: others went on in between. 0: not said, so not compared.
  std::uint64_t assignment = 0;
};

/// What the records of one batch share. Internal, but laid open for the sake of inlining.
struct batch_records_view {
  const partition_block* block = nullptr;
  protocol::bytes_view records{};  ///< checked: a cursor may walk it
  std::int32_t count = 0;
  std::int32_t leader_epoch = -1;
  std::int64_t base_offset = 0;
  std::int64_t base_timestamp = 0;  ///< of every record, with append time
  timestamp_type timestamps = timestamp_type::create;
  bool dense = false;  ///< the records' offsets follow each other without a gap
};

/// One record, borrowed from the `polled` or partition_records that was iterated: views end with it. Cheap to copy.
class record_view {
 public:
  std::string_view topic() const;
  std::int32_t partition() const;
  std::int64_t offset() const { return protocol::wrapping_add(batch_->base_offset, data_.offset_delta); }
  /// ms since 1970 UTC; -1: none.
  std::int64_t timestamp() const {
    return batch_->timestamps == timestamp_type::append
               ? batch_->base_timestamp
               : protocol::wrapping_add(batch_->base_timestamp, data_.timestamp_delta);
  }
  ottla::timestamp_type timestamp_type() const { return batch_->timestamps; }
  /// Of the leader that appended it; -1: unknown. Commit it beside the offset.
  std::int32_t leader_epoch() const { return batch_->leader_epoch; }
  /// What to commit when this record, and all before it, are done: the position behind it.
  partition_position end_position() const;
  blob key() const { return to_blob(data_.key_data, data_.key_size); }
  blob value() const { return to_blob(data_.value_data, data_.value_size); }
  header_range headers() const { return data_.headers(); }
  /// The value of the last header of that name; null (and not empty) if there is none or it is null.
  blob header(std::string_view name) const;

  /// A copy with memory of its own.
  record_owned to_owned() const;

 private:
  friend class record_iterator;
  friend class record_owned;
  static blob to_blob(const std::byte* data, std::int32_t size) {
    return size < 0 ? blob() : blob(protocol::bytes_view{data, static_cast<std::size_t>(size)});
  }

  protocol::record_data data_;
  const batch_records_view* batch_ = nullptr;
};

/// A record that outlives its poll. One allocation, whatever it holds.
class record_owned {
 public:
  std::string_view topic() const { return where_->topic; }
  std::int32_t partition() const { return where_->partition; }
  std::int64_t offset() const { return offset_; }
  std::int64_t timestamp() const { return timestamp_; }
  ottla::timestamp_type timestamp_type() const { return timestamps_; }
  std::int32_t leader_epoch() const { return leader_epoch_; }
  /// As record_view::end_position.
  partition_position end_position() const { return {*where_, offset_ + 1, leader_epoch_, assignment_}; }
  blob key() const { return part(0, key_size_); }
  blob value() const { return part(value_at_, value_size_); }
  header_range headers() const { return {bytes_.data() + headers_at_, header_count_}; }

 private:
  friend class record_view;
  blob part(std::uint32_t at, std::int32_t size) const { return record_view::to_blob(bytes_.data() + at, size); }

  std::shared_ptr<const topic_partition> where_;
  std::vector<std::byte> bytes_;  // key, value and headers as they stood on the wire
  std::int64_t offset_ = 0;
  std::uint64_t assignment_ = 0;
  std::int64_t timestamp_ = -1;
  std::int32_t leader_epoch_ = -1;
  std::int32_t key_size_ = -1;
  std::int32_t value_size_ = -1;
  std::int32_t header_count_ = 0;
  std::uint32_t value_at_ = 0;
  std::uint32_t headers_at_ = 0;
  ottla::timestamp_type timestamps_ = ottla::timestamp_type::create;
};

/// One partition's part of a poll. A shared handle: copies are cheap and keep the memory; move it to a worker, on any
/// thread.
class partition_records {
 public:
  explicit partition_records(std::shared_ptr<const partition_block> block) : block_(std::move(block)) {}

  const std::string& topic() const;
  std::int32_t partition() const;
  /// In ascending order of offsets. `for (const record_view& r : part)` cannot fail.
  record_iterator begin() const;
  std::default_sentinel_t end() const { return {}; }
  /// Counted when it was decoded.
  std::size_t size() const;
  bool empty() const { return size() == 0; }
  /// Of its records, uncompressed and as they lie in memory.
  std::size_t bytes() const;
  /// The same records in memory of their own. A part keeps all of the response that it came in, other partitions'
  /// records too; for one that must wait a copy is cheaper to keep. Charged to the consumer as the original is.
  partition_records to_owned() const;
  /// The position behind its last record, control batches and filtered records included.
  partition_position end_position() const;
  /// As the broker said with these records.
  std::int64_t high_watermark() const;

 private:
  friend class record_iterator;
  friend class polled;
  friend class tracked_partition;
  std::shared_ptr<const partition_block> block_;
};

/// Walks the records of one partition, or of several one behind the other. Input iterator; the view lives in it.
class record_iterator {
 public:
  using value_type = record_view;
  using difference_type = std::ptrdiff_t;
  using reference = const record_view&;
  using iterator_category = std::input_iterator_tag;

  record_iterator() = default;
  record_iterator(const partition_records* first, const partition_records* last) : part_(first), last_part_(last) {
    ++*this;
  }
  /// One partition; it owns its part, so the handle may be a temporary.
  explicit record_iterator(const partition_block& block);

  const record_view& operator*() const { return record_; }
  const record_view* operator->() const { return &record_; }
  record_iterator& operator++() {
    while (!cursor_.next(record_.data_)) {
      if (!next_batch()) return *this;
    }
    return *this;
  }
  void operator++(int) { ++*this; }
  bool operator==(std::default_sentinel_t) const { return record_.batch_ == nullptr; }

 private:
  bool next_batch();

  protocol::record_cursor cursor_;
  record_view record_;
  const batch_records_view* batch_ = nullptr;
  const batch_records_view* last_batch_ = nullptr;
  const partition_records* part_ = nullptr;
  const partition_records* last_part_ = nullptr;
};

/// What is wrong with one partition: a damaged batch, a position outside the log, an unknown topic (partition -1), no
/// permission. The others go on; so does this one where the error is retriable. A partition that waits for a seek says
/// so in its advice.
struct partition_error {
  topic_partition where{};
  ottla::error why{};
};

/// The outcome of one poll. Owns what its records borrow from; may outlive the consumer. Move only.
class polled {
 public:
  polled() = default;
  polled(polled&&) noexcept = default;
  polled& operator=(polled&&) noexcept = default;
  polled(const polled&) = delete;
  polled& operator=(const polled&) = delete;

  class record_range {
   public:
    record_range(const partition_records* first, const partition_records* last) : first_(first), last_(last) {}
    record_iterator begin() const { return {first_, last_}; }
    std::default_sentinel_t end() const { return {}; }

   private:
    const partition_records* first_;
    const partition_records* last_;
  };

  /// All records, partition by partition, each in order. Borrows from this object; cannot fail.
  record_range records() const { return {parts_.data(), parts_.data() + parts_.size()}; }
  std::size_t count() const { return count_; }
  bool empty() const { return count_ == 0; }
  /// One entry per partition response; a partition may come more than once, in order. `std::move` an entry, or copy it,
  /// to keep it.
  std::vector<partition_records>& partitions() { return parts_; }
  const std::vector<partition_records>& partitions() const { return parts_; }
  /// The positions behind this poll, one per partition that it moved (also past records that are not shown).
  const std::vector<partition_position>& end() const { return end_; }
  const std::vector<partition_error>& errors() const { return errors_; }

 private:
  friend class consumer_state;
  std::vector<partition_records> parts_;
  std::vector<partition_position> end_;
  std::vector<partition_error> errors_;
  std::size_t count_ = 0;
};

}  // namespace v0
}  // namespace ottla
