// base64: the alphabet with + and /, padded, strict when read.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ottla_tool {

void append_base64(std::string& out, std::string_view bytes);
/// Nothing for characters outside the alphabet, missing padding, or bits that no encoder leaves.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace ottla_tool
