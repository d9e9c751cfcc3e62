// retry_policy: how often a message is tried again, and how long the pause before each try is.
#pragma once

#include <chrono>

#include "ottla/net/random.hpp"
#include "ottla/result.hpp"

namespace ottla {
inline namespace v0 {

/// Exponential pauses with jitter. A value without state: the caller counts the tries, and owns the random stream.
/// The defaults are `backoff` 1 s, 2 s, 4 s, each 20 % shorter or longer.
struct retry_policy {
  /// Tries beyond the first; 0: none. 0 and up.
  int count = 3;
  /// The pause before the first retry. 0 to `max`.
  std::chrono::milliseconds backoff{1'000};
  /// Each pause is so many times the one before. 1 to 100.
  double multiplier = 2.0;
  /// No pause is longer, jitter included. `backoff` to 24 h.
  std::chrono::milliseconds max{30'000};
  /// The share of a pause that chance may take away or add, so that those who failed together do not come back
  /// together. 0 (none) to 1 (from nothing to double).
  double jitter = 0.2;

  /// invalid_config, naming the member that is out of its range.
  result<void> validate() const;

  /// Whether a message that was tried so many times, the first included, may be tried once more.
  bool allows(int tries) const { return tries <= count; }

  /// The pause before the `retry`th retry, 1 and up (below counts as 1). Uniform between the exponential pause minus
  /// and plus its jitter, and never above `max`: there the spread reaches downwards only, so that the longest pauses do
  /// not all become the same. Does not overflow, whatever the number. With jitter 0 nothing is drawn.
  std::chrono::nanoseconds delay(int retry, random_stream& rng) const;
};

}  // namespace v0
}  // namespace ottla
