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
/// "host:port", IPv6 in brackets; "unix:/path" as it stands.
std::string to_string(const host_port& address);
/// The same of a port that nobody has looked at.
std::string address_text(std::string_view host, std::int32_t port);

/// Whether a host is the path of a Unix socket, "unix:/path". Its port is 0.
bool is_unix_socket(std::string_view host);
/// Its path; empty for what is none.
std::string_view unix_path(std::string_view host);
/// The longest path that Linux takes.
inline constexpr std::size_t longest_unix_path = 107;

/// Reads "host:port,[::1]:port,unix:/path,...". Schemes such as PLAINTEXT:// are taken off; a missing port is 9092. An
/// empty list, a port out of range, an empty host or a path that is too long is invalid_config and names the part.
result<std::vector<host_port>> parse_bootstrap(std::string_view list);

}  // namespace v0
}  // namespace ottla
