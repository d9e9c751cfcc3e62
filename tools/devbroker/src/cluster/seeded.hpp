// Numbers out of a seed (splitmix64): the only source of chance in the dev broker.
#pragma once
#include <cstdint>

namespace ottla {
inline namespace v0 {
namespace mock {

class seeded {
 public:
  explicit seeded(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15u;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  /// A stream of its own, so that a draw more in one place does not move all others.
  seeded stream(std::uint64_t name) const { return seeded(state_ ^ (name * 0xd6e8feb86659fd93u)); }

 private:
  std::uint64_t state_;
};

}  // namespace mock
}  // namespace v0
}  // namespace ottla
