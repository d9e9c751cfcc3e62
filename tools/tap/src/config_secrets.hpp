// Passwords that are set as configuration: they are secrets by their name, not by their type.
#pragma once

#include <cstddef>
#include <vector>

#include "ottla/protocol/types.hpp"
#include "ottla/tap/message.hpp"

namespace ottla {
inline namespace v0 {
namespace tap {

/// The body of a request with such values masked, written into `storage`; the body itself where there are none.
protocol::bytes_view without_config_secrets(protocol::bytes_view body, const request_head& head,
                                            std::vector<std::byte>& storage);

}  // namespace tap
}  // namespace v0
}  // namespace ottla
