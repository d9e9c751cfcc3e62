// sasl_extensions: what may be sent, and nothing that would be read as something else.
#include "sasl_extensions.hpp"

#include <algorithm>

namespace ottla {
inline namespace v0 {

bool is_extension(std::string_view name, std::string_view value) {
  const bool named = !name.empty() && name != "auth" && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  });
  return named && std::all_of(value.begin(), value.end(),
                              [](char c) { return (c >= ' ' && c <= '~') || c == '\t' || c == '\r' || c == '\n'; });
}

bool read_extensions(std::string_view text, extension_list& to) {
  extension_list out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(','), text.size());
    const std::string_view one = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t equals = one.find('=');
    if (equals == std::string_view::npos || !is_extension(one.substr(0, equals), one.substr(equals + 1))) return false;
    out.emplace_back(one.substr(0, equals), one.substr(equals + 1));
  }
  to = std::move(out);
  return true;
}

std::string show_extensions(const extension_list& extensions) {
  std::string out;
  for (const auto& [name, value] : extensions)
    out.append(out.empty() ? "" : ",").append(name).append("=").append(value);
  return out;
}

}  // namespace v0
}  // namespace ottla
