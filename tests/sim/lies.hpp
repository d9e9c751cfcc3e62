// lies: what a broker that means harm makes of the bytes it sends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ottla {
inline namespace v0 {
namespace sim {

/// Spoils a piece of a stream of frames; the draw says how: bits, lengths, missing, repeated and foreign bytes.
void lie_about(std::vector<std::byte>& piece, std::uint64_t draw);

}  // namespace sim
}  // namespace v0
}  // namespace ottla
