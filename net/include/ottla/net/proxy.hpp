// proxy_config: the proxy between us and the brokers: SOCKS5 (RFC 1928, 1929) or HTTP CONNECT (RFC 9110).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ottla/net/address.hpp"
#include "ottla/net/secret.hpp"
#include "ottla/result.hpp"

namespace ottla {
inline namespace v0 {

enum class proxy_kind : std::uint8_t { none, socks5, http };

/// Every connection to a host and port goes through it, but those that `bypass` names; those to Unix sockets do not.
/// The proxy resolves the brokers' names. What is said to the proxy itself is not encrypted: it and the way to it see
/// user and password.
struct proxy_config {
  proxy_kind kind = proxy_kind::none;
  std::string host;
  std::uint16_t port = 0;
  std::string username;  ///< empty: none is offered. With SOCKS5 at most 255 bytes, as the password
  secret password;
  /// Who is reached without it, as in NO_PROXY of other tools: parts with commas or blanks between, each with :port for
  /// that port alone. "kafka.example.com" is that name and all below it, ".example.com" and "*.example.com" only those
  /// below, "10.0.0.0/8", "fd00::/8", "192.0.2.7" or "[::1]:9092" addresses, "*" everybody. Case and a dot at the end
  /// say nothing. What a broker is called decides: no name is looked up to see whether its address is in a block.
  std::string bypass;
};

/// Whether a connection to that broker goes through the proxy. A bypass that cannot be read, which no cluster opens
/// with, names nobody.
bool goes_by_proxy(const proxy_config& proxy, const host_port& broker);

/// Reads "socks5://user:password@host:port", or http:// likewise; user and password optional and percent-encoded where
/// they hold one of ":/?#@%"; socks5h:// is the same as socks5://. Empty is none. An error is invalid_config and shows
/// no part of user and password.
result<proxy_config> parse_proxy(std::string_view url);
/// The same as a URL, with **** for the password and without the bypass; empty for none.
std::string to_string(const proxy_config& proxy);

}  // namespace v0
}  // namespace ottla
