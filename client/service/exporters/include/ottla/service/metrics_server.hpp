// metrics_server: snapshots of metrics over HTTP, in the text form that Prometheus scrapes.
#pragma once

#include <string>
#include <vector>

#include "ottla/service/http_server.hpp"
#include "ottla/service/metrics.hpp"

namespace ottla {
inline namespace v0 {

/// Prometheus' text form, version 0.0.4. Two families of one name become one.
std::string prometheus_text(const std::vector<metric_family>& families);

struct metrics_server_config {
  bool enabled = true;
  http_address listen{.host = "0.0.0.0", .port = 8080};
  std::string path = "/metrics";
};

class metrics_server {
 public:
  /// Asks all sources at each scrape, on the server's threads, with system_time().mono as now. What they read must
  /// outlive this.
  explicit metrics_server(std::vector<metric_source> sources, metrics_server_config config = {});

  /// As http_server::start; does nothing when not enabled. invalid_config: the path does not begin with /.
  result<void> start();
  int port() const { return server_.port(); }
  void stop() { server_.stop(); }

 private:
  metrics_server_config config_;
  http_server server_;
};

}  // namespace v0
}  // namespace ottla
