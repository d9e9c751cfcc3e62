// partitioner: hashes of keys as other clients compute them, so that a topic written by both keeps its keys together.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "ottla/protocol/types.hpp"

namespace ottla {
inline namespace v0 {

/// Java's murmur2 with its seed; callers mask the sign bit as Java's toPositive does.
inline std::uint32_t murmur2(protocol::bytes_view key) {
  constexpr std::uint32_t m = 0x5bd1e995;
  const auto at = [&](std::size_t i) { return std::to_integer<std::uint32_t>(key[i]); };
  std::uint32_t h = 0x9747b28c ^ static_cast<std::uint32_t>(key.size());
  std::size_t i = 0;
  for (; i + 4 <= key.size(); i += 4) {
    std::uint32_t k;
    std::memcpy(&k, key.data() + i, 4);
    if constexpr (std::endian::native == std::endian::big) k = __builtin_bswap32(k);
    k *= m;
    k ^= k >> 24;
    k *= m;
    h = (h * m) ^ k;
  }
  switch (key.size() - i) {
    case 3:
      h ^= at(i + 2) << 16;
      [[fallthrough]];
    case 2:
      h ^= at(i + 1) << 8;
      [[fallthrough]];
    case 1:
      h ^= at(i);
      h *= m;
      break;
    default:
      break;
  }
  h ^= h >> 13;
  h *= m;
  h ^= h >> 15;
  return h;
}
inline std::uint32_t murmur2_partition(protocol::bytes_view key, std::uint32_t count) {
  return (murmur2(key) & 0x7fffffff) % count;
}

/// CRC-32 (zlib's polynomial) as librdkafka's "consistent" partitioners use it.
std::uint32_t crc32_hash(protocol::bytes_view key);
inline std::uint32_t crc32_partition(protocol::bytes_view key, std::uint32_t count) { return crc32_hash(key) % count; }

/// FNV-1a, 32 bits, made positive as sarama's hash partitioner does.
inline std::uint32_t fnv1a_partition(protocol::bytes_view key, std::uint32_t count) {
  std::uint32_t h = 0x811c9dc5;
  for (std::byte b : key) h = (h ^ std::to_integer<std::uint32_t>(b)) * 0x01000193;
  const auto as_signed = static_cast<std::int32_t>(h);
  const std::int64_t rest = std::int64_t{as_signed} % std::int64_t{count};
  return static_cast<std::uint32_t>(rest < 0 ? -rest : rest);
}

}  // namespace v0
}  // namespace ottla
