// The time as the dev broker is told it: it never asks a clock itself.
#pragma once
#include <chrono>

namespace ottla {
inline namespace v0 {
namespace mock {

/// One moment on two clocks. `mono` never goes back and decides every deadline (long polls, delays); `wall` is Unix
/// time and decides what ends up in data (log append time, retention, the check of record timestamps). They are never
/// mixed.
struct instant {
  std::chrono::nanoseconds mono{};
  std::chrono::milliseconds wall{};
};

}  // namespace mock
}  // namespace v0
}  // namespace ottla
