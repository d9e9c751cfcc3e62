// The arithmetic behind CRC-32C: polynomials over GF(2) modulo Castagnoli's, bit-reflected, evaluated by the compiler.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace ottla {
inline namespace v0 {
namespace protocol {
namespace crc32c_math {

// A register holds the coefficient of x^0 in its highest bit, that of x^31 in its lowest.
inline constexpr std::uint32_t polynomial = 0x82f63b78;
inline constexpr std::uint32_t one = 0x80000000;

constexpr std::uint32_t times_x(std::uint32_t a) { return (a >> 1) ^ ((a & 1) != 0 ? polynomial : 0); }

// The polynomial's own x^0 term makes x invertible: a product by x has its highest bit set exactly if it was reduced.
constexpr std::uint32_t divided_by_x(std::uint32_t a) { return (a & one) != 0 ? ((a ^ polynomial) << 1) | 1 : a << 1; }

constexpr std::uint32_t x_to_minus_32() {
  std::uint32_t value = one;
  for (int i = 0; i < 32; ++i) value = divided_by_x(value);
  return value;
}

// a * b * x^32. The factor x^32 is what the CRC instruction adds by itself when it reduces a 64-bit product, so powers
// are kept divided by x^32 ("Montgomery form"): multiplying two of them, or a CRC with one of them, then needs no
// correction.
constexpr std::uint32_t multiply(std::uint32_t a, std::uint32_t b) {
  std::uint32_t product = 0;
  for (int i = 0; i < 32; ++i) {
    product ^= (a & (one >> i)) != 0 ? b : 0;
    b = times_x(b);
  }
  for (int i = 0; i < 32; ++i) product = times_x(product);
  return product;
}

// x^(8 * n) / x^32 for n = 2^0, 2^1, ... 2^63: a length is a sum of these, its power a product of them.
constexpr std::array<std::uint32_t, 64> make_powers() {
  std::array<std::uint32_t, 64> powers{};
  std::uint32_t x8 = x_to_minus_32();
  for (int i = 0; i < 8; ++i) x8 = times_x(x8);
  for (auto& power : powers) {
    power = x8;
    x8 = multiply(x8, x8);
  }
  return powers;
}

// shift[n] appends n 8-byte words of zeros.
template <std::size_t Words>
constexpr std::array<std::uint32_t, Words + 1> make_word_shifts() {
  std::array<std::uint32_t, Words + 1> shifts{};
  std::uint32_t value = x_to_minus_32();
  for (auto& shift : shifts) {
    shift = value;
    for (int i = 0; i < 64; ++i) value = times_x(value);
  }
  return shifts;
}

// Slicing by eight: table[k][b] is the register after byte b and k zero bytes.
constexpr std::array<std::array<std::uint32_t, 256>, 8> make_slices() {
  std::array<std::array<std::uint32_t, 256>, 8> table{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t value = byte;
    for (auto& slice : table) {
      for (int i = 0; i < 8; ++i) value = times_x(value);
      slice[byte] = value;
    }
  }
  return table;
}

}  // namespace crc32c_math
}  // namespace protocol
}  // namespace v0
}  // namespace ottla
