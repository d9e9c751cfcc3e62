// Where the IP packet begins. Done here and not by libtins, which refuses Linux' newer "any" captures as a whole.
#include "link_layer.hpp"

#include <pcap/pcap.h>

namespace ottla {
inline namespace v0 {
namespace tap {
namespace {

using bytes = std::span<const std::uint8_t>;

constexpr unsigned ipv4 = 0x0800;
constexpr unsigned ipv6 = 0x86dd;
constexpr unsigned vlan = 0x8100;
constexpr unsigned service_vlan = 0x88a8;
constexpr std::size_t vlan_tag = 4;

unsigned load16(bytes at, std::size_t offset) { return static_cast<unsigned>(at[offset] << 8 | at[offset + 1]); }

/// `type_at` is where the EtherType stands; behind it the payload begins, or a VLAN tag and another type.
std::optional<std::size_t> behind_ether_type(bytes packet, std::size_t type_at, std::size_t payload) {
  for (; packet.size() >= payload && packet.size() >= type_at + 2; type_at = payload - 2) {
    const unsigned type = load16(packet, type_at);
    if (type == ipv4 || type == ipv6) return payload;
    if (type != vlan && type != service_vlan) return std::nullopt;
    payload += vlan_tag;
  }
  return std::nullopt;
}

}  // namespace

bool is_known_link(int link_type) {
  switch (link_type) {
    case DLT_EN10MB:
    case DLT_NULL:
    case DLT_LOOP:
    case DLT_RAW:
    case DLT_IPV4:
    case DLT_IPV6:
    case DLT_LINUX_SLL:
    case DLT_LINUX_SLL2:
      return true;
    default:
      return false;
  }
}

std::optional<std::size_t> ip_offset(int link_type, bytes packet) {
  switch (link_type) {
    case DLT_EN10MB:
      return behind_ether_type(packet, 12, 14);
    case DLT_NULL:  // the address family, in the order of the machine that captured; IP's own version says enough
    case DLT_LOOP:
      return 4;
    case DLT_RAW:
    case DLT_IPV4:
    case DLT_IPV6:
      return 0;
    case DLT_LINUX_SLL:
      return behind_ether_type(packet, 14, 16);
    case DLT_LINUX_SLL2:
      return behind_ether_type(packet, 0, 20);
    default:
      return std::nullopt;
  }
}

}  // namespace tap
}  // namespace v0
}  // namespace ottla
