// service_consumer_state: what those who watch a consumer ask it.
#include <algorithm>

#include "service_consumer_state.hpp"

namespace ottla {
inline namespace v0 {

std::vector<consumer_lag> service_consumer_state::lags() const {
  std::vector<consumer_lag> out;
  if (!begun()) return out;
  for (const topic_partition& where : in_->assignment()) {
    const auto position = in_->position(where);
    const auto ends = in_->watermarks(where);
    if (!position || !ends || ends->high_watermark < 0) continue;
    out.push_back({where.topic, where.partition, std::max<std::int64_t>(ends->high_watermark - *position, 0)});
  }
  return out;
}

consumer_stats service_consumer_state::reading() const { return begun() ? in_->stats() : consumer_stats(); }

std::chrono::nanoseconds service_consumer_state::silence() const {
  const std::int64_t last = last_round_ns_.load(std::memory_order_relaxed);
  if (last == 0 || ended()) return std::chrono::nanoseconds(0);
  return std::max(now().mono - steady_ns(std::chrono::nanoseconds(last)), std::chrono::nanoseconds(0));
}

}  // namespace v0
}  // namespace ottla
