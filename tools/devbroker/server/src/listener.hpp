// Opens a listening socket.
#pragma once
#include <cstdint>
#include <string>

#include "file_descriptor.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

struct listener {
  file_descriptor fd;
  std::string host;  // as clients should be told it: 127.0.0.1 for a wildcard
  std::uint16_t port = 0;
  std::string error;  // not empty: it could not be opened, and why
};

/// Non-blocking, TCP. Port 0: the system picks one.
listener open_listener(const std::string& host, std::uint16_t port);

/// The next connection that waits, non-blocking and without Nagle's delay; empty if there is none.
file_descriptor accept_from(const listener& at);

/// Of the other end of a connection, without the port; empty if it has gone.
std::string address_of_peer(int fd);

}  // namespace mock
}  // namespace v0
}  // namespace ottla
