// One direction of a captured connection: segments in any order in, bytes in theirs out.
#pragma once

#include <tins/tcp_ip/data_tracker.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace ottla {
inline namespace v0 {
namespace tap {

/// What the capture lacks is waited for until a good deal stands behind it; then it counts as lost.
class one_way {
 public:
  /// The first byte will have this number, unless something came already.
  void begin(std::uint32_t sequence) {
    if (!tracker_) tracker_.emplace(sequence);
  }
  [[nodiscard]] bool begun() const { return tracker_.has_value(); }

  void add(std::uint32_t sequence, std::vector<std::uint8_t> payload) {
    begin(sequence);
    tracker_->process_payload(sequence, std::move(payload));
  }
  /// What can be read in order now.
  std::vector<std::uint8_t> take() {
    return tracker_ ? std::exchange(tracker_->payload(), {}) : std::vector<std::uint8_t>{};
  }

  [[nodiscard]] bool has_gap() const { return tracker_ && !tracker_->buffered_payload().empty(); }
  [[nodiscard]] bool waits_too_long() const {
    return has_gap() &&
           (tracker_->total_buffered_bytes() > most_bytes || tracker_->buffered_payload().size() > most_segments);
  }
  /// Gives the missing bytes up. What stood behind them has to be added again, segment by segment: a frame may begin
  /// where one of them does. Only with a gap.
  std::vector<std::pair<std::uint32_t, std::vector<std::uint8_t>>> skip_gap() {
    const std::uint32_t now = tracker_->sequence_number();
    std::vector<std::pair<std::uint32_t, std::vector<std::uint8_t>>> behind(tracker_->buffered_payload().begin(),
                                                                            tracker_->buffered_payload().end());
    // Numbers wrap around, so the nearest is not always the smallest.
    std::sort(behind.begin(), behind.end(),
              [now](const auto& left, const auto& right) { return left.first - now < right.first - now; });
    tracker_.emplace(behind.front().first);
    return behind;
  }

 private:
  static constexpr std::uint32_t most_bytes = 1 << 20;
  static constexpr std::size_t most_segments = 1000;

  std::optional<Tins::TCPIP::DataTracker> tracker_;
};

}  // namespace tap
}  // namespace v0
}  // namespace ottla
