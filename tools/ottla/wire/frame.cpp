// Takes frames apart and makes them, the header by the version that the body's has.
#include "frame.hpp"

#include "ottla/protocol/request_header.hpp"
#include "ottla/protocol/response_header.hpp"
#include "ottla/protocol/writer.hpp"
#include "ottla/protocol_text/byte_walk.hpp"

namespace ottla::wire {

using protocol_text::find_message;
using protocol_text::message_kind;
using protocol_text::message_part;
using protocol_text::message_type;

namespace {
std::optional<std::string> check_size(protocol::bytes_view bytes) {
  if (bytes.size() < frame::size_bytes)
    return "a frame begins with 4 bytes of size, and there are only " + std::to_string(bytes.size());
  std::uint32_t size = 0;
  for (std::size_t i = 0; i < frame::size_bytes; ++i) size = size << 8 | std::to_integer<std::uint32_t>(bytes[i]);
  const std::size_t behind = bytes.size() - frame::size_bytes;
  if (size == behind) return std::nullopt;
  return "the frame's size is " + std::to_string(static_cast<std::int32_t>(size)) + " bytes, but " +
         std::to_string(behind) + " are behind it";
}

/// The number in two bytes of the header's front.
std::int16_t int16_at(protocol::bytes_view bytes, std::size_t at) {
  return static_cast<std::int16_t>(std::to_integer<int>(bytes[at]) << 8 | std::to_integer<int>(bytes[at + 1]));
}

std::optional<std::string> cut_header(protocol::bytes_view rest, frame& out) {
  std::size_t used = 0;
  const auto error = walk_front(
      *out.header_type, out.header_version, rest, [](const message_part&) {}, used);
  if (error) return "in the header, which begins at byte 4: " + error->message();
  out.header = rest.first(used);
  out.body = rest.subspan(used);
  return std::nullopt;
}
}  // namespace

std::optional<std::string> open_request_frame(protocol::bytes_view bytes, frame& out) {
  if (auto why = check_size(bytes)) return why;
  const protocol::bytes_view rest = bytes.subspan(frame::size_bytes);
  if (rest.size() < 4) return "the frame is too short for the API key and version of a request";
  const auto key = static_cast<protocol::api_key>(int16_at(rest, 0));
  out.version = int16_at(rest, 2);
  const std::string_view api = name(key);
  out.message = find_message(api, message_kind::request);
  if (out.message == nullptr)
    return "byte 4: there is no API with key " + std::to_string(static_cast<int>(key)) + "; is this a response?";
  if (!out.message->has(out.version)) {
    return "byte 6: " + std::string{out.message->name} + " has no version " + std::to_string(out.version) + ", only " +
           std::to_string(out.message->min_version) + " to " + std::to_string(out.message->max_unstable_version);
  }
  out.header_type = find_message("RequestHeader", message_kind::header);
  out.header_version = out.message->header_version(out.version);
  return cut_header(rest, out);
}

std::optional<std::string> open_response_frame(protocol::bytes_view bytes, const message_type& message,
                                               std::int16_t version, frame& out) {
  if (auto why = check_size(bytes)) return why;
  out.message = &message;
  out.version = version;
  out.header_type = find_message("ResponseHeader", message_kind::header);
  out.header_version = message.header_version(version);
  return cut_header(bytes.subspan(frame::size_bytes), out);
}

std::string make_frame(const message_type& message, std::int16_t version, const frame_facts& facts,
                       protocol::bytes_view body) {
  protocol::writer header;
  if (message.kind == message_kind::request) {
    protocol::RequestHeader first;
    first.request_api_key = static_cast<std::int16_t>(*message.key);
    first.request_api_version = version;
    first.correlation_id = facts.correlation_id;
    first.client_id = facts.client_id;
    write(header, first, message.header_version(version));
  } else {
    protocol::ResponseHeader first;
    first.correlation_id = facts.correlation_id;
    write(header, first, message.header_version(version));
  }
  const std::size_t size = header.view().size() + body.size();
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(size >> shift & 0xff);
  out += protocol::as_text(header.view());
  return out += protocol::as_text(body);
}

}  // namespace ottla::wire
