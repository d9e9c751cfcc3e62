// A line of input taken apart: which message in which version, and its bytes or its JSON.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ottla/protocol/arena.hpp"
#include "ottla/protocol_text/messages.hpp"

namespace ottla::wire {

/// Borrows from the arena that the line was parsed into.
class question {
 public:
  /// nullopt, or why the line is no JSON object.
  protocol_text::failure parse(std::string_view line, protocol::arena& memory);
  /// Finds `api`, `kind` and `version`.
  protocol_text::failure parse_message();
  /// `hex` as text.
  protocol_text::failure hex_text(std::string_view& out);
  /// `hex` as bytes.
  protocol_text::failure hex_bytes(protocol::arena& memory, protocol::bytes_view& out);
  /// `json`, whatever it is.
  protocol_text::failure json(protocol_text::json_value*& out);

  [[nodiscard]] const protocol_text::message_type& message() const { return *message_; }
  [[nodiscard]] std::int16_t version() const { return version_; }

 private:
  /// `"ahead":true` asks for versions of a Kafka newer than the one that Ottla speaks.
  bool asks_ahead();
  protocol_text::failure text_member(std::string_view name, std::string_view& out);

  protocol_text::json_value* object_ = nullptr;
  const protocol_text::message_type* message_ = nullptr;
  std::int16_t version_ = 0;
};

}  // namespace ottla::wire
