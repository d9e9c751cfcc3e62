// secrets: which names stand for one, and how their values are taken out of a text.
#include <array>
#include <cstddef>

#include "ottla/service/json_log.hpp"

namespace ottla {
inline namespace v0 {
namespace {

// Compared without case and without the signs that join words: "API-Key" is "apikey".
constexpr std::array<std::string_view, 11> words{"password",   "passwd",     "passphrase",    "secret",
                                                 "token",      "credential", "authorization", "apikey",
                                                 "privatekey", "accesskey",  "jaas"};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool joins(char c) { return c == '.' || c == '_' || c == '-'; }
bool in_name(char c) { return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') || joins(c); }
bool gap(char c) { return c == ' ' || c == '\t'; }

// "TOPIC_AUTHORIZATION_FAILED: not allowed" tells of a code, not of a secret.
bool is_broker_code(std::string_view word) {
  for (int code = -1; code < 256; ++code) {
    if (protocol::name(static_cast<protocol::error_code>(code)) == word) return true;
  }
  return false;
}

// The end of a value: of a quoted one behind its closing quote, of a header's ("Bearer x") behind the second word.
std::size_t secret_end(std::string_view text, std::size_t at) {
  if (at < text.size() && (text[at] == '"' || text[at] == '\'')) {
    const char quote = text[at];
    for (++at; at < text.size(); ++at) {
      if (text[at] == '\\') {
        ++at;
      } else if (text[at] == quote) {
        return at + 1;
      }
    }
    return text.size();
  }
  const auto word_end = [&](std::size_t from) {
    const std::size_t end = text.find_first_of(" \t\r\n,;&}])\"'", from);
    return end == std::string_view::npos ? text.size() : end;
  };
  const std::size_t end = word_end(at);
  std::string scheme;
  for (char c : text.substr(at, end - at)) scheme += lower(c);
  if ((scheme == "bearer" || scheme == "basic") && end < text.size() && gap(text[end])) return word_end(end + 1);
  return end;
}

}  // namespace

bool names_secret(std::string_view name) {
  std::string plain;
  for (char c : name) {
    if (!joins(c) && !gap(c)) plain += lower(c);
  }
  for (std::string_view word : words) {
    if (plain.find(word) != std::string::npos) return true;
  }
  return false;
}

std::string without_secrets(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    if (!in_name(text[at])) {
      out += text[at++];
      continue;
    }
    std::size_t end = at;
    while (end < text.size() && in_name(text[end])) ++end;
    const std::string_view word = text.substr(at, end - at);
    out += word;
    at = end;
    // name = value, name: value, "name": value
    std::size_t sign = end;
    if (sign < text.size() && (text[sign] == '"' || text[sign] == '\'')) ++sign;
    while (sign < text.size() && gap(text[sign])) ++sign;
    if (sign >= text.size() || (text[sign] != '=' && text[sign] != ':') || !names_secret(word)) continue;
    if (is_broker_code(word)) continue;
    ++sign;
    while (sign < text.size() && gap(text[sign])) ++sign;
    const std::size_t behind = secret_end(text, sign);
    if (behind == sign) continue;
    out += text.substr(at, sign - at);
    out += "****";
    at = behind;
  }
  return out;
}

}  // namespace v0
}  // namespace ottla
