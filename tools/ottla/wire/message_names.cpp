// Looks messages up by whatever people call them.
#include "message_names.hpp"

#include <algorithm>
#include <charconv>

namespace ottla::wire {

using protocol_text::all_messages;
using protocol_text::message_kind;
using protocol_text::message_type;

namespace {
bool same_word(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

std::optional<std::int16_t> as_key(std::string_view word) {
  std::int16_t key = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), key);
  if (error != std::errc{} || end != word.data() + word.size()) return std::nullopt;
  return key;
}

bool names(std::string_view word, std::optional<std::int16_t> key, const message_type& message) {
  if (key) return message.key && static_cast<std::int16_t>(*message.key) == *key;
  return same_word(word, message.api) || same_word(word, message.name);
}

/// Removed APIs have a name and a key, and no message.
std::string_view removed_api(std::string_view word, std::optional<std::int16_t> key) {
  for (std::int16_t one = 0; one <= protocol::max_api_key; ++one) {
    const std::string_view known = name(protocol::api_key{one});
    if (key ? *key == one : same_word(word, known)) return known;
  }
  return {};
}
}  // namespace

std::optional<misnamed> find_messages(std::string_view api, std::string_view kind,
                                      std::vector<const message_type*>& out) {
  out.clear();
  const auto wanted = protocol_text::parse_message_kind(kind);
  if (!kind.empty() && !wanted)
    return misnamed{"there is no kind '" + std::string{kind} + "': request, response, header or data", {}};
  const auto key = as_key(api);
  bool other_kind = false;
  for (const message_type& message : all_messages()) {
    if (!names(api, key, message)) continue;
    if (wanted && message.kind != *wanted)
      other_kind = true;
    else
      out.push_back(&message);
  }
  if (!out.empty()) return std::nullopt;
  if (other_kind) return misnamed{std::string{api} + " has no " + std::string{kind}, {}};
  if (const std::string_view gone = removed_api(api, key); !gone.empty())
    return misnamed{"Kafka 4 removed " + std::string{gone} + ": it has no versions left", {}};
  if (key) return misnamed{"there is no API with key " + std::string{api}, {}};
  return misnamed{"there is no API '" + std::string{api} + "'", std::string{protocol_text::nearest_message(api)}};
}

std::optional<misnamed> check_version(const message_type& message, std::int64_t version) {
  if (message.has(version)) return std::nullopt;
  return misnamed{std::string{message.name} + " has no version " + std::to_string(version) + ", only " +
                      std::to_string(message.min_version) + " to " + std::to_string(message.max_unstable_version),
                  {}};
}

std::optional<misnamed> find_message(std::string_view api, std::string_view kind, std::int64_t version,
                                     const message_type*& out) {
  std::vector<const message_type*> found;
  if (auto why = find_messages(api, kind, found)) return why;
  if (found.size() > 1) return misnamed{std::string{api} + " is a request and a response; say --kind", {}};
  out = found.front();
  return check_version(*out, version);
}

}  // namespace ottla::wire
