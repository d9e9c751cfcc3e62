// Big-endian integers and zigzag varints in raw memory: the inline primitives of record batches, without bounds checks.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace ottla {
inline namespace v0 {
namespace protocol {

template <std::integral T>
T load_big_endian(const std::byte* from) noexcept {
  std::make_unsigned_t<T> bits;
  std::memcpy(&bits, from, sizeof bits);
  if constexpr (std::endian::native == std::endian::little && sizeof bits == 2) bits = __builtin_bswap16(bits);
  if constexpr (std::endian::native == std::endian::little && sizeof bits == 4) bits = __builtin_bswap32(bits);
  if constexpr (std::endian::native == std::endian::little && sizeof bits == 8) bits = __builtin_bswap64(bits);
  return static_cast<T>(bits);
}

template <std::integral T>
void store_big_endian(std::byte* to, T value) noexcept {
  auto bits = static_cast<std::make_unsigned_t<T>>(value);
  if constexpr (std::endian::native == std::endian::little && sizeof bits == 2) bits = __builtin_bswap16(bits);
  if constexpr (std::endian::native == std::endian::little && sizeof bits == 4) bits = __builtin_bswap32(bits);
  if constexpr (std::endian::native == std::endian::little && sizeof bits == 8) bits = __builtin_bswap64(bits);
  std::memcpy(to, &bits, sizeof bits);
}

// Varints carry seven bits a byte, lowest first; signed values are zigzagged first: 0, -1, 1, -2 become 0, 1, 2, 3.
constexpr std::uint64_t zigzag(std::int64_t value) noexcept {
  return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}
constexpr std::int64_t unzigzag(std::uint64_t bits) noexcept {
  return static_cast<std::int64_t>((bits >> 1) ^ (0 - (bits & 1)));
}

constexpr std::int32_t unzigzag32(std::uint32_t bits) noexcept {
  return static_cast<std::int32_t>((bits >> 1) ^ (0 - (bits & 1)));
}

// Bytes that `bits` takes as a varint, without a loop: ceil(width / 7) is (9 * width + 64) / 64 for widths 1 to 64. The
// highest bit's number is spelled as compilers know it for one instruction.
constexpr std::size_t varint_size(std::uint64_t bits) noexcept {
  const unsigned highest_bit = 63U ^ static_cast<unsigned>(std::countl_zero(bits | 1));
  return (highest_bit * 9 + 73) / 64;
}
constexpr std::size_t zigzag_size(std::int64_t value) noexcept { return varint_size(zigzag(value)); }

namespace varint_detail {
[[gnu::noinline]] std::byte* write_long(std::byte* out, std::uint64_t bits) noexcept;  // three bytes and more
}  // namespace varint_detail

// Nearly all varints of a record have one or two bytes; only these are worth their place in the caller's code.
[[gnu::always_inline]] inline std::byte* write_varint(std::byte* out, std::uint64_t bits) noexcept {
  if (bits < 0x80) {
    *out = static_cast<std::byte>(bits);
    return out + 1;
  }
  if (bits >= 0x4000) [[unlikely]]
    return varint_detail::write_long(out, bits);
  out[0] = static_cast<std::byte>(bits | 0x80);
  out[1] = static_cast<std::byte>(bits >> 7);
  return out + 2;
}
[[gnu::always_inline]] inline std::byte* write_zigzag(std::byte* out, std::int64_t value) noexcept {
  return write_varint(out, zigzag(value));
}

// memcpy that stays inline for keys, header names and other small things; a call costs more than they do.
[[gnu::always_inline]] inline void copy_bytes(std::byte* to, const void* from, std::size_t size) noexcept {
  const auto* const source = static_cast<const std::byte*>(from);
  if (size > 16) {
    std::memcpy(to, source, size);
  } else if (size >= 8) {  // two words that may overlap
    std::uint64_t first, last;
    std::memcpy(&first, source, 8);
    std::memcpy(&last, source + size - 8, 8);
    std::memcpy(to, &first, 8);
    std::memcpy(to + size - 8, &last, 8);
  } else if (size >= 4) {
    std::uint32_t first, last;
    std::memcpy(&first, source, 4);
    std::memcpy(&last, source + size - 4, 4);
    std::memcpy(to, &first, 4);
    std::memcpy(to + size - 4, &last, 4);
  } else {
    for (std::size_t i = 0; i < size; ++i) to[i] = source[i];
  }
}

}  // namespace protocol
}  // namespace v0
}  // namespace ottla
