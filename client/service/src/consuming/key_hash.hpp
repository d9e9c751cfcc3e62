// key_hash: keys as numbers, for lanes and for what is known of keys. Equal numbers count as one key.
#pragma once

#include <cstdint>

#include "ottla/record.hpp"

namespace ottla {
inline namespace v0 {

inline std::uint64_t key_hash(protocol::bytes_view key) {  // FNV-1a, finished so that its low bits are as good as any
  std::uint64_t h = 0xcbf29ce484222325ull;
  for (std::byte one : key) h = (h ^ std::to_integer<std::uint64_t>(one)) * 0x100000001b3ull;
  return (h ^ (h >> 32)) * 0x9e3779b97f4a7c15ull >> 32;
}

}  // namespace v0
}  // namespace ottla
