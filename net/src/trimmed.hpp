// trimmed: text without the blanks around it.
#pragma once

#include <string_view>

namespace ottla {
inline namespace v0 {

inline std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

}  // namespace v0
}  // namespace ottla
