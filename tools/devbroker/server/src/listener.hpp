// Opens a listening socket.
#pragma once
#include <cstdint>
#include <string>

#include "file_descriptor.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

/// The name of a Unix socket in the file system, which goes with it.
class socket_file {
 public:
  socket_file() = default;
  explicit socket_file(std::string path) : path_(std::move(path)) {}
  socket_file(socket_file&& other) noexcept { path_.swap(other.path_); }
  socket_file& operator=(socket_file&& other) noexcept {
    path_.swap(other.path_);
    return *this;
  }
  ~socket_file();

 private:
  std::string path_;
};

struct listener {
  file_descriptor fd;
  socket_file file;
  std::string host;  // as clients should be told it: 127.0.0.1 for a wildcard
  std::uint16_t port = 0;
  std::string error;  // not empty: it could not be opened, and why
};

/// Whether a host is the path of a Unix socket: unix:/path.
inline bool is_unix_socket(const std::string& host) { return host.rfind("unix:/", 0) == 0; }

/// Non-blocking, TCP; or a Unix socket, whose port is 0. Port 0 of TCP: the system picks one. A file that a server left
/// behind is taken away; one where somebody listens, or that is no socket, is not.
listener open_listener(const std::string& host, std::uint16_t port);

/// The next connection that waits, non-blocking and without Nagle's delay; empty if there is none.
file_descriptor accept_from(const listener& at);

/// Of the other end of a connection, without the port; empty if it has gone.
std::string address_of_peer(int fd);

}  // namespace mock
}  // namespace v0
}  // namespace ottla
