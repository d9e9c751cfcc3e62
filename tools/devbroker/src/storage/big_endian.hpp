// Loads and stores of big-endian integers at known places, so that a batch in the log can be patched without decoding
// it.
#pragma once
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace ottla {
inline namespace v0 {
namespace mock {

template <class Integer>
Integer load_big_endian(const std::byte* from) {
  using bits = std::make_unsigned_t<Integer>;
  bits value = 0;
  for (std::size_t i = 0; i < sizeof(Integer); ++i)
    value = static_cast<bits>((value << (sizeof(Integer) > 1 ? 8 : 0)) | std::to_integer<bits>(from[i]));
  return static_cast<Integer>(value);
}

template <class Integer>
void store_big_endian(std::byte* to, Integer value) {
  using bits = std::make_unsigned_t<Integer>;
  const auto raw = static_cast<bits>(value);
  for (std::size_t i = 0; i < sizeof(Integer); ++i)
    to[i] = static_cast<std::byte>(raw >> (8 * (sizeof(Integer) - 1 - i)));
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
