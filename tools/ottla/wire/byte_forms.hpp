// Bytes as people pass them: hex with white space, base64, or as they are.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ottla/protocol/types.hpp"

namespace ottla::wire {

enum class byte_form { hex, base64, binary };
std::optional<byte_form> parse_byte_form(std::string_view word);

/// White space is passed over, except in binary. nullopt, or what is wrong with the text; `text` becomes the bytes.
std::optional<std::string> to_bytes(byte_form form, std::string& text);
/// The other way; text ends with a line feed, binary does not.
std::string from_bytes(byte_form form, protocol::bytes_view bytes);

}  // namespace ottla::wire
