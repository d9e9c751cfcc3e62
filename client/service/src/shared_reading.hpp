// shared_reading: how many things that follow each other fast share a reading of the clock.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace ottla {
inline namespace v0 {

/// How many the next reading is for, when those of the last one `took` that long together: twice as many, up to `most`,
/// as long as even these would take no more than half of `short_time`; 1 when it was longer than that.
inline std::uint32_t next_stretch(std::uint32_t last, std::chrono::nanoseconds took,
                                  std::chrono::nanoseconds short_time, std::uint32_t most) {
  if (took > short_time) return 1;
  return took <= short_time / 4 ? std::min(2 * last, most) : last;
}

}  // namespace v0
}  // namespace ottla
