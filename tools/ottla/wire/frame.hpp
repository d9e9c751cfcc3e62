// A whole frame: four bytes of size, a header, a body.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "ottla/protocol/types.hpp"
#include "ottla/protocol_text/messages.hpp"

namespace ottla::wire {

/// Views into the bytes that it was opened from.
struct frame {
  const protocol_text::message_type* header_type = nullptr;
  std::int16_t header_version = 0;
  protocol::bytes_view header;
  const protocol_text::message_type* message = nullptr;
  std::int16_t version = 0;
  protocol::bytes_view body;

  static constexpr std::size_t size_bytes = 4;
  [[nodiscard]] std::size_t body_offset() const { return size_bytes + header.size(); }
};

/// A request says itself what it is. nullopt, or why it cannot be opened: `bytes` have to be one frame and no more.
std::optional<std::string> open_request_frame(protocol::bytes_view bytes, frame& out);
/// What a response answers has to be known: `message` and `version`.
std::optional<std::string> open_response_frame(protocol::bytes_view bytes, const protocol_text::message_type& message,
                                               std::int16_t version, frame& out);

struct frame_facts {
  std::int32_t correlation_id = 0;
  std::string client_id;  ///< of a request
};
/// Size, header and the body given. `message` is a request or a response, and has the version.
std::string make_frame(const protocol_text::message_type& message, std::int16_t version, const frame_facts& facts,
                       protocol::bytes_view body);

}  // namespace ottla::wire
