// base64: bytes as text and back (RFC 4648, with padding).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ottla {
inline namespace v0 {

inline constexpr std::string_view base64_letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

inline std::string to_base64(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::size_t left = bytes.size() - at;
    std::uint32_t word = 0;
    for (std::size_t i = 0; i < 3; ++i) word = word << 8 | (i < left ? static_cast<std::uint8_t>(bytes[at + i]) : 0u);
    for (std::size_t i = 0; i < 4; ++i) out += i <= left ? base64_letters[word >> (18 - 6 * i) & 63] : '=';
  }
  return out;
}

/// Strict: whole groups of four, padding only at the end, unused bits zero.
inline std::optional<std::string> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::string out;
  out.reserve(text.size() / 4 * 3);
  for (std::size_t at = 0; at < text.size(); at += 4) {
    std::size_t letters = 4;
    if (at + 4 == text.size()) {
      while (letters > 2 && text[at + letters - 1] == '=') --letters;
    }
    std::uint32_t word = 0;
    for (std::size_t i = 0; i < letters; ++i) {
      const std::size_t value = base64_letters.find(text[at + i]);
      if (value == std::string_view::npos) return std::nullopt;
      word |= static_cast<std::uint32_t>(value) << (18 - 6 * i);
    }
    if (letters < 4 && (word & (letters == 3 ? 0xffu : 0xffffu)) != 0) return std::nullopt;
    for (std::size_t i = 0; i + 1 < letters; ++i) out += static_cast<char>(word >> (16 - 8 * i) & 0xff);
  }
  return out;
}

}  // namespace v0
}  // namespace ottla
