// Record batches and message sets as JSON: the answer of `ottla wire records`.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "ottla/protocol/types.hpp"
#include "ottla/protocol_text/json_writer.hpp"

namespace ottla {
inline namespace v0 {
namespace protocol_text {

struct records_limits {
  std::size_t inflated_bytes = std::size_t{64} << 20;  // of all compressed batches together
  std::size_t records = 200'000;
};

// Reads `hex` as batches one behind the other and writes one JSON object {"batches":[...]} to `out`. False if a
// complete batch is wrong or a limit is passed: `why` then holds a sentence and `out` got nothing.
//
// Everything is checked before the first character is written. Give `out` a drain where the input is not trusted: a few
// bytes of headers may become a hundred times as much text.
bool records_json(std::string_view hex, json_writer& out, std::string& why, const records_limits& limits = {});

// The same for the bytes themselves.
bool records_json(protocol::bytes_view records, json_writer& out, std::string& why, const records_limits& limits = {});

// The same as one string; nothing on error.
std::optional<std::string> records_json(std::string_view hex, std::string& why, const records_limits& limits = {});

}  // namespace protocol_text
}  // namespace v0
}  // namespace ottla
