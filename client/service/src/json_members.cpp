// json_members: nlohmann says what is JSON; a walk over what is known to be JSON finds where its members lie.
#include "json_members.hpp"

#include <nlohmann/json.hpp>

namespace ottla {
inline namespace v0 {
namespace {

bool blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// Behind the string that begins at `at`. The text is valid JSON here and below.
std::size_t string_end(std::string_view text, std::size_t at) {
  for (++at; text[at] != '"'; ++at) {
    if (text[at] == '\\') ++at;
  }
  return at + 1;
}

std::size_t value_end(std::string_view text, std::size_t at) {
  int depth = 0;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '"') {
      at = string_end(text, at) - 1;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if (c == '}' || c == ']' || c == ',') {
      if (depth == 0) return at;
      if (c != ',') --depth;
    }
  }
  return at;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace

bool is_json(std::string_view text) { return nlohmann::json::accept(text); }

std::optional<std::vector<json_member>> json_members(std::string_view text) {
  // A byte order mark is the one thing that nlohmann takes beside JSON.
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  if (!is_json(text)) return std::nullopt;
  text = trimmed(text);
  if (text.empty() || text.front() != '{') return std::nullopt;
  std::vector<json_member> out;
  std::size_t at = text.find_first_not_of(" \t\r\n", 1);
  while (text[at] != '}') {
    const std::size_t name_end = string_end(text, at);
    json_member one;
    one.name = *json_scalar(text.substr(at, name_end - at));
    at = text.find(':', name_end) + 1;
    const std::size_t end = value_end(text, at);
    one.value = trimmed(text.substr(at, end - at));
    for (const json_member& other : out) {
      if (other.name == one.name) return std::nullopt;
    }
    out.push_back(std::move(one));
    at = text[end] == ',' ? text.find_first_not_of(" \t\r\n", end + 1) : end;
  }
  return out;
}

std::optional<std::string> json_scalar(std::string_view value) {
  if (value.empty()) return std::nullopt;
  if (value.front() == '"') {
    const auto read = nlohmann::json::parse(value, nullptr, false);
    return read.is_string() ? std::optional(read.get<std::string>()) : std::nullopt;
  }
  if (value.front() == '{' || value.front() == '[' || value == "null") return std::nullopt;
  return std::string(value);
}

std::string json_string(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace v0
}  // namespace ottla
