// sliding_window: a ring of outcomes, or a ring of ten sums.
#include "sliding_window.hpp"

#include <algorithm>

namespace ottla {
inline namespace v0 {

sliding_window::sliding_window(const circuit_breaker_config& config) {
  if (config.window == circuit_breaker_config::window_kind::time) {
    part_ns_ = std::max<std::int64_t>(std::chrono::nanoseconds(config.window_time).count() / std::int64_t{parts}, 1);
  } else {
    capacity_ = static_cast<std::size_t>(std::max(config.window_calls, 1));
  }
}

call_counts sliding_window::add(bool failed, bool slow, steady_ns now) {
  if (part_ns_ != 0) {
    forget_until(now.time_since_epoch().count() / part_ns_);
    part_[static_cast<std::size_t>(slot_) % parts].add(failed, slow);
  } else {
    const auto outcome = static_cast<std::uint8_t>((failed ? 1 : 0) | (slow ? 2 : 0));
    if (ring_.size() < capacity_) {
      ring_.push_back(outcome);
    } else {
      total_.take({1, ring_[next_] & 1, ring_[next_] >> 1});
      ring_[next_] = outcome;
      next_ = (next_ + 1) % capacity_;
    }
  }
  total_.add(failed, slow);
  return total_;
}

void sliding_window::forget_until(std::int64_t slot) {
  if (slot - slot_ >= std::int64_t{parts}) {
    part_.fill({});
    total_ = {};
    slot_ = slot;
  }
  while (slot_ < slot) {
    call_counts& oldest = part_[static_cast<std::size_t>(++slot_) % parts];
    total_.take(oldest);
    oldest = {};
  }
}

void sliding_window::clear() {
  ring_.clear();
  next_ = 0;
  part_.fill({});
  total_ = {};
}

}  // namespace v0
}  // namespace ottla
