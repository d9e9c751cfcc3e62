// Control of a dev broker over HTTP: trouble on demand, nodes and leaders moved, the state as JSON.
#pragma once
#include <cstdint>
#include <memory>
#include <string>

#include "ottla/mock/socket_server.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

/// A small HTTP server for tests in any language; `GET /` lists what can be asked. Everything is done on the thread of
/// the socket server, between two of its turns. No authentication: for loopback, as the broker itself. Threads of its
/// own.
class control_server {
 public:
  /// The socket server must outlive this, and be in run() for requests to be answered (503 after 5 s if it is not).
  explicit control_server(socket_server& of);
  /// Stops, and waits for requests under way.
  ~control_server();
  control_server(const control_server&) = delete;
  control_server& operator=(const control_server&) = delete;

  /// Port 0 lets the system choose. Empty when it listens, else one sentence that says why not.
  std::string listen(const std::string& host, std::uint16_t port);
  /// 0 before listen.
  std::uint16_t port() const;

 private:
  class http;
  std::unique_ptr<http> http_;
};

}  // namespace mock
}  // namespace v0
}  // namespace ottla
