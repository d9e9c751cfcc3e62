// wire_document: a decoded message as a JSON document, and its parts as a list.
#pragma once

#include <optional>
#include <string>

#include "ottla/protocol_text/byte_walk.hpp"
#include "print.hpp"

namespace ottla_tool {

/// nullopt and a sentence with offset and field in `why` if the body is not that message. `open_records`: batches in
/// place of base64; one that cannot be read stays base64 beside the reason.
std::optional<json> message_document(const ottla::protocol_text::message_type& message, std::int16_t version,
                                     ottla::protocol::bytes_view body, bool open_records, bool mask_secrets,
                                     std::string& why);

/// One object a part, `base` added to the offsets. `open_records`: the parts of batches and records in place of their
/// field; those that are compressed have an "inflatedOffset".
json part_list(const ottla::protocol_text::message_type& message, std::int16_t version,
               ottla::protocol::bytes_view body, std::size_t base, bool open_records);

}  // namespace ottla_tool
