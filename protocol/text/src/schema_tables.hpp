// The generated tables, as schema_table.cpp reads them.
#pragma once

#include <span>

#include "ottla/protocol_text/schema_table.hpp"

namespace ottla {
inline namespace v0 {
namespace protocol_text {

/// Texts one behind the other, each with a NUL behind it.
const char* schema_texts();
std::span<const field_schema> schema_fields();
std::span<const struct_schema> schema_structs();
/// In the order of all_messages().
std::span<const message_schema> schema_messages();

}  // namespace protocol_text
}  // namespace v0
}  // namespace ottla
