// telemetry: the listeners that count and that log.
#include "ottla/service/telemetry.hpp"

namespace ottla {
inline namespace v0 {

std::string_view name(producer_type type) { return type == producer_type::sync ? "sync" : "async"; }

void metrics_telemetry::collect_write_latency(const write_context& of, std::chrono::nanoseconds duration,
                                              std::uint64_t messages) noexcept {
  into_.sent(into_.topic(of.topic), of.success ? message_status::success : message_status::error, duration, messages);
}

void json_error_logger::log_error(const error& what, service_operation doing) noexcept {
  into_.write(
      {.level = log_level::error,
       .msg = what.context().asked.empty() ? std::string_view("failed") : std::string_view(what.context().asked),
       .component = component_,
       .failure = &what,
       .doing = doing});
}

}  // namespace v0
}  // namespace ottla
