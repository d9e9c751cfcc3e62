// A message's JSON in a few words: defaults left out, lists cut short, nothing that could steer a terminal.
#pragma once

#include <string>
#include <string_view>

#include "ottla/protocol/arena.hpp"
#include "ottla/protocol_text/json_value.hpp"

namespace ottla {
inline namespace v0 {
namespace tap {

std::string brief(const protocol_text::json_value& body);
/// The array that records_in gives: a line for each batch and each record.
std::string brief_records(const std::string& json, protocol::arena& memory);
/// Control characters become dots.
std::string printable(std::string_view text);

}  // namespace tap
}  // namespace v0
}  // namespace ottla
