// Finds where a frame begins in the middle of a captured stream.
#pragma once

#include <cstddef>
#include <optional>

#include "ottla/protocol/types.hpp"
#include "pending_requests.hpp"

namespace ottla {
inline namespace v0 {
namespace tap {

/// The offset of what looks like the size and header of a request that Kafka 4.3 has.
std::optional<std::size_t> find_request(protocol::bytes_view bytes, std::size_t largest);

/// Whether a response to a waiting request begins here. Eight bytes prove less than a request's header does: look only
/// where a segment begins, as brokers write responses one by one.
bool begins_response(protocol::bytes_view bytes, std::size_t largest, const pending_requests& waiting);

}  // namespace tap
}  // namespace v0
}  // namespace ottla
