// sliding_window: how many of the last calls, or of the calls of late, failed or were slow.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "ottla/service/circuit_breaker.hpp"

namespace ottla {
inline namespace v0 {

struct call_counts {
  int calls = 0;
  int failed = 0;
  int slow = 0;

  void add(bool is_failed, bool is_slow) { ++calls, failed += is_failed, slow += is_slow; }
  void take(const call_counts& other) { calls -= other.calls, failed -= other.failed, slow -= other.slow; }
};

/// Its owner's thread, or lock.
class sliding_window {
 public:
  explicit sliding_window(const circuit_breaker_config& config);

  /// Counts one call and gives what is in the window then. `now` does not go back.
  call_counts add(bool failed, bool slow, steady_ns now);
  void clear();

 private:
  static constexpr std::size_t parts = 10;

  void forget_until(std::int64_t slot);

  std::vector<std::uint8_t>
      ring_;  // a window of calls: bit 0 failed, bit 1 slow; the oldest is at next_ once it is full
  std::size_t next_ = 0;
  std::array<call_counts, parts> part_{};  // a window of time: part_[slot % parts], of the slots up to slot_
  std::int64_t slot_ = 0;
  std::int64_t part_ns_ = 0;  // 0: a window of calls
  std::size_t capacity_ = 0;
  call_counts total_;
};

}  // namespace v0
}  // namespace ottla
