// Where the IP packet begins in what was captured from a link.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace ottla {
inline namespace v0 {
namespace tap {

/// As libpcap numbers them.
bool is_known_link(int link_type);
/// Bytes in front of the IP header; nullopt: too short, or it carries something else.
std::optional<std::size_t> ip_offset(int link_type, std::span<const std::uint8_t> packet);

}  // namespace tap
}  // namespace v0
}  // namespace ottla
