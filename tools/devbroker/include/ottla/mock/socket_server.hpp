// The dev broker behind real sockets: an acceptor and a loop of its own over poll, for programs and for tests of
// programs.
#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "ottla/mock/broker.hpp"
#include "ottla/mock/tls_files.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

/// Listens for the nodes of one broker and moves bytes and time. Everything runs on the thread that calls run() or
/// run_once(); only stop() and post() may come from others.
class socket_server {
 public:
  /// The broker must outlive the server.
  explicit socket_server(broker& serves);
  ~socket_server();
  socket_server(const socket_server&) = delete;
  socket_server& operator=(const socket_server&) = delete;

  /// From now on new connections speak TLS. Empty when done, else one sentence that says why not.
  std::string secure(const tls_files& files);
  /// Opens the listener of a node; port 0 lets the system choose. The broker advertises the outcome (127.0.0.1 if the
  /// host is a wildcard). A host "unix:/path" is a Unix socket, advertised as that with port 0. Empty when done, else
  /// one sentence that says why not.
  std::string listen(std::size_t node, const std::string& host, std::uint16_t port);
  /// The port a node listens on, 0 if it does not.
  std::uint16_t port(std::size_t node) const;

  /// Serves until stop().
  void run();
  /// Waits for at most `longest` and serves what there is.
  void run_once(std::chrono::milliseconds longest);
  /// Any thread, also a signal handler.
  void stop();
  /// Any thread: runs the function on the server's thread, between two turns, so that a test can inspect the broker or
  /// make trouble.
  void post(std::function<void(broker&, instant)> work);

 private:
  class loop;
  std::unique_ptr<loop> loop_;
};

}  // namespace mock
}  // namespace v0
}  // namespace ottla
