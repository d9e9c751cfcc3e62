// Quotas in force: how long whoever has sent or fetched too much is to wait (KIP-13, KIP-219).
#pragma once
#include <algorithm>
#include <limits>

#include "api/call.hpp"
#include "sasl/authentication.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

inline constexpr std::string_view producer_byte_rate = "producer_byte_rate";
inline constexpr std::string_view consumer_byte_rate = "consumer_byte_rate";

inline std::optional<quota_in_force> quota_of(const call& c, std::string_view key) {
  return c.who == nullptr ? std::nullopt : c.cluster.quotas.find(key, c.who->user(), c.client_id);
}

/// The answer says so, and nothing is read from the connection for as long.
inline void hold_back(call& c, std::chrono::milliseconds wait) {
  constexpr std::int64_t longest = std::numeric_limits<std::int32_t>::max();
  c.throttle_time_ms = std::max(c.throttle_time_ms, static_cast<std::int32_t>(std::min(wait.count(), longest)));
}

/// Counts the bytes for the client; it has to wait if they are too many.
inline void count(call& c, std::string_view key, std::size_t bytes) {
  if (const auto quota = quota_of(c, key))
    hold_back(c, c.node().meters.record(key, *quota, static_cast<double>(bytes), c.now.mono));
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
