// Parts of a walked message as text for people.
#include <algorithm>
#include <array>
#include <bit>
#include <charconv>

#include "ottla/protocol/error_code.hpp"
#include "ottla/protocol_text/byte_walk.hpp"
#include "ottla/protocol_text/encodings.hpp"
#include "ottla/protocol_text/json_writer.hpp"

namespace ottla {
inline namespace v0 {
namespace protocol_text {

namespace {
constexpr std::array<std::string_view, 9> part_kinds{"value",     "null", "length",   "count",      "present",
                                                     "tag count", "tag",  "tag size", "unknown tag"};

std::string counted(std::int64_t n, std::string_view one, std::string_view many) {
  return std::to_string(n) + ' ' + std::string{n == 1 ? one : many};
}

std::string hex_text(protocol::bytes_view bytes, std::size_t most) {
  std::string out;
  for (const std::byte b : bytes.first(std::min(most, bytes.size()))) append_hex(out, b);
  return out + (bytes.size() > most ? "..." : "");
}

std::string quoted(protocol::bytes_view bytes, std::size_t most) {
  std::string_view text = protocol::as_text(bytes);
  std::size_t shown = 0;
  while (shown < text.size() && shown < most) {
    const std::size_t length = utf8_length(text.substr(shown));
    shown += length == 0 ? ill_formed_length(text.substr(shown)) : length;
  }
  json_writer out;
  out.string(text.substr(0, shown));
  return out.text() + (shown < text.size() ? "..." : "");
}

std::string real_text(std::int64_t bits) {
  char digits[32];
  const auto end = std::to_chars(digits, digits + sizeof digits, std::bit_cast<double>(bits)).ptr;
  return {digits, end};
}

std::string unpadded_uuid(protocol::bytes_view bytes) {
  protocol::uuid id;
  std::ranges::copy(bytes, id.bytes.begin());
  std::string out;
  append_uuid(out, id);
  return out;
}

std::string field_value(const message_part& part, std::size_t most) {
  switch (part.field->type) {
    case field_type::boolean:
      return part.number != 0 ? "true" : "false";
    case field_type::float64:
      return real_text(part.number);
    case field_type::uuid:
      return unpadded_uuid(part.bytes);
    case field_type::string:
      return quoted(part.bytes, most);
    case field_type::bytes:
    case field_type::records:
      return part.bytes.empty() ? "empty" : hex_text(part.bytes, most);
    case field_type::error_code: {
      const std::string_view known = protocol::name(static_cast<protocol::error_code>(part.number));
      return std::to_string(part.number) + (known.empty() ? "" : ' ' + std::string{known});
    }
    default:
      return std::to_string(part.number);
  }
}
}  // namespace

std::string_view name(part_kind kind) { return part_kinds[static_cast<std::size_t>(kind)]; }

std::string value_text(const message_part& part, std::size_t most) {
  switch (part.kind) {
    case part_kind::value:
      return field_value(part, most);
    case part_kind::null:
      return "null";
    case part_kind::length:
    case part_kind::tag_size:
      return counted(part.number, "byte", "bytes");
    case part_kind::count:
      return counted(part.number, "element", "elements");
    case part_kind::present:
      return "not null";
    case part_kind::tag_count:
      return counted(part.number, "tagged field", "tagged fields");
    case part_kind::tag:
      return "tag " + std::to_string(part.number);
    case part_kind::unknown_tag:
      return part.bytes.empty() ? "empty" : hex_text(part.bytes, most);
  }
  return {};
}

}  // namespace protocol_text
}  // namespace v0
}  // namespace ottla
