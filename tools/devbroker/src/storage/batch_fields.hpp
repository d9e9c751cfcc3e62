// The header of a record batch (magic 2) as it lies in memory: each field read or patched in place.
#pragma once
#include <cstdint>
#include <span>

#include "storage/big_endian.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

// This is the broker's own reading of the format on purpose: the client's code writes these bytes, and a mistake made
// in both places by the same function would be seen by no test.
//
//    0  base_offset       8   set by the broker      23  last_offset_delta  4
//    8  batch_length      4   bytes after this field 27  base_timestamp     8
//   12  leader_epoch      4   set by the broker      35  max_timestamp      8
//   16  magic             1                          43  producer_id        8
//   17  crc               4   CRC-32C of 21..end     51  producer_epoch     2
//   21  attributes        2                          53  base_sequence      4
//                                                    57  record_count       4     61 records...
inline constexpr std::size_t batch_overhead = 61;
inline constexpr std::size_t batch_length_prefix = 12;
inline constexpr std::size_t batch_crc_covers_from = 21;

inline constexpr std::int64_t no_producer_id = -1;
inline constexpr std::int32_t no_sequence = -1;
inline constexpr std::int64_t no_timestamp = -1;

/// A view of one whole batch; the caller has checked that at least batch_overhead bytes are there.
class batch_fields {
 public:
  explicit batch_fields(std::span<const std::byte> batch) : at_(batch.data()) {}

  std::int64_t base_offset() const { return load_big_endian<std::int64_t>(at_); }
  std::int32_t length() const { return load_big_endian<std::int32_t>(at_ + 8); }
  std::int32_t leader_epoch() const { return load_big_endian<std::int32_t>(at_ + 12); }
  std::int8_t magic() const { return load_big_endian<std::int8_t>(at_ + 16); }
  std::uint32_t crc() const { return load_big_endian<std::uint32_t>(at_ + 17); }
  std::int16_t attributes() const { return load_big_endian<std::int16_t>(at_ + 21); }
  std::int32_t last_offset_delta() const { return load_big_endian<std::int32_t>(at_ + 23); }
  std::int64_t base_timestamp() const { return load_big_endian<std::int64_t>(at_ + 27); }
  std::int64_t max_timestamp() const { return load_big_endian<std::int64_t>(at_ + 35); }
  std::int64_t producer_id() const { return load_big_endian<std::int64_t>(at_ + 43); }
  std::int16_t producer_epoch() const { return load_big_endian<std::int16_t>(at_ + 51); }
  std::int32_t base_sequence() const { return load_big_endian<std::int32_t>(at_ + 53); }
  std::int32_t record_count() const { return load_big_endian<std::int32_t>(at_ + 57); }

  int codec() const { return attributes() & 0x07; }
  bool log_append_time() const { return (attributes() & 0x08) != 0; }
  bool transactional() const { return (attributes() & 0x10) != 0; }
  bool control() const { return (attributes() & 0x20) != 0; }
  std::int64_t last_offset() const { return base_offset() + last_offset_delta(); }
  /// A record's own timestamp. A hostile sum wraps: it is a wrong number and nothing worse.
  std::int64_t timestamp(std::int64_t delta) const {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(base_timestamp()) + static_cast<std::uint64_t>(delta));
  }

 private:
  const std::byte* at_;
};

inline void set_base_offset(std::byte* batch, std::int64_t value) { store_big_endian(batch, value); }
inline void set_batch_length(std::byte* batch, std::int32_t value) { store_big_endian(batch + 8, value); }
inline void set_leader_epoch(std::byte* batch, std::int32_t value) { store_big_endian(batch + 12, value); }
inline void set_crc(std::byte* batch, std::uint32_t value) { store_big_endian(batch + 17, value); }
inline void set_attributes(std::byte* batch, std::int16_t value) { store_big_endian(batch + 21, value); }
inline void set_max_timestamp(std::byte* batch, std::int64_t value) { store_big_endian(batch + 35, value); }

/// Sequence numbers are 31 bits wide and go from their maximum back to 0.
inline std::int32_t sequence_after(std::int32_t sequence, std::int32_t steps) {
  const std::int64_t next = std::int64_t{sequence} + steps;
  constexpr std::int64_t period = std::int64_t{1} << 31;
  return static_cast<std::int32_t>(next >= period ? next - period : next);
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
