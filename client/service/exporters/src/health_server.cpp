// health_server: three questions, three pages.
#include "ottla/service/health_server.hpp"

#include <utility>

namespace ottla {
inline namespace v0 {

health_server::health_server(health_registry& from, health_server_config config) : config_(std::move(config)) {
  const auto page = [&](const std::string& path, health_question question) {
    server_.get(path, [&from, question, timeout = config_.timeout] {
      const health_report report = from.run(timeout, question);
      return http_reply{.status = report.up ? 200 : 503, .content_type = "application/json", .body = report.json()};
    });
  };
  page(config_.path, health_question::health);
  page(config_.live_path, health_question::liveness);
  page(config_.ready_path, health_question::readiness);
}

result<void> health_server::start() {
  if (!config_.enabled) return {};
  const std::string* all[] = {&config_.path, &config_.live_path, &config_.ready_path};
  for (const std::string* one : all) {
    error_context context;
    context.asked = "health_server";
    if (!one->starts_with('/')) {
      context.detail = "the path \"" + *one + "\" does not begin with /";
      return error(client_code::invalid_config, std::move(context));
    }
    for (const std::string* other : all) {
      if (other == one || *other != *one) continue;
      context.detail = "the path " + *one + " is there twice";
      return error(client_code::invalid_config, std::move(context));
    }
  }
  return server_.start(config_.listen);
}

}  // namespace v0
}  // namespace ottla
