// Kafka's fixed-width integers are big-endian.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace ottla {
inline namespace v0 {
namespace protocol {

inline std::uint8_t swap_bytes(std::uint8_t v) { return v; }
inline std::uint16_t swap_bytes(std::uint16_t v) { return __builtin_bswap16(v); }
inline std::uint32_t swap_bytes(std::uint32_t v) { return __builtin_bswap32(v); }
inline std::uint64_t swap_bytes(std::uint64_t v) { return __builtin_bswap64(v); }

template <class U>
U load_big_endian(const std::byte* at) {
  U value;
  std::memcpy(&value, at, sizeof value);
  return std::endian::native == std::endian::little ? swap_bytes(value) : value;
}

template <class U>
void store_big_endian(std::byte* at, U value) {
  if constexpr (std::endian::native == std::endian::little) value = swap_bytes(value);
  std::memcpy(at, &value, sizeof value);
}

}  // namespace protocol
}  // namespace v0
}  // namespace ottla
