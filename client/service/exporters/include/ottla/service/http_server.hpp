// http_server: a few pages for machines that look after this process: GET and HEAD, no TLS, nothing to upload.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "ottla/result.hpp"

namespace ottla {
inline namespace v0 {

struct http_reply {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body{};
};

struct http_address {
  std::string host = "0.0.0.0";  ///< of the interface to listen on
  int port = 0;                  ///< 0: any that is free
};

/// Threads of its own: one that accepts, four that answer. `get` before `start`; the rest on one thread at a time.
class http_server {
 public:
  http_server();
  /// Stops.
  ~http_server();
  http_server(const http_server&) = delete;
  http_server& operator=(const http_server&) = delete;

  /// `page` runs on the server's threads, several at once. All else is 404.
  void get(const std::string& path, std::function<http_reply()> page);
  /// Errors: invalid_config (a port outside 0 to 65535), invalid_argument (it runs already, or the address cannot be
  /// listened on: another process has it, or it is not ours).
  result<void> start(const http_address& at);
  /// The port it listens on; 0 before start and after stop.
  int port() const;
  /// Waits for pages that are being made, and up to a second for idle connections. Idempotent.
  void stop();

 private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

}  // namespace v0
}  // namespace ottla
