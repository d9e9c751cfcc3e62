// Two clocks, two types: deadlines are measured on one, record timestamps on the other, and neither is read in the
// core.
#pragma once

#include <chrono>
#include <cstdint>

namespace ottla {
inline namespace v0 {

/// Tag of the monotonic clock. It has no now(): hosts read the time and pass it in.
struct mono_clock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<mono_clock>;
  static constexpr bool is_steady = true;
};
/// Tag of the wall clock, in milliseconds since 1970 UTC as Kafka's timestamps are.
struct wall_clock {
  using duration = std::chrono::milliseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<wall_clock>;
  static constexpr bool is_steady = false;
};

using steady_ns = mono_clock::time_point;
using wall_ms = wall_clock::time_point;

/// A deadline that never comes.
inline constexpr steady_ns never = steady_ns::max();

/// The moment of a step.
struct instant {
  steady_ns mono{};  ///< deadlines
  wall_ms wall{};    ///< record timestamps, token expiry
};

/// `at + wait` that stays at `never` instead of overflowing.
inline constexpr steady_ns after(steady_ns at, std::chrono::nanoseconds wait) {
  return wait >= never - at ? never : at + wait;
}

}  // namespace v0
}  // namespace ottla
