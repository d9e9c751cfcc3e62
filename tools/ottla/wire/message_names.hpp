// What people call a message, and what they may have meant: "Fetch", "fetch", "FetchRequest", "1".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ottla/protocol_text/messages.hpp"

namespace ottla::wire {

/// Why a word names no message, and the nearest that does (may be empty).
struct misnamed {
  std::string what;
  std::string suggestion;
};

/// All messages of an API, requests first; of one kind if `kind` is not empty. A whole name brings that message alone.
std::optional<misnamed> find_messages(std::string_view api, std::string_view kind,
                                      std::vector<const protocol_text::message_type*>& out);
/// Exactly one message in a version that it has; where only one kind exists it need not be said.
std::optional<misnamed> find_message(std::string_view api, std::string_view kind, std::int64_t version,
                                     const protocol_text::message_type*& out);
std::optional<misnamed> check_version(const protocol_text::message_type& message, std::int64_t version);

}  // namespace ottla::wire
