// Bytes as text and back, strictly.
#include "ottla/protocol_text/encodings.hpp"

#include <algorithm>
#include <array>

namespace ottla {
inline namespace v0 {
namespace protocol_text {

namespace {
constexpr std::string_view standard = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view url_safe = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::size_t uuid_text = 22;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::array<signed char, 256> reverse_of(std::string_view alphabet) {
  std::array<signed char, 256> table;
  table.fill(-1);
  for (std::size_t i = 0; i < alphabet.size(); ++i)
    table[static_cast<unsigned char>(alphabet[i])] = static_cast<signed char>(i);
  return table;
}

/// Three bytes, or what is left of them, as four, three or two characters.
void append_unpadded(std::string& out, protocol::bytes_view value, std::string_view alphabet) {
  for (; !value.empty(); value = value.subspan(std::min<std::size_t>(3, value.size()))) {
    unsigned bits = 0;
    for (std::size_t i = 0; i < 3; ++i) bits = bits << 8 | (i < value.size() ? std::to_integer<unsigned>(value[i]) : 0);
    const std::size_t characters = std::min<std::size_t>(3, value.size()) + 1;
    for (std::size_t i = 0; i < characters; ++i) out += alphabet[bits >> (18 - 6 * i) & 63];
  }
}

/// `out` has room for text.size() * 3 / 4 bytes. False on a foreign character, a lone one, or bits that belong to no
/// byte.
bool parse_unpadded(std::string_view text, std::string_view alphabet, std::byte* out) {
  const auto table = reverse_of(alphabet);
  unsigned bits = 0, held = 0;
  for (const char c : text) {
    const int value = table[static_cast<unsigned char>(c)];
    if (value < 0) return false;
    bits = (bits << 6 | static_cast<unsigned>(value)) & 0xffff;
    held += 6;
    if (held >= 8) {
      held -= 8;
      *out++ = static_cast<std::byte>(bits >> held);
    }
  }
  return held < 6 && (bits & ((1u << held) - 1)) == 0;
}
}  // namespace

void append_hex(std::string& out, std::byte value) {
  constexpr std::string_view digits = "0123456789abcdef";
  out += digits[std::to_integer<unsigned>(value) >> 4];
  out += digits[std::to_integer<unsigned>(value) & 15];
}

std::optional<protocol::bytes_view> parse_hex(std::string_view text, protocol::arena& memory) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::byte* out = memory.make<std::byte>(text.size() / 2);
  if (out == nullptr) return std::nullopt;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = hex_digit(text[i]), low = hex_digit(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    out[i / 2] = static_cast<std::byte>(high << 4 | low);
  }
  return protocol::bytes_view{out, text.size() / 2};
}

void append_base64(std::string& out, protocol::bytes_view value) {
  append_unpadded(out, value, standard);
  out.append((3 - value.size() % 3) % 3, '=');
}

std::optional<protocol::bytes_view> parse_base64(std::string_view text, protocol::arena& memory) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  text.remove_suffix(padding);
  const std::size_t size = text.size() * 3 / 4;
  std::byte* out = memory.make<std::byte>(size);
  if (out == nullptr || !parse_unpadded(text, standard, out)) return std::nullopt;
  return protocol::bytes_view{out, size};
}

void append_uuid(std::string& out, const protocol::uuid& value) { append_unpadded(out, value.bytes, url_safe); }

std::optional<protocol::uuid> parse_uuid(std::string_view text) {
  protocol::uuid out;
  if (text.size() != uuid_text || !parse_unpadded(text, url_safe, out.bytes.data())) return std::nullopt;
  return out;
}

std::size_t utf8_length(std::string_view text) {
  const auto at = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const auto follows = [&](std::size_t i) { return (at(i) & 0xc0) == 0x80; };
  const unsigned lead = at(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead <= 0xdf) return follows(1) ? 2 : 0;
  if (lead >= 0xe0 && lead <= 0xef) {
    if (!follows(1) || !follows(2)) return 0;
    if (lead == 0xe0 && at(1) < 0xa0) return 0;  // overlong
    if (lead == 0xed && at(1) > 0x9f) return 0;  // half of a surrogate pair
    return 3;
  }
  if (lead >= 0xf0 && lead <= 0xf4) {
    if (!follows(1) || !follows(2) || !follows(3)) return 0;
    if (lead == 0xf0 && at(1) < 0x90) return 0;  // overlong
    if (lead == 0xf4 && at(1) > 0x8f) return 0;  // beyond U+10FFFF
    return 4;
  }
  return 0;
}

std::size_t ill_formed_length(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  if (lead < 0xc2 || lead > 0xf4) return 1;
  const std::size_t whole = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  // The second byte's range keeps out overlong forms, surrogates and what lies beyond U+10FFFF.
  const unsigned low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
  const unsigned high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
  std::size_t length = 1;
  for (; length < whole && length < text.size(); ++length) {
    const auto byte = static_cast<unsigned char>(text[length]);
    if (byte < (length == 1 ? low : 0x80) || byte > (length == 1 ? high : 0xbf)) break;
  }
  return length;
}

}  // namespace protocol_text
}  // namespace v0
}  // namespace ottla
