// Recomputes the header checksum of an lz4 frame.
#include "compression_lz4_historic.hpp"

#include <bit>
#include <cstring>

namespace ottla {
inline namespace v0 {
namespace protocol {
namespace {

constexpr std::array<unsigned char, 4> frame_magic{0x04, 0x22, 0x4d, 0x18};
constexpr std::size_t magic_size = 4;
constexpr unsigned content_size_flag = 8;
constexpr unsigned dictionary_flag = 1;

std::uint32_t little_endian_word(bytes_view bytes) {
  std::uint32_t word = 0;
  for (std::size_t i = 0; i < 4; ++i) word |= std::to_integer<std::uint32_t>(bytes[i]) << (8 * i);
  return word;
}

}  // namespace

std::uint32_t xxh32_short(bytes_view bytes) noexcept {
  constexpr std::uint32_t prime1 = 2654435761U, prime2 = 2246822519U, prime3 = 3266489917U, prime4 = 668265263U,
                          prime5 = 374761393U;
  std::uint32_t hash = prime5 + static_cast<std::uint32_t>(bytes.size());
  for (; bytes.size() >= 4; bytes = bytes.subspan(4)) {
    hash = std::rotl(hash + little_endian_word(bytes) * prime3, 17) * prime4;
  }
  for (const std::byte byte : bytes)
    hash = std::rotl(hash + std::to_integer<std::uint32_t>(byte) * prime5, 11) * prime1;
  hash = (hash ^ (hash >> 15)) * prime2;
  hash = (hash ^ (hash >> 13)) * prime3;
  return hash ^ (hash >> 16);
}

lz4_header repaired_lz4_header(bytes_view frame) noexcept {
  lz4_header header;
  if (frame.size() < magic_size + 3 || std::memcmp(frame.data(), frame_magic.data(), magic_size) != 0) return header;
  const auto flags = std::to_integer<unsigned>(frame[magic_size]);
  const std::size_t size =
      magic_size + 3 + ((flags & content_size_flag) != 0 ? 8U : 0U) + ((flags & dictionary_flag) != 0 ? 4U : 0U);
  if (frame.size() < size) return header;
  std::memcpy(header.bytes.data(), frame.data(), size);
  header.size = size;
  const bytes_view descriptor = header.view().subspan(magic_size, size - magic_size - 1);
  header.bytes[size - 1] = static_cast<std::byte>(xxh32_short(descriptor) >> 8);
  return header;
}

}  // namespace protocol
}  // namespace v0
}  // namespace ottla
