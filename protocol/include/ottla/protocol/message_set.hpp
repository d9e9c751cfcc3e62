// Reads what was written before record batches: messages of magic 0 and 1 (KIP-32), plain and in compressed wrappers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "ottla/protocol/compression.hpp"
#include "ottla/protocol/record_batch.hpp"
#include "ottla/protocol/record_error.hpp"
#include "ottla/protocol/record_reader.hpp"
#include "ottla/protocol/types.hpp"

namespace ottla {
inline namespace v0 {
namespace protocol {

//    0  offset                int64
//    8  length of what follows int32
//   12  CRC-32 of 16 to end   uint32   zlib's, not Castagnoli's
//   16  magic                 int8     0 or 1
//   17  attributes            int8     codec 0-2, append time 3 (magic 1)
//   18  timestamp             int64    magic 1 only
//       key                   int32 size, bytes; a negative size is null
//       value                 the same; in a wrapper: plain messages, compressed as a whole (of the same magic, or
//       mixed:
//                             the Java client reads both)
//
// In a wrapper inner offsets are absolute under magic 0. Under magic 1 they count from 0 (or from anywhere, after
// compaction), and the wrapper's offset is the absolute one of the last inner message.

// One message or one wrapper, checked. `messages` may be walked by message_cursor.
struct message_set {
  std::int8_t magic = 0;                           // of the message or wrapper
  codec compression = codec::none;                 // of the wrapper; none for a plain message
  std::optional<timestamp_type> timestamps{};      // nothing under magic 0, which has none
  std::int32_t count = 0;                          // at least 1
  bytes_view messages{};                           // borrows from the message, or, inflated, from the caller's buffer
  bool inflated = false;                           // then `messages` begins at this offset of the caller's buffer,
  std::size_t inflated_offset = 0;                 // which a later append may move
  std::int64_t offset_shift = 0;                   // added to the offsets that `messages` holds
  std::optional<std::int64_t> append_timestamp{};  // replaces the timestamps that `messages` holds
};

// Opens a batch of magic 0 or 1 that next_batch gave: CRCs (inner ones too, unless skipped), sizes, inflating.
record_error open_message_set(bytes_view message, decompressor& inflater, byte_buffer& inflated, message_set& out,
                              const inflate_limits& limits = {}, crc_check crc = crc_check::verify) noexcept;

struct message_data {
  std::int64_t offset = 0;      // absolute
  std::int64_t timestamp = -1;  // ms since 1970; -1 if the message is of magic 0
  std::optional<bytes_view> key{};
  std::optional<bytes_view> value{};
};

// Walks the messages of a set that open_message_set filled; on anything else it reads out of bounds.
class message_cursor {
 public:
  explicit message_cursor(const message_set& set) noexcept;
  bool next(message_data& message) noexcept;

 private:
  const std::byte* at_;
  std::int32_t left_;
  std::int64_t offset_shift_;
  std::optional<std::int64_t> append_timestamp_;
};

}  // namespace protocol
}  // namespace v0
}  // namespace ottla
