// CRC-32 by table: once per keyed record, and only for those who ask for librdkafka's placement.
#include "partitioner.hpp"

#include <array>

namespace ottla {
inline namespace v0 {
namespace {

constexpr std::array<std::uint32_t, 256> make_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t c = i;
    for (int bit = 0; bit < 8; ++bit) c = (c & 1) != 0 ? 0xedb88320u ^ (c >> 1) : c >> 1;
    table[i] = c;
  }
  return table;
}
constexpr auto table = make_table();

}  // namespace

std::uint32_t crc32_hash(protocol::bytes_view key) {
  std::uint32_t c = 0xffffffff;
  for (std::byte b : key) c = table[(c ^ std::to_integer<std::uint32_t>(b)) & 0xff] ^ (c >> 8);
  return ~c;
}

}  // namespace v0
}  // namespace ottla
