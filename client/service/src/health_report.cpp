// health_report: the document.
#include <cmath>
#include <nlohmann/json.hpp>

#include "ottla/service/health.hpp"
#include "ottla/service/json_log.hpp"

namespace ottla {
inline namespace v0 {

std::string health_report::json() const {
  using document = nlohmann::ordered_json;
  document out;
  out["status"] = up ? "up" : "down";
  out["checks"] = document::array();
  for (const check_report& one : checks) {
    document check;
    check["name"] = one.name;
    check["status"] = one.up ? "up" : "down";
    check["duration_ms"] = std::round(std::chrono::duration<double, std::micro>(one.duration).count()) / 1000.0;
    check["error"] = one.up ? document() : document(without_secrets(one.error));
    out["checks"].push_back(std::move(check));
  }
  return out.dump(-1, ' ', false, document::error_handler_t::replace);
}

}  // namespace v0
}  // namespace ottla
