// Bytes from text and back.
#include "byte_forms.hpp"

#include "ottla/protocol/arena.hpp"
#include "ottla/protocol_text/encodings.hpp"

namespace ottla::wire {

std::optional<byte_form> parse_byte_form(std::string_view word) {
  if (word == "hex") return byte_form::hex;
  if (word == "base64") return byte_form::base64;
  if (word == "binary") return byte_form::binary;
  return std::nullopt;
}

std::optional<std::string> to_bytes(byte_form form, std::string& text) {
  if (form == byte_form::binary) return std::nullopt;
  std::erase_if(text, [](char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; });
  protocol::arena memory{text.size()};
  const bool hex = form == byte_form::hex;
  const auto bytes = hex ? protocol_text::parse_hex(text, memory) : protocol_text::parse_base64(text, memory);
  if (!bytes) {
    return hex ? "the input is not an even number of hexadecimal digits"
               : "the input is not base64 with padding, in the alphabet with + and /";
  }
  text.assign(protocol::as_text(*bytes));
  return std::nullopt;
}

std::string from_bytes(byte_form form, protocol::bytes_view bytes) {
  if (form == byte_form::binary) return std::string{protocol::as_text(bytes)};
  std::string out;
  if (form == byte_form::base64) {
    protocol_text::append_base64(out, bytes);
  } else {
    for (const std::byte b : bytes) protocol_text::append_hex(out, b);
  }
  return out + '\n';
}

}  // namespace ottla::wire
