// retry_pause: how long the producer waits before one more try, for machines that keep a count of failures and no
// backoff of their own.
#pragma once

#include <algorithm>
#include <chrono>
#include <string_view>

#include "ottla/net/core.hpp"

namespace ottla {
inline namespace v0 {

/// The wait behind that many failures in a row (1 and up; it grows no further behind the eighth). `purpose` and `index`
/// name the stream that the jitter is drawn from. `own`: the first pause where it is not the cluster's; 0: it is.
inline std::chrono::nanoseconds retry_pause(const core& on, std::string_view purpose, std::uint64_t index, int failures,
                                            std::chrono::milliseconds own = std::chrono::milliseconds(0)) {
  const bool shared = own.count() == 0;
  backoff wait(shared ? on.config().retry_backoff : own, shared ? on.config().retry_backoff_max : 10 * own,
               on.stream(purpose, index));
  std::chrono::nanoseconds pause{};
  for (int i = 0; i < std::clamp(failures, 1, 8); ++i) pause = wait.next();
  return pause;
}

}  // namespace v0
}  // namespace ottla
