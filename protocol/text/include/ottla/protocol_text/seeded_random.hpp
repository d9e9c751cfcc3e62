// A small generator of random numbers whose stream is the same on every machine and compiler.
#pragma once

#include <cstdint>

namespace ottla {
inline namespace v0 {
namespace protocol_text {

/// SplitMix64. Not for secrets.
class seeded_random {
 public:
  explicit seeded_random(std::uint64_t seed) : state_{seed} {}
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  /// 0 ... bound - 1; the bias is of no concern for tests. bound > 0.
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }
  bool one_in(std::uint64_t n) { return below(n) == 0; }

 private:
  std::uint64_t state_;
};

}  // namespace protocol_text
}  // namespace v0
}  // namespace ottla
