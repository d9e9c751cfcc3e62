// A message's JSON in a few words: defaults left out, lists cut short, nothing that could steer a terminal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "ottla/protocol/arena.hpp"
#include "ottla/protocol_text/json_value.hpp"

namespace ottla {
inline namespace v0 {
namespace tap {

/// How much is told before it is cut short.
struct brevity {
  std::size_t longest = 220;       ///< bytes of all
  std::uint32_t most_objects = 3;  ///< of a list
  std::uint32_t most_values = 8;
};

std::string brief(const protocol_text::json_value& body, const brevity& how = {});
/// The array that records_in gives: a line for each batch and each record.
std::string brief_records(const std::string& json, protocol::arena& memory);
/// Of the same array the batches alone, on one line.
std::string brief_batches(const std::string& json, protocol::arena& memory);
/// Control characters become dots.
std::string printable(std::string_view text);

}  // namespace tap
}  // namespace v0
}  // namespace ottla
