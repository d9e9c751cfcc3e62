// Addresses of brokers in responses: finds and replaces them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "ottla/protocol/types.hpp"
#include "ottla/tap/endpoint.hpp"
#include "ottla/tap/message.hpp"

namespace ottla {
inline namespace v0 {
namespace tap {

/// Whether a response may hold an address of a broker, so that it has to be held until it is whole.
bool may_hold_addresses(const request_head& head);

/// Writes the response anew into `out` (without its size) where an address was in fact replaced, and returns how many
/// were; 0: `out` is untouched, the original is as good. A response that cannot be decoded is left alone.
std::size_t rewrite_addresses(protocol::bytes_view frame, const request_head& head,
                              const std::function<std::optional<endpoint>(const endpoint&)>& stand_in,
                              std::vector<std::byte>& out);

}  // namespace tap
}  // namespace v0
}  // namespace ottla
