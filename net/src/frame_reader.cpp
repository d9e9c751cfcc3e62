// frame_reader: the cutting itself, and what is said of a peer that does not speak Kafka.
#include "frame_reader.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <utility>

namespace ottla {
inline namespace v0 {

std::span<const std::span<std::byte>> frame_reader::pieces() {
  if (begin_ == end_) begin_ = end_ = 0;
  if (begin_ > 0) {
    std::memmove(look_ahead_.data(), look_ahead_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  std::span<std::byte> tail(look_ahead_.data() + end_, look_ahead_.size() - end_);
  if (!partial_) {
    pieces_[0] = tail;
    return {pieces_.data(), 1};
  }
  pieces_[0] = partial_->writable().subspan(filled_);
  if (partial_->size() < announced_) return {pieces_.data(), 1};  // what comes behind the piece is still this frame's
  pieces_[1] = tail;
  return {pieces_.data(), 2};
}

void frame_reader::read_done(std::size_t bytes) {
  if (partial_) {
    const std::size_t taken = std::min(bytes, partial_->size() - filled_);
    filled_ += taken;
    bytes -= taken;
  }
  end_ += bytes;
}

frame_ref frame_reader::next() {
  if (!failure_.empty()) return nullptr;
  if (partial_) {
    if (filled_ < partial_->size()) return nullptr;
    if (filled_ < announced_) {
      reserve(std::min(announced_, 2 * filled_));
      return nullptr;
    }
    believed_ = std::max(believed_, announced_);
    filled_ = 0;
    return std::exchange(partial_, nullptr);
  }
  if (end_ - begin_ < 4) return nullptr;
  std::uint32_t size = 0;
  for (std::size_t i = 0; i < 4; ++i) size = size << 8 | std::to_integer<std::uint32_t>(look_ahead_[begin_ + i]);
  diagnose(size);
  if (!failure_.empty()) return nullptr;
  begin_ += 4;
  announced_ = size;
  reserve(std::min(announced_, believed_));
  filled_ = std::min<std::size_t>(size, end_ - begin_);  // all of it fits: the look-ahead is smaller than any belief
  std::memcpy(partial_->writable().data(), look_ahead_.data() + begin_, filled_);
  begin_ += filled_;
  return filled_ == size ? next() : nullptr;
}

/// Memory of `size` bytes for the frame, with what arrived of it so far at the front.
void frame_reader::reserve(std::size_t size) {
  auto larger = std::make_shared<frame>(size);
  if (filled_ > 0) std::memcpy(larger->writable().data(), partial_->bytes().data(), filled_);
  partial_ = std::move(larger);
}

void frame_reader::reset() {
  begin_ = end_ = filled_ = announced_ = 0;
  believed_ = believed_at_first;
  partial_ = nullptr;
  failure_.clear();
}

// Sizes that nobody sends are judged before the limit, which an embedder may have raised above them.
void frame_reader::diagnose(std::uint32_t size) {
  const std::uint32_t top = size >> 16;
  if (size == 0x48545450) {  // "HTTP"
    failure_ = "it answers in HTTP";
  } else if (top >= 0x1403 && top <= 0x1703 && (top & 0xff) == 0x03) {  // a TLS record: type 20 to 23, version 3.x
    failure_ = "it answers in TLS";
  } else if (size > 0x7fffffff) {
    failure_ = "it announces a frame of negative size";
  } else if (size < 4) {
    failure_ = "it announces a frame of " + std::to_string(size) + " bytes, too short for any answer";
  } else if (size > max_frame_) {
    failure_ =
        "it announces a frame of " + std::to_string(size) + " bytes, above the limit of " + std::to_string(max_frame_);
  }
}

}  // namespace v0
}  // namespace ottla
