// Cuts a connection's bytes into frames.
#include "frame_splitter.hpp"

#include <algorithm>

#include "storage/big_endian.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

constexpr std::size_t size_prefix = 4;
constexpr std::size_t keep_capacity = 4u << 20;  // a buffer that one large request has grown is given back

}  // namespace

void frame_splitter::push(std::span<const std::byte> bytes) {
  if (head_ != 0 && (head_ == bytes_.size() || head_ >= bytes_.size() / 2)) {
    bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(head_));
    head_ = 0;
    if (bytes_.empty() && bytes_.capacity() > keep_capacity) std::vector<std::byte>().swap(bytes_);
  }
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
}

std::optional<std::int32_t> frame_splitter::announced() const {
  if (buffered() < size_prefix) return std::nullopt;
  return load_big_endian<std::int32_t>(bytes_.data() + head_);
}

std::optional<std::span<const std::byte>> frame_splitter::front() const {
  const auto size = announced();
  if (!size || *size < 0 || buffered() - size_prefix < static_cast<std::size_t>(*size)) return std::nullopt;
  return std::span<const std::byte>(bytes_).subspan(head_ + size_prefix, static_cast<std::size_t>(*size));
}

void frame_splitter::pop() {
  if (const auto whole = front()) head_ += size_prefix + whole->size();
}

std::string frame_splitter::broken() const {
  const auto size = announced();
  if (!size) return {};
  if (*size < 0) return "a frame of negative size " + std::to_string(*size);
  if (static_cast<std::size_t>(*size) <= max_frame_) return {};
  // 0x16 0x03 opens a TLS handshake record.
  const std::byte* at = bytes_.data() + head_;
  if (at[0] == std::byte{0x16} && at[1] == std::byte{0x03}) return "a TLS handshake on a plaintext listener";
  return "a frame of " + std::to_string(*size) + " bytes, more than the limit of " + std::to_string(max_frame_);
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
