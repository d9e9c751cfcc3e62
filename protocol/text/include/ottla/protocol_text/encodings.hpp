// Bytes as text: hex, base64, Kafka's uuid form, and the shape of UTF-8.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "ottla/protocol/arena.hpp"
#include "ottla/protocol/types.hpp"

namespace ottla {
inline namespace v0 {
namespace protocol_text {

void append_hex(std::string& out, std::byte value);
/// Upper and lower case; nullopt for an odd number of digits, any other character, or past the arena's limit.
std::optional<protocol::bytes_view> parse_hex(std::string_view text, protocol::arena& memory);

/// With `+`, `/` and padding (RFC 4648, section 4).
void append_base64(std::string& out, protocol::bytes_view value);
/// Canonical form only: padded, no stray bits, no white space.
std::optional<protocol::bytes_view> parse_base64(std::string_view text, protocol::arena& memory);

/// 22 characters of base64 with `-` and `_`, without padding: as Kafka prints topic ids.
void append_uuid(std::string& out, const protocol::uuid& value);
std::optional<protocol::uuid> parse_uuid(std::string_view text);

/// Bytes of the well-formed UTF-8 character at the front, 0 if there is none. `text` is not empty.
std::size_t utf8_length(std::string_view text);
/// Where there is none: the bytes that one U+FFFD stands for, as much of a character as is there, at least one. (The
/// Unicode standard's practice, and Java's.)
std::size_t ill_formed_length(std::string_view text);

}  // namespace protocol_text
}  // namespace v0
}  // namespace ottla
