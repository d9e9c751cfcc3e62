// schema_document: a message's definition for people and as JSON.
#pragma once

#include <optional>

#include "ottla/protocol_text/schema_table.hpp"
#include "print.hpp"

namespace ottla_tool {

/// A heading, and a row per field, indented as they nest. With a version: the fields that it has, and no others.
std::string schema_as_text(const ottla::protocol_text::message_type& message, std::optional<std::int16_t> version);
json schema_as_json(const ottla::protocol_text::message_type& message, std::optional<std::int16_t> version);

/// "FetchRequest: key 1, versions 4-18, flexible 12+".
std::string schema_heading(const ottla::protocol_text::message_type& message);
/// What stands behind a field's type, together: "tag 0, = -1, topicName".
std::string field_notes(const ottla::protocol_text::field_schema& field);

}  // namespace ottla_tool
