// telemetry: what producers tell of their writes, and of what went wrong; and the two usual listeners.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "ottla/error.hpp"
#include "ottla/service/json_log.hpp"
#include "ottla/service/metrics.hpp"

namespace ottla {
inline namespace v0 {

enum class producer_type : std::uint8_t { sync, async };
/// "sync", "async".
std::string_view name(producer_type type);

/// Of which write. Borrows for the call.
struct write_context {
  std::string_view service{};
  std::string_view topic{};
  std::int32_t partition = -1;  ///< -1: failed before it was chosen
  producer_type type = producer_type::sync;
  std::string_view client_id{};
  bool success = false;
};

/// Told once per message, or once for several of a batch with `messages` above 1: their mean latency, their bytes
/// together. On the core's thread; of messages that were not taken, on their sender's. Must neither block nor throw.
/// What is not overridden is not listened to.
class telemetry {
 public:
  virtual ~telemetry() = default;
  /// From giving the message to its outcome.
  virtual void collect_write_latency(const write_context& of, std::chrono::nanoseconds duration,
                                     std::uint64_t messages) noexcept {
    (void)of, (void)duration, (void)messages;
  }
  /// Bytes of keys, values and headers.
  virtual void collect_write_size(const write_context& of, std::size_t bytes, std::uint64_t messages) noexcept {
    (void)of, (void)bytes, (void)messages;
  }
};

/// Told of what nobody waits for: failed async deliveries, lost connections. Any thread; must neither block nor throw.
class error_logger {
 public:
  virtual ~error_logger() = default;
  virtual void log_error(const error& what, service_operation doing) noexcept = 0;
};

/// Counts writes as {service}_messages_sent_total and {service}_message_publish_duration_seconds. `into` must outlive
/// it.
class metrics_telemetry final : public telemetry {
 public:
  explicit metrics_telemetry(metrics& into) : into_(into) {}
  void collect_write_latency(const write_context& of, std::chrono::nanoseconds duration,
                             std::uint64_t messages) noexcept override;

 private:
  metrics& into_;
};

/// Writes each error as a line. `into` must outlive it.
class json_error_logger final : public error_logger {
 public:
  explicit json_error_logger(const json_log& into, std::string_view component = {})
      : into_(into), component_(component) {}
  void log_error(const error& what, service_operation doing) noexcept override;

 private:
  const json_log& into_;
  std::string component_;
};

}  // namespace v0
}  // namespace ottla
