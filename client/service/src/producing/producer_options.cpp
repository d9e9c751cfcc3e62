// producer_options: what is in force, and what is wrong.
#include <algorithm>

#include "../checked_config.hpp"
#include "producer_runtime.hpp"

namespace ottla {
inline namespace v0 {

result<void> producer_options::validate() const {
  const auto bad = [](std::string detail) { return bad_config("producer_options", std::move(detail)); };
  if (config && config->on_batch) return bad("config.on_batch belongs to this layer: use telemetry");
  if (retry_max && *retry_max < 0) return bad("retry_max must not be negative");
  if (retry_backoff && (retry_backoff->count() < 1 || *retry_backoff > std::chrono::hours(24))) {
    return bad("retry_backoff must be between 1 ms and 24 h");
  }
  if (timeout.count() < 1) return bad("timeout must be at least 1 ms");
  if (topic.size() > 249) return bad("topic must have at most 249 characters");
  if (guards) {
    if (auto valid = guards->validate(); !valid) return valid;
  }
  return {};
}

producer_config effective_config(const producer_options& options, producer_type type) {
  producer_config out = options.config.value_or(producer_config{});
  if (!options.config && type == producer_type::sync) out.linger = std::chrono::microseconds(0);
  if (!options.config && type == producer_type::async) out.max_block = std::chrono::milliseconds(0);
  // A full buffer must not hold a sender longer than it said it would wait.
  if (type == producer_type::sync) out.max_block = std::min(out.max_block, options.timeout);
  if (options.retry_max) out.retries = *options.retry_max;
  if (options.retry_backoff) out.retry_backoff = *options.retry_backoff;
  if (options.required_acks) {
    out.required_acks = *options.required_acks;
    out.idempotence = out.idempotence && out.required_acks == acks::all;
  }
  return out;
}

}  // namespace v0
}  // namespace ottla
