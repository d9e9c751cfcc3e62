// frame_reader: cuts a byte stream into frames of Kafka's form, a 4-byte size and that many bytes.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "ottla/net/frame.hpp"

namespace ottla {
inline namespace v0 {

/// Small frames are taken out of a look-ahead buffer, so that several cost one read. A large frame is read straight
/// into its own memory, with the look-ahead behind it in the same scatter.
///
///     stream   | size | frame .......... | size | frame ... |
///     pieces                [ rest of it ][ look-ahead      ]
///
/// A size field alone brings no memory: a peer is believed up to the largest frame that it has sent whole before, and
/// 64 KiB to begin with. Beyond that the memory doubles each time that it is full. So a peer that keeps sending large
/// frames has each read where it stays, and one that announces much and sends little costs little.
class frame_reader {
 public:
  explicit frame_reader(std::size_t max_frame) : max_frame_(max_frame) {}

  /// Where the next read should go; valid until read_done.
  std::span<const std::span<std::byte>> pieces();
  /// That many bytes were read into the pieces.
  void read_done(std::size_t bytes);
  /// The next whole frame, or null: read more, or look at failure().
  frame_ref next();
  /// Why the stream is not Kafka's; empty while it may be. Sticky.
  const std::string& failure() const { return failure_; }
  void reset();

 private:
  void diagnose(std::uint32_t size);

  void reserve(std::size_t size);

  static constexpr std::size_t look_ahead_bytes = 8192;
  static constexpr std::size_t believed_at_first = std::size_t{64} << 10;
  std::size_t max_frame_;
  std::array<std::byte, look_ahead_bytes> look_ahead_;
  std::size_t begin_ = 0;  // unread bytes of the look-ahead: [begin_, end_)
  std::size_t end_ = 0;
  std::shared_ptr<frame> partial_;  // while it grows: its beginning
  std::size_t filled_ = 0;
  std::size_t announced_ = 0;
  std::size_t believed_ = believed_at_first;
  std::array<std::span<std::byte>, 2> pieces_;
  std::string failure_;
};

}  // namespace v0
}  // namespace ottla
