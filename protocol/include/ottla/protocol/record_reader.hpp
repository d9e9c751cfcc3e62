// Reads record batches: finds them in a `records` field, checks and inflates one, then walks its records without
// checks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <span>
#include <string_view>

#include "ottla/protocol/compression.hpp"
#include "ottla/protocol/record_batch.hpp"
#include "ottla/protocol/record_bytes.hpp"
#include "ottla/protocol/record_error.hpp"
#include "ottla/protocol/record_writer.hpp"
#include "ottla/protocol/types.hpp"

namespace ottla {
inline namespace v0 {
namespace protocol {

// --- 1. Batches one behind the other ---------------------------------------------------------------------------------

enum class next_batch_kind : std::uint8_t {
  batch,    // a whole batch (magic 2) or message (magic 0 and 1)
  end,      // nothing is left
  partial,  // what is left is the beginning of a batch: a fetch cuts at its byte limit, ignore it (C-27)
  error,
};

struct next_batch_result {
  next_batch_kind kind = next_batch_kind::end;
  record_error error = record_error::none;
  std::int8_t magic = 0;  // 0, 1 or 2
  bytes_view bytes{};     // the batch, from its base offset on; for partial what is left
};

// Takes the next batch off the front of `rest`. Neither its CRC nor its contents are looked at. After partial or error
// `rest` is unchanged.
next_batch_result next_batch(bytes_view& rest) noexcept;

// --- 2. The records of one batch of magic 2 --------------------------------------------------------------------------

struct batch_records {
  batch_header header{};
  bytes_view records{};  // inflated and checked: record_cursor may walk it
  // Where `records` lies if the batch was compressed: at this offset of the caller's buffer, which a later append may
  // move.
  bool inflated = false;
  std::size_t inflated_offset = 0;
  bool dense = false;  // the offset deltas are 0, 1, 2, ...: as written, before compaction. Of open_batch
};

enum class crc_check : bool { skip, verify };

// CRC, inflating and the structure pass for a batch that next_batch gave (magic 2). Uncompressed records stay where
// they are: `out.records` borrows from `batch`. Compressed ones are appended to `inflated` and borrowed from there. A
// batch that compaction emptied has no records and is fine: its offsets still move a consumer on (C-27).
record_error open_batch(bytes_view batch, decompressor& inflater, byte_buffer& inflated, batch_records& out,
                        const inflate_limits& limits = {}, crc_check crc = crc_check::verify) noexcept;

// The same without the structure pass: `out.records` is not yet fit for record_cursor. For decode_records, which checks
// while it decodes.
record_error inflate_batch(bytes_view batch, decompressor& inflater, byte_buffer& inflated, batch_records& out,
                           const inflate_limits& limits = {}, crc_check crc = crc_check::verify) noexcept;

// Whether `records` is exactly `count` well-formed records. Whatever passes can be walked by record_cursor. `dense`:
// whether their offset deltas are 0, 1, 2, ...; not every producer writes them so, and compaction leaves gaps.
record_error check_records(bytes_view records, std::int32_t count, bool& dense) noexcept;
inline record_error check_records(bytes_view records, std::int32_t count) noexcept {
  bool dense;
  return check_records(records, count, dense);
}

// --- 3. Walking
// -------------------------------------------------------------------------------------------------------

namespace record_detail {

struct long_varint {
  const std::byte* end;
  std::uint64_t bits;
};
[[gnu::noinline]] long_varint read_long(const std::byte* at) noexcept;  // any length

// A varint of a record that was checked: no bounds, no length limit.
[[gnu::always_inline]] inline const std::byte* read_varint(const std::byte* at, std::uint64_t& bits) noexcept {
  const auto first = std::to_integer<std::uint64_t>(at[0]);
  bits = first;
  if (first < 0x80) return at + 1;
  const auto second = std::to_integer<std::uint64_t>(at[1]);
  bits = first + (second << 7) - 0x80;
  if (second < 0x80) [[likely]]
    return at + 2;
  const long_varint longer = read_long(at);
  bits = longer.bits;
  return longer.end;
}

// A fifth byte may carry bits above the 32nd; readers everywhere drop them before undoing the zigzag.
[[gnu::always_inline]] inline const std::byte* read_int32(const std::byte* at, std::int32_t& value) noexcept {
  auto bits = std::to_integer<std::uint32_t>(*at++);
  if (bits >= 0x80) {
    const auto second = std::to_integer<std::uint32_t>(*at++);
    bits += (second << 7) - 0x80;
    if (second >= 0x80) [[unlikely]] {
      const long_varint longer = read_long(at - 2);
      bits = static_cast<std::uint32_t>(longer.bits);
      at = longer.end;
    }
  }
  value = unzigzag32(bits);
  return at;
}

// A negative size is null. (Writers use -1; the Java client reads any.)
[[gnu::always_inline]] inline const std::byte* read_nullable(const std::byte* at, const std::byte*& data,
                                                             std::int32_t& size) noexcept {
  at = read_int32(at, size);
  data = at;
  return size > 0 ? at + size : at;
}

inline std::optional<bytes_view> to_view(const std::byte* data, std::int32_t size) noexcept {
  if (size < 0) return std::nullopt;
  return bytes_view{data, static_cast<std::size_t>(size)};
}

}  // namespace record_detail

// Headers in their order on the wire.
class header_iterator {
 public:
  using value_type = header_view;
  using difference_type = std::ptrdiff_t;

  header_iterator() = default;
  header_iterator(const std::byte* at, std::int32_t left) noexcept : at_(at), left_(left) {}

  header_view operator*() const noexcept {
    header_view header;
    read(header);
    return header;
  }
  header_iterator& operator++() noexcept {
    header_view header;
    at_ = read(header);
    --left_;
    return *this;
  }
  void operator++(int) noexcept { ++*this; }
  bool operator==(std::default_sentinel_t) const noexcept { return left_ == 0; }

 private:
  const std::byte* read(header_view& header) const noexcept {
    const std::byte* data;
    std::int32_t size;
    const std::byte* at = record_detail::read_nullable(at_, data, size);
    header.name = {reinterpret_cast<const char*>(data), static_cast<std::size_t>(size)};
    at = record_detail::read_nullable(at, data, size);
    header.value = record_detail::to_view(data, size);
    return at;
  }

  const std::byte* at_ = nullptr;
  std::int32_t left_ = 0;
};

struct header_range {
  const std::byte* data = nullptr;
  std::int32_t count = 0;
  header_iterator begin() const noexcept { return {data, count}; }
  std::default_sentinel_t end() const noexcept { return {}; }
};

// One record, borrowed from the memory that the cursor walks. A size of -1 (or any negative one) is null.
struct record_data {
  std::int64_t timestamp_delta = 0;
  const std::byte* key_data = nullptr;
  const std::byte* value_data = nullptr;
  const std::byte* headers_data = nullptr;
  std::int32_t offset_delta = 0;
  std::int32_t key_size = -1;
  std::int32_t value_size = -1;
  std::int32_t header_count = 0;

  std::optional<bytes_view> key() const noexcept { return record_detail::to_view(key_data, key_size); }
  std::optional<bytes_view> value() const noexcept { return record_detail::to_view(value_data, value_size); }
  header_range headers() const noexcept { return {headers_data, header_count}; }
};

// Checks and decodes in one pass: `records` has to be exactly out.size() well-formed records. Costs 56 bytes a record
// and spares the second reading of each that check_records and record_cursor come to. After an error `out` holds some
// of them. A caller makes room for header.record_count only after comparing it with records.size() / smallest_record.
record_error decode_records(bytes_view records, std::span<record_data> out) noexcept;
inline constexpr std::size_t smallest_record = 7;  // size, attributes, two deltas, two null sizes, no headers

// Walks records that check_records accepted; on anything else it reads out of bounds.
class record_cursor {
 public:
  record_cursor() = default;
  record_cursor(bytes_view records, std::int32_t count) noexcept : at_(records.data()), left_(count) {}

  // The next record, false after the last.
  bool next(record_data& record) noexcept {
    if (left_ == 0) return false;
    --left_;
    std::int32_t body;
    const std::byte* at = record_detail::read_int32(at_, body);
    at_ = at + body;
    ++at;  // attributes: none are defined
    std::uint64_t bits;
    at = record_detail::read_varint(at, bits);
    record.timestamp_delta = unzigzag(bits);
    at = record_detail::read_int32(at, record.offset_delta);
    at = record_detail::read_nullable(at, record.key_data, record.key_size);
    at = record_detail::read_nullable(at, record.value_data, record.value_size);
    record.headers_data = record_detail::read_int32(at, record.header_count);
    return true;
  }

  std::int32_t left() const noexcept { return left_; }

 private:
  const std::byte* at_ = nullptr;
  std::int32_t left_ = 0;
};

}  // namespace protocol
}  // namespace v0
}  // namespace ottla
