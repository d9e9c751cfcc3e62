// Cuts one direction of a connection into frames: a 4-byte size, then that many bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "ottla/protocol/types.hpp"

namespace ottla {
inline namespace v0 {
namespace tap {

/// Keeps a frame whole up to a bound; of a larger one the beginning, enough for any header.
class frame_cutter {
 public:
  explicit frame_cutter(std::size_t largest_kept) : largest_kept_(largest_kept) {}

  /// Takes what belongs to the current frame off the front, and returns how much that was: never beyond its end.
  std::size_t take(protocol::bytes_view bytes);
  /// Begins the next one.
  void next();

  [[nodiscard]] bool sized() const { return prefix_filled_ == prefix_.size(); }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool complete() const { return sized() && passed_ == size_; }
  [[nodiscard]] bool oversized() const { return sized() && size_ > largest_kept_; }
  /// All that will ever be kept of it is there.
  [[nodiscard]] bool kept_complete() const { return sized() && kept_.size() == to_keep(); }
  /// The frame without its size, as far as it came; of an oversized one the beginning.
  [[nodiscard]] protocol::bytes_view kept() const { return kept_; }
  /// The size as it stands on the wire, as far as it came.
  [[nodiscard]] protocol::bytes_view prefix() const { return {prefix_.data(), prefix_filled_}; }
  /// Why this is no frame of Kafka's; empty while it may be one.
  [[nodiscard]] std::string_view trouble() const;

  static constexpr std::size_t head_kept = 72 << 10;  // two strings of 32 KiB: client id and transactional id

 private:
  [[nodiscard]] std::size_t to_keep() const;

  std::size_t largest_kept_;
  std::array<std::byte, 4> prefix_{};
  std::size_t prefix_filled_ = 0;
  std::size_t size_ = 0;    // as announced
  std::size_t passed_ = 0;  // of it, kept or not
  std::vector<std::byte> kept_;
};

}  // namespace tap
}  // namespace v0
}  // namespace ottla
