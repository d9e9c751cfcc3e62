// What the members of a group of consumers say they read: the one thing a coordinator looks for in their metadata.
#pragma once
#include <string_view>

#include "groups/group.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

inline constexpr std::string_view consumer_protocol_type = "consumer";

/// Whether a member reads the topic. Where a member's metadata cannot be read it may read anything.
bool is_subscribed(const group& in, std::string_view topic);

}  // namespace mock
}  // namespace v0
}  // namespace ottla
