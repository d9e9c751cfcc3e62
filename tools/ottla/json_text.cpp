// json_text: UTF-8 as RFC 3629 has it (no surrogates, no overlong forms), and JSON's escapes.
#include "json_text.hpp"

namespace ottla_tool {
namespace {

/// Length of the well-formed sequence at the beginning of `rest`; 0 if there is none.
std::size_t sequence_length(std::string_view rest) {
  const auto at = [&](std::size_t i) { return i < rest.size() ? static_cast<unsigned char>(rest[i]) : 0u; };
  const auto tail = [&](std::size_t i) { return (at(i) & 0xC0) == 0x80; };
  const unsigned first = at(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return tail(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const unsigned low = first == 0xE0 ? 0xA0 : 0x80;
    const unsigned high = first == 0xED ? 0x9F : 0xBF;
    return at(1) >= low && at(1) <= high && tail(2) ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const unsigned low = first == 0xF0 ? 0x90 : 0x80;
    const unsigned high = first == 0xF4 ? 0x8F : 0xBF;
    return at(1) >= low && at(1) <= high && tail(2) && tail(3) ? 4 : 0;
  }
  return 0;
}

/// U+0085, U+2028 and U+2029 are legal in JSON, but many readers of lines take them for the end of one; escaped they
/// are safe.
std::string_view other_line_end(std::string_view rest) {
  if (rest.starts_with("\xC2\x85")) return "\\u0085";
  if (rest.starts_with("\xE2\x80\xA8")) return "\\u2028";
  return rest.starts_with("\xE2\x80\xA9") ? "\\u2029" : "";
}

}  // namespace

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

void append_json_string(std::string& out, std::string_view text) {
  constexpr std::string_view hex = "0123456789abcdef";
  out += '"';
  std::size_t plain = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\' && c != 0xC2 && c != 0xE2) continue;
    const std::string_view line_end = other_line_end(text.substr(i));
    if (c >= 0x80 && line_end.empty()) continue;
    out.append(text, plain, i - plain);
    plain = i + 1;
    if (!line_end.empty()) {
      out += line_end;
      i += c == 0xC2 ? 1 : 2;
      plain = i + 1;
    } else if (c == '"' || c == '\\') {
      out += '\\';
      out += static_cast<char>(c);
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == '\r') {
      out += "\\r";
    } else {
      out += "\\u00";
      out += hex[c >> 4];
      out += hex[c & 15];
    }
  }
  out.append(text, plain, text.size() - plain);
  out += '"';
}

}  // namespace ottla_tool
