// latency_histogram: quantiles of durations in constant memory, exact to 3 %.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace ottla_tool {

/// 32 linear steps per power of two. One writer.
class latency_histogram {
 public:
  void add(std::int64_t nanoseconds) {
    const auto value = static_cast<std::uint64_t>(nanoseconds < 0 ? 0 : nanoseconds);
    ++counts_[bucket(value)];
    ++total_;
  }
  std::uint64_t total() const { return total_; }
  /// The upper edge of the step that holds this share of the values, in nanoseconds; 0 without values.
  std::int64_t quantile(double share) const {
    const auto wanted = static_cast<std::uint64_t>(share * static_cast<double>(total_));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      seen += counts_[i];
      if (seen > wanted || (seen == total_ && total_ > 0)) return static_cast<std::int64_t>(edge(i));
    }
    return 0;
  }

 private:
  static constexpr unsigned steps_bits = 5;
  static constexpr std::uint64_t steps = 1u << steps_bits;

  static std::size_t bucket(std::uint64_t value) {
    if (value < steps) return value;
    const unsigned shift = static_cast<unsigned>(std::bit_width(value)) - steps_bits - 1;
    return (shift + 1) * steps + ((value >> shift) - steps);
  }
  static std::uint64_t edge(std::size_t index) {
    if (index < steps) return index;
    const std::size_t shift = index / steps - 1;
    return (index % steps + steps + 1) << shift;
  }

  std::array<std::uint64_t, 60 * steps> counts_{};
  std::uint64_t total_ = 0;
};

}  // namespace ottla_tool
