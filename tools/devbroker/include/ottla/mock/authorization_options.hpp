// Who may do what: whether a broker asks, and who is asked nothing.
#pragma once
#include <cstddef>
#include <set>
#include <string>

namespace ottla {
inline namespace v0 {
namespace mock {

/// Clients are "User:NAME": whom SASL has found them to be; else the subject of their TLS certificate; else
/// "ANONYMOUS".
struct authorization_options {
  /// Access control lists count, and may be made and asked for, as with Kafka's StandardAuthorizer.
  bool required = false;
  /// Principals that may do everything, such as "User:admin" (super.users).
  std::set<std::string> super_users = {};
  /// What no entry speaks of is free to everybody; else to nobody but super users.
  bool allow_everyone_if_no_acl_found = false;
  /// Bytes of all entries together; past it none can be made.
  std::size_t max_bytes = std::size_t{16} << 20;
};

/// Where a connection comes from, as far as whoever accepted it knows.
struct client_origin {
  std::string host = "127.0.0.1";        ///< the address, without a port
  std::string certificate_subject = {};  ///< of the client's TLS certificate (RFC 2253); empty: none was asked for
};

}  // namespace mock
}  // namespace v0
}  // namespace ottla
