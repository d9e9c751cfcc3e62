// Phrases for wire errors.
#include "ottla/protocol/wire_error.hpp"

namespace ottla {
inline namespace v0 {
namespace protocol {

std::string_view describe(wire_error error) {
  switch (error) {
    case wire_error::none:
      return "no error";
    case wire_error::truncated:
      return "ends early";
    case wire_error::bad_length:
      return "a length is not possible";
    case wire_error::bad_varint:
      return "a varint is too long";
    case wire_error::unexpected_null:
      return "null where the version does not allow it";
    case wire_error::too_many_elements:
      return "an array claims more elements than bytes are left";
    case wire_error::memory_limit:
      return "the decoded message is too large";
    case wire_error::bad_tagged_fields:
      return "the tagged fields are malformed";
    case wire_error::unsupported_version:
      return "the message has no such version";
    case wire_error::field_not_in_version:
      return "a field is set that the version does not have";
    case wire_error::too_large:
      return "a value is too large for the wire";
  }
  return "unknown error";
}

}  // namespace protocol
}  // namespace v0
}  // namespace ottla
