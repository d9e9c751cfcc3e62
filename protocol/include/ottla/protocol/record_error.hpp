// What can be wrong with record batches, message sets and their compressed parts.
#pragma once

#include <cstdint>
#include <string_view>

namespace ottla {
inline namespace v0 {
namespace protocol {

enum class record_error : std::uint8_t {
  none,
  batch_length_invalid,  // below what a batch of any magic needs
  magic_unknown,         // not 0, 1 or 2
  crc_mismatch,
  codec_unknown,     // 5 to 7, or zstd under magic 0 and 1 (KIP-110)
  compressed_empty,  // a codec is named, but there is nothing to inflate
  compressed_malformed,
  compressed_truncated,
  inflated_too_large,    // beyond the limits of the caller
  record_count_invalid,  // negative, or not the number of records that are there
  record_malformed,      // sizes that do not fit into each other, a varint that is too long, a header without a name
  bytes_after_records,
  wrapper_invalid,   // a message set's wrapper that holds a wrapper, nothing, or null
  too_many_records,  // beyond the limit of the caller
  out_of_memory,
};

// One plain sentence without a full stop. Never empty, borrowed from static storage.
std::string_view describe(record_error error) noexcept;

}  // namespace protocol
}  // namespace v0
}  // namespace ottla
