// wall_source: the wall clock as the record path reads it: a coarse system clock (some 6 ns), or a simulation's own.
#pragma once

#include <time.h>

#include <atomic>
#include <cstdint>

namespace ottla {
inline namespace v0 {

class wall_source {
 public:
  /// `simulated` replaces the system's clock, in ms since 1970; it must outlive this.
  explicit wall_source(const std::atomic<std::int64_t>* simulated = nullptr) : simulated_(simulated) {}

  /// Milliseconds since 1970 UTC, coarse: up to 4 ms late.
  std::int64_t now_ms() const {
    if (simulated_ != nullptr) [[unlikely]]
      return simulated_->load(std::memory_order_relaxed);
    timespec now;
    ::clock_gettime(CLOCK_REALTIME_COARSE, &now);
    return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
  }

 private:
  const std::atomic<std::int64_t>* simulated_;
};

}  // namespace v0
}  // namespace ottla
