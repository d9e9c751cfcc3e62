// The checked-in vectors, unpacked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "ottla/protocol_text/messages.hpp"

namespace ottla::test {

struct golden_vector {
  const protocol_text::message_type* message = nullptr;
  std::int16_t version = 0;
  std::vector<std::byte> bytes;
  std::string json;
  bool unknown_tags = false;  // the JSON does not show everything
  std::string where;          // for messages: "FetchResponse 12, line 17"
};

/// Ends the process if the file cannot be read: nothing can be tested then. The environment's OTTLA_GOLDEN_VECTORS
/// names another file than the checked-in one.
const std::vector<golden_vector>& golden_vectors();

}  // namespace ottla::test
