// lies: what a broker that means harm makes of the bytes it sends.
#include "lies.hpp"

#include <algorithm>
#include <array>

#include "ottla/net/random.hpp"

namespace ottla {
inline namespace v0 {
namespace sim {
namespace {

// What an array, a string, a frame or a batch may claim to be: nothing, null, everything.
constexpr std::array<std::uint32_t, 8> absurd{0x7fffffff, 0xffffffff, 0x80000000, 0,
                                              1,          0x10000000, 0x00ffffff, 0x06400000};

void put(std::vector<std::byte>& piece, std::size_t at, std::uint32_t value) {
  for (std::size_t i = 0; i < 4 && at + i < piece.size(); ++i)
    piece[at + i] = static_cast<std::byte>(value >> (24 - 8 * i));
}

std::vector<std::byte> noise(random_stream& rng, std::size_t most) {
  std::vector<std::byte> out(1 + rng.below(most));
  for (std::byte& one : out) one = static_cast<std::byte>(rng.next());
  return out;
}

}  // namespace

void lie_about(std::vector<std::byte>& piece, std::uint64_t draw) {
  random_stream rng(draw);
  const auto place = [&] { return static_cast<std::ptrdiff_t>(rng.below(piece.size())); };
  switch (rng.below(9)) {
    case 0:  // bits, anywhere
      for (std::uint64_t i = 1 + rng.below(16); i > 0; --i)
        piece[rng.below(piece.size())] ^= static_cast<std::byte>(1u << rng.below(8));
      return;
    case 1:  // bits behind the header: the answer is for the right request, and wrong
      if (piece.size() < 9) return;
      for (std::uint64_t i = 1 + rng.below(8); i > 0; --i)
        piece[8 + rng.below(piece.size() - 8)] ^= static_cast<std::byte>(1u << rng.below(8));
      return;
    case 2:  // the frame's size
      return put(piece, 0, absurd[rng.below(absurd.size())]);
    case 3:  // some length inside
      return put(piece, rng.below(piece.size()), absurd[rng.below(absurd.size())]);
    case 4:
      piece = noise(rng, 3'000);
      return;
    case 5:  // the end is missing, and what follows takes its place
      piece.resize(rng.below(piece.size()) + 1);
      return;
    case 6: {  // the same answer again
      const std::vector<std::byte> again = piece;
      piece.insert(piece.end(), again.begin(), again.end());
      return;
    }
    case 7: {
      const std::vector<std::byte> foreign = noise(rng, 64);
      piece.insert(piece.begin() + place(), foreign.begin(), foreign.end());
      return;
    }
    default: {  // a stretch of zeros
      const auto from = piece.begin() + place();
      std::fill(from, from + std::min<std::ptrdiff_t>(piece.end() - from, 32), std::byte{0});
      return;
    }
  }
}

}  // namespace sim
}  // namespace v0
}  // namespace ottla
