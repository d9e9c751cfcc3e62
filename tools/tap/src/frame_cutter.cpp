// Cuts one direction of a connection into frames, and knows what is none.
#include "frame_cutter.hpp"

#include <algorithm>

#include "big_endian.hpp"

namespace ottla {
inline namespace v0 {
namespace tap {
namespace {

constexpr std::size_t keep_capacity = 1 << 20;  // a buffer that one large frame has grown is given back

}  // namespace

std::size_t frame_cutter::take(protocol::bytes_view bytes) {
  const std::size_t for_prefix = std::min(bytes.size(), prefix_.size() - prefix_filled_);
  std::copy_n(bytes.begin(), for_prefix, prefix_.begin() + static_cast<std::ptrdiff_t>(prefix_filled_));
  prefix_filled_ += for_prefix;
  if (!sized()) return for_prefix;
  if (for_prefix != 0) size_ = load32(prefix_);
  const std::size_t for_body = std::min(bytes.size() - for_prefix, size_ - passed_);
  passed_ += for_body;
  const std::size_t kept_now = std::min(for_body, to_keep() - kept_.size());
  const auto body = bytes.subspan(for_prefix, kept_now);
  kept_.insert(kept_.end(), body.begin(), body.end());
  return for_prefix + for_body;
}

void frame_cutter::next() {
  prefix_filled_ = size_ = passed_ = 0;
  kept_.clear();
  if (kept_.capacity() > keep_capacity) std::vector<std::byte>().swap(kept_);
}

std::size_t frame_cutter::to_keep() const { return oversized() ? std::min(head_kept, largest_kept_) : size_; }

std::string_view frame_cutter::trouble() const {
  if (!sized()) return {};
  const auto top = static_cast<std::uint32_t>(size_) >> 16;
  // A TLS record begins with its type, 20 to 23, and version 3.x: as a size that is 320 MiB and more.
  if (top >= 0x1403 && top <= 0x1703 && (top & 0xff) == 0x03)
    return "TLS, which the tap cannot look into: put it between a client and a listener that speak without "
           "(security.protocol=plaintext or sasl_plaintext)";
  switch (size_) {
    case 0x48545450:  // "HTTP"
    case 0x47455420:  // "GET "
    case 0x504f5354:  // "POST"
    case 0x48454144:  // "HEAD"
      return "HTTP, not Kafka's protocol";
    case 0x5353482d:  // "SSH-"
      return "SSH, not Kafka's protocol";
    default:
      return size_ > 0x7fffffff ? "a frame of negative size, so this is not Kafka's protocol" : std::string_view{};
  }
}

}  // namespace tap
}  // namespace v0
}  // namespace ottla
