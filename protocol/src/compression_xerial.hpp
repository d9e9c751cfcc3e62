// The framing that snappy-java puts around snappy blocks, and that Kafka's Java client writes and expects.
#pragma once

#include <array>
#include <cstddef>

namespace ottla {
inline namespace v0 {
namespace protocol {
namespace xerial {

//   82 'S' 'N' 'A' 'P' 'P' 'Y' 00 | version = 1 | oldest reader's version = 1 | { int32 length | snappy block } ...
// The first four bytes are negative as a length, so a second such header in front of a chunk (concatenated streams) is
// told from a chunk.
inline constexpr std::array<unsigned char, 16> header{0x82, 'S', 'N', 'A', 'P', 'P', 'Y', 0, 0, 0, 0, 1, 0, 0, 0, 1};
inline constexpr std::size_t magic_size = 8;

// snappy-java's default; its readers take any size, but allocate per chunk.
inline constexpr std::size_t chunk_size = 32 * 1024;

}  // namespace xerial
}  // namespace protocol
}  // namespace v0
}  // namespace ottla
