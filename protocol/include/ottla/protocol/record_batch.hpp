// The 61 bytes in front of the records of a batch (magic 2, KIP-98), sealing a batch, and restamping it for a producer.
#pragma once

#include <cstddef>
#include <cstdint>

#include "ottla/protocol/compression.hpp"
#include "ottla/protocol/types.hpp"

namespace ottla {
inline namespace v0 {
namespace protocol {

//    0  base offset             int64 |  outside the CRC: the broker
//    8  length of what follows  int32 |  sets them without reading
//   12  partition leader epoch  int32 |  the rest
//   16  magic = 2               int8  |
//   17  CRC-32C of 21 to end    uint32
//   21  attributes              int16   codec 0-2, append time 3, transactional 4, control 5, delete horizon 6
//   23  last offset delta       int32   stays when compaction removes the last record
//   27  base timestamp          int64
//   35  max timestamp           int64
//   43  producer id             int64   \.
//   51  producer epoch          int16    > stamped again when the batch moves to another producer epoch
//   53  base sequence           int32   /
//   57  record count            int32
//   61  records, compressed as a whole
inline constexpr std::size_t batch_header_size = 61;
inline constexpr std::size_t batch_length_end = 12;  // the length field counts the bytes from here on
inline constexpr std::size_t batch_crc_begin = 21;
inline constexpr std::int8_t batch_magic = 2;

enum class timestamp_type : std::uint8_t { create, append };

struct batch_header {
  std::int64_t base_offset = 0;
  std::int32_t length = 0;  // of the batch without its first 12 bytes
  std::int32_t partition_leader_epoch = -1;
  std::int8_t magic = batch_magic;
  std::uint32_t crc = 0;
  std::int16_t attributes = 0;
  std::int32_t last_offset_delta = 0;
  std::int64_t base_timestamp = 0;  // ms since 1970; the delete horizon instead if has_delete_horizon()
  std::int64_t max_timestamp = 0;
  std::int64_t producer_id = -1;
  std::int16_t producer_epoch = -1;
  std::int32_t base_sequence = -1;
  std::int32_t record_count = 0;

  // 0 to 4 are codecs; 5 to 7 come back as they are and have to be refused by whoever inflates.
  codec compression() const noexcept { return static_cast<codec>(attributes & 7); }
  bool compression_known() const noexcept { return (attributes & 7) <= 4; }
  timestamp_type timestamps() const noexcept {
    return (attributes & 8) != 0 ? timestamp_type::append : timestamp_type::create;
  }
  bool transactional() const noexcept { return (attributes & 16) != 0; }
  bool control() const noexcept { return (attributes & 32) != 0; }
  bool has_delete_horizon() const noexcept { return (attributes & 64) != 0; }  // KIP-534

  void set_compression(codec type) noexcept {
    attributes = static_cast<std::int16_t>((attributes & ~7) | static_cast<int>(type));
  }
  void set_transactional(bool on) noexcept {
    attributes = static_cast<std::int16_t>(on ? attributes | 16 : attributes & ~16);
  }
};

// Deltas are added with wrap-around: a hostile sum is a wrong number, never undefined.
constexpr std::int64_t wrapping_add(std::int64_t a, std::int64_t b) noexcept {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}
constexpr std::int64_t wrapping_subtract(std::int64_t a, std::int64_t b) noexcept {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}
inline std::int64_t record_offset(const batch_header& header, std::int32_t offset_delta) noexcept {
  return wrapping_add(header.base_offset, offset_delta);
}
// Under append time the broker sets only max_timestamp, and it holds for every record (KIP-32).
inline std::int64_t record_timestamp(const batch_header& header, std::int64_t timestamp_delta) noexcept {
  return header.timestamps() == timestamp_type::append ? header.max_timestamp
                                                       : wrapping_add(header.base_timestamp, timestamp_delta);
}

// Writes all 61 bytes as the struct has them: the magic 2, length and CRC too.
void encode_batch_header(std::byte* out, const batch_header& header) noexcept;

// Reads the 61 bytes in front of `batch`, which has at least that many. Nothing is judged.
batch_header parse_batch_header(bytes_view batch) noexcept;

// Whether the CRC fits a whole batch of magic 2 (as next_batch gives it).
bool batch_crc_matches(bytes_view batch) noexcept;

// --- Sealing, in two halves by two threads -------------------------------------------------------------------------
//
// The caller that filled the block hashes the records once, while they are in its cache:
//
//    sealed_records records = seal_records({block + 61, used - 61});
//
// The sender, which alone knows producer id, epoch and sequence, writes those and gets the CRC of the whole from the
// CRC of 40 header bytes (21 to 61) and the one kept here: crc(header records) = crc(header) * x^(8 * length) +
// crc(records). The power depends on the length alone and is kept as well, so that stamping costs 40 hashed bytes and
// one multiplication, some 10 ns, however large the batch; an epoch bump stamps again and never rereads the records.
struct sealed_records {
  std::size_t length = 0;   // bytes behind the header, after compression
  std::uint32_t crc = 0;    // of these bytes alone
  std::uint32_t shift = 0;  // crc32c_shift(length)
};

sealed_records seal_records(bytes_view records) noexcept;

// Writes producer id, epoch, base sequence, leader epoch -1, length and CRC into a batch whose other header fields
// stand (encode_batch_header). -1, -1, -1 is a producer without idempotence. The records themselves may lie elsewhere.
void stamp_producer(std::byte* batch, std::int64_t producer_id, std::int16_t producer_epoch, std::int32_t base_sequence,
                    const sealed_records& records) noexcept;

}  // namespace protocol
}  // namespace v0
}  // namespace ottla
