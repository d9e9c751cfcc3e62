// Names of the codecs and the cap on what a batch may inflate to.
#include "ottla/protocol/compression.hpp"

#include <algorithm>
#include <array>

namespace ottla {
inline namespace v0 {
namespace protocol {
namespace {

constexpr std::array<std::string_view, 5> names{"none", "gzip", "snappy", "lz4", "zstd"};

}  // namespace

std::string_view name(codec type) noexcept { return names[static_cast<std::size_t>(type)]; }

std::optional<codec> codec_from_name(std::string_view text) noexcept {
  const auto found = std::find(names.begin(), names.end(), text);
  if (found == names.end()) return std::nullopt;
  return static_cast<codec>(found - names.begin());
}

std::size_t inflate_limits::cap(std::size_t input_size) const noexcept {
  if (max_ratio == 0 || input_size >= max_bytes / max_ratio) return max_bytes;
  return std::min(max_bytes, std::max(ratio_floor, input_size * max_ratio));
}

}  // namespace protocol
}  // namespace v0
}  // namespace ottla
