// health_server: a health registry over HTTP, for orchestrators and people.
#pragma once

#include <chrono>
#include <string>

#include "ottla/service/health.hpp"
#include "ottla/service/http_server.hpp"

namespace ottla {
inline namespace v0 {

struct health_server_config {
  bool enabled = true;
  http_address listen{.host = "0.0.0.0", .port = 8081};
  std::string path = "/health";              ///< all checks
  std::string live_path = "/livez";          ///< liveness alone: restart me or not
  std::string ready_path = "/readyz";        ///< readiness alone: send me work or not
  std::chrono::milliseconds timeout{5'000};  ///< for the checks; the answer comes then at the latest
};

/// Each page is health_report::json(), with 200 when up and 503 when down. `from` must outlive it.
class health_server {
 public:
  explicit health_server(health_registry& from, health_server_config config = {});

  /// As http_server::start; does nothing when not enabled. invalid_config: two paths are the same, or one does not
  /// begin with /.
  result<void> start();
  int port() const { return server_.port(); }
  void stop() { server_.stop(); }

 private:
  health_server_config config_;
  http_server server_;
};

}  // namespace v0
}  // namespace ottla
