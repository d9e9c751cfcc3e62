// turn_pace: how many messages are handled between two readings of the clock, and what each of them took then.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "../shared_reading.hpp"

namespace ottla {
inline namespace v0 {

/// Of messages that were timed together: all took `each`, but one, which took `longest`.
struct time_shares {
  std::chrono::nanoseconds each{0};
  std::chrono::nanoseconds longest{0};
};

/// One clock reading may cost as much as a fast handler. So stretches of messages that are fast together grow to 64,
/// and one that is slow makes the next ones single again. Of a slow stretch one message is taken to be the cause: the
/// others are taken to have been as fast as those before them. Sums are exact, but for nanoseconds.
class turn_pace {
 public:
  /// `most`: messages between two readings; 1: the clock is read for each.
  explicit turn_pace(std::uint32_t most = 64) : most_(most) {}

  /// How many to handle before the clock is read again.
  std::uint32_t stretch() const { return stretch_; }
  /// So many took that long together.
  time_shares share(std::uint32_t messages, std::chrono::nanoseconds took) {
    // One that ended early says nothing about a whole one, unless it was slow all the same.
    if (messages == stretch_ || took > short_time) stretch_ = next_stretch(stretch_, took, short_time, most_);
    if (took <= short_time) {
      typical_ = took / messages;
      return {typical_, took - typical_ * (messages - 1)};
    }
    const std::chrono::nanoseconds each = std::min(typical_, took / messages);
    return {each, took - each * (messages - 1)};
  }

 private:
  // A fifth of the lowest usual bucket.
  static constexpr std::chrono::microseconds short_time{200};

  std::uint32_t most_;
  std::uint32_t stretch_ = 1;
  std::chrono::nanoseconds typical_{0};  // of the last short stretch
};

}  // namespace v0
}  // namespace ottla
