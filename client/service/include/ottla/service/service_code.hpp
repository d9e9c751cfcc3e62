// service_code: the names under which dashboards, logs and runbooks know a failure, and the one table that maps errors
// to them.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "ottla/error.hpp"

namespace ottla {
inline namespace v0 {

enum class service_code : std::uint8_t {
  none,
  brokers_unavailable,
  send_failed,
  invalid_config,
  timeout,
  auth_failed,
  access_denied,
  topic_unknown,
  message_too_large,
  buffer_full,
  throttled,
  consume_failed,
  offset_lost,
  corrupt_data,
  commit_failed,
  consumer_lost,
  producer_fenced,
  dlq_write_failed,
  circuit_open,
  rate_limited,
  bulkhead_full,
  closed,
  cancelled,
  unsupported,
  misuse,
  request_failed,
};

/// What was being done: decides where the error alone does not tell.
enum class service_operation : std::uint8_t { request, send, consume, commit, dead_letter };

struct service_code_row {
  service_code code;
  std::string_view name;     ///< "KAFKA_SEND_FAILED"
  std::string_view meaning;  ///< one clause
  std::string_view advice;   ///< what to look at, or to do
};

/// Every code but `none`, in the order of the enumeration. Static storage.
std::span<const service_code_row> service_codes();
/// "KAFKA_SEND_FAILED"; empty for none.
std::string_view name(service_code code);

/// The code of an error. What it says by itself comes first (KAFKA_TOPIC_UNKNOWN, KAFKA_BROKERS_UNAVAILABLE, ...); the
/// rest takes the name of what was being done (KAFKA_SEND_FAILED, KAFKA_COMMIT_FAILED, ...). Writing a dead letter is
/// told as KAFKA_DLQ_WRITE_FAILED whatever went wrong, since it stops a partition; the error's own text has the cause.
/// No error: none.
service_code code_of(const error& e, service_operation doing = service_operation::request);

}  // namespace v0
}  // namespace ottla
