// Messages as lines: aligned text for people, or one JSON object.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ottla/protocol/arena.hpp"
#include "ottla/tap/message.hpp"

namespace ottla {
inline namespace v0 {
namespace tap {

enum class line_form : std::uint8_t { text, json };

/// Which connection a line is about.
struct connection_label {
  std::uint64_t number = 0;
  std::string client;  ///< HOST:PORT
  std::string broker;
};

class line_maker {
 public:
  line_maker(line_form form, bool with_records) : form_(form), with_records_(with_records) {}

  /// One line, with its end; in text and with records, more.
  std::string line(const message& what, const connection_label& where);
  /// The same in text for who says when and where himself: one line without its end, and of the records each batch.
  std::string words(const message& what);
  /// A line about the connection itself: `event` is "open", "close" or "failed", `note` what is to be said of it.
  std::string remark(std::string_view event, instant when, const connection_label& where, const std::string& note);
  /// "ready" and the like, as an object; text has its own form.
  static std::string ready_object(const std::string& address);

 private:
  line_form form_;
  bool with_records_;
  protocol::arena memory_{std::size_t{256} << 20};
};

}  // namespace tap
}  // namespace v0
}  // namespace ottla
