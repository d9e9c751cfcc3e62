// Bytes for the tests of records: from hex, from text, and made up from a seed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "ottla/protocol/types.hpp"

namespace ottla::test {

using bytes = std::vector<std::byte>;
using protocol::bytes_view;

inline int hex_digit(char digit) { return digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10; }

inline bytes from_hex(std::string_view hex) {
  bytes out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    out.push_back(static_cast<std::byte>(hex_digit(hex[i]) * 16 + hex_digit(hex[i + 1])));
  }
  return out;
}

inline bytes_view as_bytes(std::string_view text) { return std::as_bytes(std::span{text.data(), text.size()}); }
inline bytes copy(bytes_view view) { return {view.begin(), view.end()}; }

inline bytes operator+(bytes a, const bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

// xorshift: the same bytes on every machine.
class noise {
 public:
  explicit noise(std::uint64_t seed) : state_(seed * 2654435761U + 88172645463325252U) {}
  std::uint64_t next() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    return state_ ^= state_ << 17;
  }
  std::size_t below(std::size_t bound) { return static_cast<std::size_t>(next() % bound); }

  bytes random(std::size_t size) {
    bytes out(size);
    for (auto& byte : out) byte = static_cast<std::byte>(next());
    return out;
  }

  // Shrinks to about half: words from a small dictionary.
  bytes texty(std::size_t size) {
    bytes out;
    while (out.size() < size) {
      const std::uint64_t word = next() % 300;
      for (unsigned i = 0; i < 3 + word % 6; ++i) out.push_back(static_cast<std::byte>('a' + (word * (i + 7)) % 26));
      out.push_back(std::byte{' '});
    }
    out.resize(size);
    return out;
  }

 private:
  std::uint64_t state_;
};

}  // namespace ottla::test
