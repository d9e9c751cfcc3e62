// wire_document: the generated decoder gives the document, the walk by tables tells what is wrong and where records
// are.
#include "wire_document.hpp"

#include "ottla/protocol_text/encodings.hpp"
#include "ottla/protocol_text/record_walk.hpp"
#include "ottla/protocol_text/records_json.hpp"

namespace ottla_tool {
namespace {

using namespace ottla::protocol_text;
using ottla::protocol::bytes_view;

constexpr std::size_t message_limit = std::size_t{1} << 30;

std::string hex_of(bytes_view bytes) {
  std::string out;
  for (const std::byte b : bytes) append_hex(out, b);
  return out;
}

/// "a[0].b" as "/a/0/b".
json::json_pointer pointer_of(std::string_view path) {
  std::string out = "/";
  for (const char c : path) {
    if (c == '.' || c == '[') out += '/';
    if (c != '.' && c != '[' && c != ']') out += c;
  }
  return json::json_pointer(out);
}

void open_records_fields(const message_type& message, std::int16_t version, bytes_view body, json& document) {
  (void)walk_bytes(message, version, body, [&](const message_part& part) {
    if (part.kind != part_kind::value || part.field->type != field_type::records) return;
    json& place = document.at(pointer_of(part.path));
    std::string why;
    if (const auto text = records_json(hex_of(part.bytes), why)) {
      place = json::parse(*text);
    } else {
      place = json{{"error", why}, {"base64", place}};
    }
  });
}

/// In place of a records field what is in it. Where that cannot be read any further: the rest, and why.
void append_record_parts(const message_part& field, std::size_t base, json& out) {
  const std::string path = std::string{field.path} + '.';
  std::size_t covered = 0;
  const auto error = walk_records(field.bytes, [&](const record_part& part) {
    if (!part.inflated) covered = part.offset + part.bytes.size();
    out.push_back(
        {{part.inflated ? "inflatedOffset" : "offset", part.inflated ? part.offset : base + field.offset + part.offset},
         {"length", part.bytes.size()},
         {"hex", hex_of(part.bytes)},
         {"part", name(part.kind)},
         {"path", path + std::string{part.path}},
         {"encoding", part.encoding},
         {"value", part.value}});
  });
  if (!error) return;
  out.push_back({{"offset", base + field.offset + covered},
                 {"length", field.bytes.size() - covered},
                 {"hex", hex_of(field.bytes.subspan(covered))},
                 {"path", path + error->path},
                 {error->inflated ? "errorInflatedOffset" : "errorOffset",
                  error->inflated ? error->offset : base + field.offset + error->offset},
                 {"error", error->what}});
}

}  // namespace

std::optional<json> message_document(const message_type& message, std::int16_t version, bytes_view body,
                                     bool open_records, bool mask_secrets, std::string& why) {
  if (const auto error = walk_bytes(message, version, body, [](const message_part&) {})) {
    why = error->message();
    return std::nullopt;
  }
  ottla::protocol::arena memory{message_limit};
  json_writer text;
  text.mask_secrets(mask_secrets);
  if (auto refused = message.operations().to_json(body, version, memory, text)) {
    why = *refused;
    return std::nullopt;
  }
  json out = json::parse(text.text());
  if (open_records) open_records_fields(message, version, body, out);
  return out;
}

json part_list(const message_type& message, std::int16_t version, bytes_view body, std::size_t base,
               bool open_records) {
  json out = json::array();
  (void)walk_bytes(message, version, body, [&](const message_part& part) {
    const bool records = part.kind == part_kind::value && part.field->type == field_type::records;
    if (records && open_records && !part.bytes.empty()) return append_record_parts(part, base, out);
    out.push_back({{"offset", base + part.offset},
                   {"length", part.bytes.size()},
                   {"hex", hex_of(part.bytes)},
                   {"part", name(part.kind)},
                   {"path", part.path},
                   {"encoding", part.encoding},
                   {"value", value_text(part, message_limit)},
                   {"versions", range_text(part.versions, message)}});
  });
  return out;
}

}  // namespace ottla_tool
