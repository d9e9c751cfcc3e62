// A parsed JSON document in an arena: small nodes, bounded depth and memory, integers exact.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ottla/protocol/arena.hpp"

namespace ottla {
inline namespace v0 {
namespace protocol_text {

enum class json_kind : std::uint8_t { null, boolean, integer, real, string, array, object };

/// Children are a linked list in the order of the text; repeated names stay apart.
struct json_value {
  json_kind kind = json_kind::null;
  bool visited = false;        ///< a mark for whoever walks the members
  std::uint32_t size = 0;      ///< children, or bytes of the string
  std::string_view name{};     ///< as a member of an object
  json_value* next = nullptr;  ///< the next sibling
  union {
    bool boolean;
    std::int64_t integer;
    double real;  ///< also what an integer beyond 64 bits signed became
    const char* characters;
    json_value* first = nullptr;
  };
  [[nodiscard]] std::string_view text() const { return {characters, size}; }
};

/// Objects and arrays inside each other beyond this are an error.
inline constexpr std::size_t json_depth_limit = 64;

/// The whole text is one value. nullptr and a reason in `error` otherwise: malformed, not UTF-8, too deep, past the
/// arena's limit.
json_value* parse_json(std::string_view text, protocol::arena& memory, std::string& error);

/// The last member of that name, as most readers have it; nullptr if there is none or `object` is none.
json_value* find_member(json_value& object, std::string_view name);

}  // namespace protocol_text
}  // namespace v0
}  // namespace ottla
