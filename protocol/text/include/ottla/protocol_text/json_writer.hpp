// Writes strict JSON text piece by piece: no DOM, commas by itself, large answers drained as they grow.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <limits>
#include <string>
#include <string_view>

#include "ottla/protocol/types.hpp"

namespace ottla {
inline namespace v0 {
namespace protocol_text {

/// Calls must nest as JSON does; nothing checks it. With a drain, text leaves in pieces of about 64 KiB and at flush().
class json_writer {
 public:
  json_writer() = default;
  explicit json_writer(std::ostream& drain) : drain_{&drain} {}

  /// Passwords, tokens and SASL bytes as "****": for logs. Off by default: what is shown can be read again.
  void mask_secrets(bool on) { masking_ = on; }
  [[nodiscard]] bool masks_secrets() const { return masking_; }
  /// Longer byte fields are shown as "(N bytes)", which is no base64: for logs. No bound by default.
  void shorten_bytes(std::size_t longest) { longest_bytes_ = longest; }

  void begin_object();
  void end_object();
  void begin_array();
  void end_array();
  void key(std::string_view name);

  void null();
  void boolean(bool value);
  void integer(std::int64_t value);
  void unsigned_integer(std::uint64_t value);
  /// Reads back to the same bits. Not-a-number and the infinities are the strings "NaN", "Infinity", "-Infinity".
  void real(double value);
  /// Bytes that are not UTF-8 are shown as U+FFFD.
  void string(std::string_view value);
  void base64(protocol::bytes_view value);
  void hex(protocol::bytes_view value);
  void uuid(const protocol::uuid& value);
  /// A value that is JSON already.
  void verbatim(std::string_view json);
  /// Ends a line of JSON lines.
  void newline();

  /// What has not been drained.
  [[nodiscard]] const std::string& text() const { return text_; }
  void flush();

 private:
  void separate();
  void drain_if_large();

  std::string text_;
  std::ostream* drain_ = nullptr;
  bool comma_ = false;
  bool masking_ = false;
  std::size_t longest_bytes_ = std::numeric_limits<std::size_t>::max();
};

}  // namespace protocol_text
}  // namespace v0
}  // namespace ottla
