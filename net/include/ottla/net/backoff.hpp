// backoff: exponential waiting with jitter, for reconnects (KIP-144) and retries (KIP-580).
#pragma once

#include <algorithm>
#include <chrono>

#include "ottla/net/random.hpp"

namespace ottla {
inline namespace v0 {

class backoff {
 public:
  backoff(std::chrono::nanoseconds base, std::chrono::nanoseconds max, random_stream rng)
      : base_(base), max_(max), rng_(rng) {}

  /// The wait before the next try: base * 2^tries, at most max, times 0.8 to 1.2.
  std::chrono::nanoseconds next() {
    auto wait = base_;
    for (int i = 0; i < tries_ && wait < max_; ++i) wait *= 2;
    wait = std::min(wait, max_);
    ++tries_;
    const auto fifth = static_cast<std::uint64_t>(wait.count()) / 5;
    return wait - std::chrono::nanoseconds(fifth) + std::chrono::nanoseconds(rng_.below(2 * fifth + 1));
  }
  void reset() { tries_ = 0; }
  int tries() const { return tries_; }

 private:
  std::chrono::nanoseconds base_;
  std::chrono::nanoseconds max_;
  random_stream rng_;
  int tries_ = 0;
};

}  // namespace v0
}  // namespace ottla
