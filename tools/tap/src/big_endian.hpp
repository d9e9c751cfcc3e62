// Integers as they stand on the wire.
#pragma once

#include <cstddef>
#include <cstdint>

#include "ottla/protocol/types.hpp"

namespace ottla {
inline namespace v0 {
namespace tap {

inline std::uint32_t load32(protocol::bytes_view at) {
  std::uint32_t out = 0;
  for (std::size_t i = 0; i < 4; ++i) out = out << 8 | std::to_integer<std::uint32_t>(at[i]);
  return out;
}

inline std::int16_t load16(protocol::bytes_view at) {
  return static_cast<std::int16_t>(std::to_integer<unsigned>(at[0]) << 8 | std::to_integer<unsigned>(at[1]));
}

}  // namespace tap
}  // namespace v0
}  // namespace ottla
