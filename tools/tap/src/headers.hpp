// Headers of requests and responses: what can be read of one without knowing the API, and where its body begins.
#pragma once

#include <cstddef>
#include <optional>

#include "ottla/protocol/types.hpp"
#include "ottla/protocol_text/messages.hpp"
#include "ottla/tap/message.hpp"

namespace ottla {
inline namespace v0 {
namespace tap {

/// nullopt: too short for key, version and correlation id. The client id is left out where it does not fit.
std::optional<request_head> parse_head(protocol::bytes_view frame);
/// Whether Kafka 4.3 has such a request, and the header is whole.
bool is_known_request(protocol::bytes_view frame, const request_head& head);
/// nullptr if Kafka 4.3 has no such API.
const protocol_text::message_type* find_type(std::int16_t api_key, protocol_text::message_kind kind);

/// The version that the body of a response has: an ApiVersions response that refuses the version is always of version
/// 0 (KIP-511).
std::int16_t response_version(protocol::bytes_view frame, const request_head& head);
/// Bytes in front of the body. nullopt: the header is not well formed, or nothing has such a version.
std::optional<std::size_t> header_size(protocol::bytes_view frame, direction way, const request_head& head,
                                       std::int16_t version);

/// Whether this is a Produce with acks 0, which no response follows.
bool wants_no_response(protocol::bytes_view frame, const request_head& head);

}  // namespace tap
}  // namespace v0
}  // namespace ottla
