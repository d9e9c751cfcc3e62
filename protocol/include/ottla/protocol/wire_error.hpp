// Why bytes could not be read or a message could not be written.
#pragma once

#include <cstdint>
#include <string_view>

namespace ottla {
inline namespace v0 {
namespace protocol {

enum class wire_error : std::uint8_t {
  none,
  truncated,             ///< the bytes end before the message does
  bad_length,            ///< a length below -1, or a string above 32767 bytes
  bad_varint,            ///< a varint with more bits than its type
  unexpected_null,       ///< null where this version does not allow it
  too_many_elements,     ///< an array's count cannot fit into the bytes that are left
  memory_limit,          ///< the decoded message is above the arena's limit
  bad_tagged_fields,     ///< tags not ascending, or a known tag's body not used up
  unsupported_version,   ///< not a version of this message
  field_not_in_version,  ///< writing: a field is set that this version cannot carry
  too_large,             ///< writing: a string above 32767 bytes, or a size above 2 GiB
};

/// A short phrase for people; static storage.
std::string_view describe(wire_error error);

}  // namespace protocol
}  // namespace v0
}  // namespace ottla
