// random: a small generator with named streams, the same on every platform: a new draw in one place reshuffles no
// other.
#pragma once

#include <cstdint>
#include <string_view>

namespace ottla {
inline namespace v0 {

/// splitmix64; a value type, not for secrets.
__extension__ typedef unsigned __int128 uint128;
class random_stream {
 public:
  explicit random_stream(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ull);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
  }
  /// Uniform in [0, bound); 0 for a bound of 0. The bias is below 2^-32 for bounds below 2^32.
  std::uint64_t below(std::uint64_t bound) {
    return bound == 0 ? 0 : static_cast<std::uint64_t>((static_cast<uint128>(next()) * bound) >> 64);
  }
  /// An independent stream for one purpose and index, whatever was drawn here before.
  static random_stream derive(std::uint64_t seed, std::string_view purpose, std::uint64_t index = 0) {
    std::uint64_t h = seed ^ 0xcbf29ce484222325ull;
    for (char c : purpose) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3ull;
    return random_stream(h ^ (index * 0x9e3779b97f4a7c15ull));
  }

 private:
  std::uint64_t state_;
};

}  // namespace v0
}  // namespace ottla
