// Text forms of JSON values.
#include "ottla/protocol_text/json_writer.hpp"

#include <charconv>
#include <cmath>
#include <ostream>

#include "ottla/protocol_text/encodings.hpp"

namespace ottla {
inline namespace v0 {
namespace protocol_text {

namespace {
constexpr std::size_t drain_size = std::size_t{64} << 10;
constexpr std::string_view replacement = "\xef\xbf\xbd";

template <class T>
void append_number(std::string& out, T value) {
  char digits[32];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  out.append(digits, end);
}

void append_escaped(std::string& out, char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      break;
    case '\\':
      out += "\\\\";
      break;
    case '\n':
      out += "\\n";
      break;
    case '\r':
      out += "\\r";
      break;
    case '\t':
      out += "\\t";
      break;
    default:
      out += "\\u00";
      append_hex(out, static_cast<std::byte>(c));
  }
}
}  // namespace

void json_writer::separate() {
  if (comma_) text_ += ',';
  comma_ = true;
  drain_if_large();
}

void json_writer::drain_if_large() {
  if (drain_ != nullptr && text_.size() >= drain_size) flush();
}

void json_writer::flush() {
  if (drain_ == nullptr) return;
  drain_->write(text_.data(), static_cast<std::streamsize>(text_.size()));
  text_.clear();
}

void json_writer::begin_object() {
  separate();
  text_ += '{';
  comma_ = false;
}

void json_writer::end_object() {
  text_ += '}';
  comma_ = true;
}

void json_writer::begin_array() {
  separate();
  text_ += '[';
  comma_ = false;
}

void json_writer::end_array() {
  text_ += ']';
  comma_ = true;
}

void json_writer::key(std::string_view name) {
  string(name);
  text_ += ':';
  comma_ = false;
}

void json_writer::null() {
  separate();
  text_ += "null";
}

void json_writer::boolean(bool value) {
  separate();
  text_ += value ? "true" : "false";
}

void json_writer::integer(std::int64_t value) {
  separate();
  append_number(text_, value);
}

void json_writer::unsigned_integer(std::uint64_t value) {
  separate();
  append_number(text_, value);
}

void json_writer::real(double value) {
  if (std::isnan(value)) return string("NaN");
  if (std::isinf(value)) return string(value < 0 ? "-Infinity" : "Infinity");
  separate();
  const std::size_t before = text_.size();
  append_number(text_, value);
  // "-0" would be read as the integer zero, and the sign lost.
  if (text_.find_first_of(".e", before) == std::string::npos) text_ += ".0";
}

void json_writer::string(std::string_view value) {
  separate();
  text_ += '"';
  while (!value.empty()) {
    const std::size_t length = utf8_length(value);
    const char c = value.front();
    if (length == 0) {
      text_ += replacement;
    } else if (length == 1 && (static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\')) {
      append_escaped(text_, c);
    } else {
      text_ += value.substr(0, length);
    }
    value.remove_prefix(length == 0 ? ill_formed_length(value) : length);
    drain_if_large();
  }
  text_ += '"';
}

void json_writer::base64(protocol::bytes_view value) {
  if (value.size() > longest_bytes_) return string("(" + std::to_string(value.size()) + " bytes)");
  separate();
  text_ += '"';
  constexpr std::size_t piece = 48 << 10;  // a multiple of three, so that padding comes last only
  for (; value.size() > piece; value = value.subspan(piece)) {
    append_base64(text_, value.first(piece));
    drain_if_large();
  }
  append_base64(text_, value);
  text_ += '"';
}

void json_writer::verbatim(std::string_view json) {
  separate();
  text_ += json;
  drain_if_large();
}

void json_writer::hex(protocol::bytes_view value) {
  separate();
  text_ += '"';
  for (const std::byte b : value) {
    append_hex(text_, b);
    drain_if_large();
  }
  text_ += '"';
}

void json_writer::uuid(const protocol::uuid& value) {
  separate();
  text_ += '"';
  append_uuid(text_, value);
  text_ += '"';
}

void json_writer::newline() {
  text_ += '\n';
  comma_ = false;
}

}  // namespace protocol_text
}  // namespace v0
}  // namespace ottla
