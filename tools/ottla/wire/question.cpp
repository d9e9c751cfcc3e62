// Strict about what is asked for, blind to members that no verb knows.
#include "question.hpp"

#include "ottla/protocol_text/encodings.hpp"

namespace ottla::wire {

using protocol_text::failure;
using protocol_text::find_member;
using protocol_text::json_kind;

namespace {
constexpr std::size_t shown = 80;

std::string quoted(std::string_view text) {
  return "\"" + std::string{text.substr(0, shown)} + (text.size() > shown ? "...\"" : "\"");
}
}  // namespace

failure question::parse(std::string_view line, protocol::arena& memory) {
  std::string error;
  object_ = protocol_text::parse_json(line, memory, error);
  if (object_ == nullptr) return error;
  if (object_->kind != json_kind::object) return "the line is not a JSON object";
  return std::nullopt;
}

failure question::text_member(std::string_view name, std::string_view& out) {
  const auto* member = find_member(*object_, name);
  if (member == nullptr) return std::string{name} + " is missing";
  if (member->kind != json_kind::string) return std::string{name} + " must be a string";
  out = member->text();
  return std::nullopt;
}

failure question::parse_message() {
  std::string_view api, kind;
  if (failure why = text_member("api", api)) return why;
  if (failure why = text_member("kind", kind)) return why;
  const auto known_kind = protocol_text::parse_message_kind(kind);
  if (!known_kind) return "there is no kind " + quoted(kind) + ": request, response, header or data";
  message_ = protocol_text::find_message(api, *known_kind);
  if (message_ == nullptr) {
    const std::string_view close = protocol_text::nearest_message(api);
    return "there is no " + std::string{kind} + " " + quoted(api) +
           (close.empty() || close == api ? "" : "; did you mean " + std::string{close} + "?");
  }
  const auto* version = find_member(*object_, "version");
  if (version == nullptr) return "version is missing";
  if (version->kind != json_kind::integer) return "version must be an integer";
  if (!message_->has(version->integer)) {
    return std::string{message_->name} + " has no version " + std::to_string(version->integer) + ", only " +
           std::to_string(message_->min_version) + " to " + std::to_string(message_->max_unstable_version);
  }
  version_ = static_cast<std::int16_t>(version->integer);
  if (version_ >= message_->first_ahead_version && !asks_ahead()) {
    return "version " + std::to_string(version_) + " of " + std::string{message_->name} +
           " is newer than Kafka 4.3: ask with \"ahead\":true to have it all the same";
  }
  return std::nullopt;
}

bool question::asks_ahead() {
  const auto* member = find_member(*object_, "ahead");
  return member != nullptr && member->kind == json_kind::boolean && member->boolean;
}

failure question::hex_text(std::string_view& out) { return text_member("hex", out); }

failure question::hex_bytes(protocol::arena& memory, protocol::bytes_view& out) {
  std::string_view text;
  if (failure why = hex_text(text)) return why;
  const auto bytes = protocol_text::parse_hex(text, memory);
  if (!bytes) return "hex is not an even number of hexadecimal digits";
  out = *bytes;
  return std::nullopt;
}

failure question::json(protocol_text::json_value*& out) {
  out = find_member(*object_, "json");
  if (out == nullptr) return "json is missing";
  return std::nullopt;
}

}  // namespace ottla::wire
