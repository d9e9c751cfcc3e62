// CRC-32C (Castagnoli) as record batches of magic 2 carry it, with a combine that lets two parts be hashed apart.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "ottla/protocol/types.hpp"

namespace ottla {
inline namespace v0 {
namespace protocol {

// The CRC of `bytes` appended to a text whose CRC is `seed` (0: the empty text). Any thread; the fastest implementation
// that this CPU runs is chosen at the first call.
std::uint32_t crc32c(bytes_view bytes, std::uint32_t seed = 0) noexcept;

// What `length` more bytes do to the CRC of the bytes before them: the number that crc(A) has to be multiplied with, so
// that crc(A B) == crc32c_shifted(crc(A), shift(length of B)) ^ crc(B). Finding it takes a multiplication per set bit
// of the length (some 100 ns without carry-less multiplication); using it takes one. So it is kept where the same B is
// combined more than once.
std::uint32_t crc32c_shift(std::size_t length) noexcept;
std::uint32_t crc32c_shifted(std::uint32_t crc, std::uint32_t shift) noexcept;

// The CRC of A B from the CRCs of A and of B.
std::uint32_t crc32c_combine(std::uint32_t a, std::uint32_t b, std::size_t length_of_b) noexcept;

// One implementation that this CPU can run. `update` takes and gives the inverted register (~crc), `multiply` is the
// product behind crc32c_shifted. For tests and benchmarks, which hold them against one another.
struct crc32c_variant {
  const char* name;
  std::uint32_t (*update)(std::uint32_t state, const std::byte* data, std::size_t size) noexcept;
  std::uint32_t (*multiply)(std::uint32_t a, std::uint32_t b) noexcept;
};

// All that this CPU runs, the slowest (portable) one first; the last one is what crc32c uses.
std::span<const crc32c_variant> crc32c_variants() noexcept;

}  // namespace protocol
}  // namespace v0
}  // namespace ottla
