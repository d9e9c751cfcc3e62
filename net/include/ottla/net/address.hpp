// host_port: the name and port a broker is reached by, and how bootstrap lists are read.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ottla/result.hpp"

namespace ottla {
inline namespace v0 {

struct host_port {
  std::string host;
  std::uint16_t port = 0;
  friend bool operator==(const host_port&, const host_port&) = default;
  friend auto operator<=>(const host_port&, const host_port&) = default;
};
/// "host:port", IPv6 in brackets.
std::string to_string(const host_port& address);

/// Reads "host:port,[::1]:port,...". Schemes such as PLAINTEXT:// are taken off; a missing port is 9092. An empty list,
/// a port out of range or an empty host is invalid_config and names the part.
result<std::vector<host_port>> parse_bootstrap(std::string_view list);

}  // namespace v0
}  // namespace ottla
