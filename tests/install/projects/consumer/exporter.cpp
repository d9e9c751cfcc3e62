// Uses ottla::prometheus, and with it ottla::health_http: both answer on ports that the system chooses.
#include <ottla/service/health_server.hpp>
#include <ottla/service/metrics_server.hpp>

int main() {
  ottla::health_registry checks;
  ottla::health_server health(checks, {.listen = {.host = "127.0.0.1", .port = 0}});
  ottla::metrics_server metrics({}, {.listen = {.host = "127.0.0.1", .port = 0}});
  if (!health.start() || !metrics.start()) return 1;
  return health.port() != metrics.port() ? 0 : 1;
}
