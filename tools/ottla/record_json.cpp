// record_json: blobs and headers as members of a JSON object.
#include "record_json.hpp"

#include <utility>

#include "base64.hpp"
#include "json_text.hpp"

namespace ottla_tool {
namespace {

/// A header's name is text by definition; bytes that are none are shown as U+FFFD.
void append_name(std::string& out, std::string_view name) {
  if (is_utf8(name)) return append_json_string(out, name);
  std::string mended;
  for (const char c : name)
    mended += static_cast<unsigned char>(c) < 0x80 ? std::string(1, c) : std::string("\xEF\xBF\xBD");
  append_json_string(out, mended);
}

}  // namespace

void append_blob(std::string& out, std::string_view name, const ottla::blob& what) {
  out += ",\"";
  out += name;
  if (what.is_null()) {
    out += "\":null";
  } else if (is_utf8(what.text())) {
    out += "\":";
    append_json_string(out, what.text());
  } else {
    out += "Base64\":\"";
    append_base64(out, what.text());
    out += '"';
  }
}

void append_headers(std::string& out, ottla::header_range headers) {
  out += ",\"headers\":[";
  bool first = true;
  for (const auto& header : headers) {
    if (!std::exchange(first, false)) out += ',';
    out += '[';
    append_name(out, header.name);
    out += ',';
    const ottla::blob value(header.value);
    if (value.is_null()) {
      out += "null]";
    } else if (is_utf8(value.text())) {
      append_json_string(out, value.text());
      out += ']';
    } else {
      out += "{\"base64\":\"";
      append_base64(out, value.text());
      out += "\"}]";
    }
  }
  out += ']';
}

}  // namespace ottla_tool
