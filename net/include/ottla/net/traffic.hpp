// traffic: how long brokers take to answer, counted where answers arrive and read from any thread.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "ottla/net/metadata.hpp"
#include "ottla/net/request.hpp"

namespace ottla {
inline namespace v0 {

/// Upper bounds of the counts by latency; what lies above the last is counted behind it.
inline constexpr std::array<std::chrono::microseconds, 12> latency_bounds{
    std::chrono::microseconds(500), std::chrono::milliseconds(1),   std::chrono::microseconds(2'500),
    std::chrono::milliseconds(5),   std::chrono::milliseconds(10),  std::chrono::milliseconds(25),
    std::chrono::milliseconds(50),  std::chrono::milliseconds(100), std::chrono::milliseconds(250),
    std::chrono::seconds(1),        std::chrono::seconds(5),        std::chrono::seconds(30)};

/// The answers of one broker on one lane, from the write of the request on. On the fetch and group lanes brokers hold
/// answers back on purpose (fetch_max_wait, a rebalance).
struct lane_traffic {
  broker_id broker = no_broker;  ///< no_broker: bootstrap connections, and brokers beyond `traffic_meter::most`
  lane via = lane::control;
  std::uint64_t answers = 0;
  std::chrono::nanoseconds latency{0};                              ///< the sum
  std::array<std::uint64_t, latency_bounds.size() + 1> by_bound{};  ///< each answer in one
};

/// Counted on the core's thread, without a lock; read on any.
class traffic_meter {
 public:
  static constexpr std::size_t most = 4'000;  ///< rows: brokers times lanes

  /// One row. Lives as long as the meter.
  class row {
   public:
    void answered(std::chrono::nanoseconds after) {
      const auto at = std::lower_bound(latency_bounds.begin(), latency_bounds.end(), after) - latency_bounds.begin();
      by_bound_[static_cast<std::size_t>(at)].fetch_add(1, std::memory_order_relaxed);
      latency_ns_.fetch_add(static_cast<std::uint64_t>(std::max<std::int64_t>(after.count(), 0)),
                            std::memory_order_relaxed);
    }

   private:
    friend class traffic_meter;
    std::array<std::atomic<std::uint64_t>, latency_bounds.size() + 1> by_bound_{};
    std::atomic<std::uint64_t> latency_ns_{0};
  };

  /// The row of a broker's lane; found once per connection.
  row& of(broker_id broker, lane via) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const bool known = rows_.contains({broker, via});
    if (static_cast<std::int32_t>(broker) < 0 || (!known && rows_.size() >= most)) broker = no_broker;
    return rows_[{broker, via}];
  }
  /// Ascending by broker and lane. Each count is right; two of them may be an answer apart.
  std::vector<lane_traffic> read() const {
    std::vector<lane_traffic> out;
    const std::lock_guard<std::mutex> lock(mutex_);
    for (const auto& [key, from] : rows_) {
      lane_traffic& one = out.emplace_back();
      one.broker = key.first;
      one.via = key.second;
      for (std::size_t i = 0; i < one.by_bound.size(); ++i) {
        one.answers += one.by_bound[i] = from.by_bound_[i].load(std::memory_order_relaxed);
      }
      one.latency = std::chrono::nanoseconds(from.latency_ns_.load(std::memory_order_relaxed));
    }
    return out;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::pair<broker_id, lane>, row> rows_;
};

}  // namespace v0
}  // namespace ottla
