// Repairs the header of an lz4 frame as Kafka wrote it under magic 0, so that a conforming decoder reads it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "ottla/protocol/types.hpp"

namespace ottla {
inline namespace v0 {
namespace protocol {

// A frame's header:  | 04 22 4d 18 | FLG | BD | content size (8)? | dictionary id (4)? | HC |
// HC is the second byte of XXH32 over FLG to the byte before HC. Kafka under magic 0 hashed the four magic bytes as
// well (KAFKA-3160); its readers do not look at HC there, and neither do we.
struct lz4_header {
  static constexpr std::size_t largest = 19;
  std::array<std::byte, largest> bytes{};
  std::size_t size = 0;  // 0: not a whole header of a standard frame, leave it to the decoder to say why

  bytes_view view() const { return bytes_view{bytes}.first(size); }
};

lz4_header repaired_lz4_header(bytes_view frame) noexcept;

// XXH32 with seed 0 of fewer than 16 bytes (the published algorithm without its long-input loop).
std::uint32_t xxh32_short(bytes_view bytes) noexcept;

}  // namespace protocol
}  // namespace v0
}  // namespace ottla
