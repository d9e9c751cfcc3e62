// longest_gaps: of what happens again and again, the longest waits between one time and the next.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <vector>

namespace ottla_tool {

/// On one thread. The wall clock is looked at only for a wait that is kept.
class longest_gaps {
 public:
  struct gap {
    std::chrono::steady_clock::duration length{};
    std::chrono::system_clock::time_point ended{};
  };

  /// How many are kept; 0 keeps none.
  explicit longest_gaps(std::size_t most = 0) : most_(most) {}
  bool wanted() const { return most_ > 0; }

  /// It happened. The first time begins the first wait.
  void happened(std::chrono::steady_clock::time_point now, std::chrono::system_clock::time_point (*wall)()) {
    const auto length = now - last_;
    const bool first = last_ == std::chrono::steady_clock::time_point{};
    last_ = now;
    if (first || (kept_.size() == most_ && length <= kept_.front().length)) return;
    if (kept_.size() == most_) {
      std::pop_heap(kept_.begin(), kept_.end(), shorter_last);
      kept_.pop_back();
    }
    kept_.push_back({length, wall()});
    std::push_heap(kept_.begin(), kept_.end(), shorter_last);
  }

  /// The longest first.
  std::vector<gap> found() const {
    std::vector<gap> out = kept_;
    std::sort(out.begin(), out.end(), shorter_last);
    return out;
  }

 private:
  static bool shorter_last(const gap& a, const gap& b) { return a.length > b.length; }

  std::size_t most_;
  std::chrono::steady_clock::time_point last_{};
  std::vector<gap> kept_;  // a heap: the shortest in front
};

}  // namespace ottla_tool
