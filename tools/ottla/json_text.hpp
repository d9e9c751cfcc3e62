// json_text: JSON written straight into a buffer, for lines that are written a million times.
#pragma once

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

namespace ottla_tool {

bool is_utf8(std::string_view text);
/// With quotes. The text must be valid UTF-8.
void append_json_string(std::string& out, std::string_view text);

inline void append_number(std::string& out, std::int64_t value) {
  char digits[24];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

}  // namespace ottla_tool
