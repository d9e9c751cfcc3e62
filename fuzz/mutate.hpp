// Blind mutations of bytes, the same from the same seed: for the driver that runs harnesses without libFuzzer.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace ottla::fuzz {

class mutator {
 public:
  explicit mutator(std::uint64_t seed) : state_{seed} {}

  std::uint64_t below(std::uint64_t bound) { return next() % bound; }
  template <class T>
  const T& one_of(const std::vector<T>& all) {
    return all[below(all.size())];
  }

  /// One to four changes; `other` lends pieces. No longer than max_size afterwards, unless it was before.
  void mutate(std::vector<std::uint8_t>& bytes, std::size_t max_size, const std::vector<std::uint8_t>& other) {
    for (std::uint64_t left = 1 + below(4); left > 0; --left) change(bytes, other);
    if (bytes.size() > max_size) bytes.resize(max_size);
  }

 private:
  std::uint64_t next() {  // SplitMix64
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  std::size_t place(std::size_t size) { return static_cast<std::size_t>(below(size + 1)); }

  void change(std::vector<std::uint8_t>& bytes, const std::vector<std::uint8_t>& other) {
    if (bytes.empty()) bytes.push_back(static_cast<std::uint8_t>(next()));
    const std::size_t at = place(bytes.size() - 1);
    const auto from = bytes.begin() + static_cast<std::ptrdiff_t>(at);
    const std::size_t run = 1 + place(std::min<std::size_t>(bytes.size() - at, 32) - 1);
    switch (below(6)) {
      case 0:
        bytes[at] ^= static_cast<std::uint8_t>(1U << below(8));
        break;
      case 1:
        bytes[at] = static_cast<std::uint8_t>(next());
        break;
      case 2:
        bytes.erase(from, from + static_cast<std::ptrdiff_t>(run));
        break;
      case 3:
        bytes.insert(from, run, static_cast<std::uint8_t>(below(3) * 0x7f));
        break;
      case 4:
        overwrite_number(bytes, at);
        break;
      default: {  // the other's beginning up to somewhere, and the rest of this one
        const std::size_t cut = place(other.size());
        std::vector<std::uint8_t> mixed(other.begin(), other.begin() + static_cast<std::ptrdiff_t>(cut));
        mixed.insert(mixed.end(), from, bytes.end());
        bytes = std::move(mixed);
      }
    }
  }

  /// Where lengths and counts may stand: an extreme or a slightly wrong one, 1 to 8 bytes wide.
  void overwrite_number(std::vector<std::uint8_t>& bytes, std::size_t at) {
    constexpr std::uint64_t extremes[] = {0, 1, ~std::uint64_t{0}, 0x7fffffff, 0x80000000, 0xffff, 0x8000};
    const std::uint64_t value = extremes[below(std::size(extremes))] + below(3) - 1;
    const std::size_t width = std::min<std::size_t>(std::size_t{1} << below(4), bytes.size() - at);
    for (std::size_t i = 0; i < width; ++i) bytes[at + i] = static_cast<std::uint8_t>(value >> 8 * (width - 1 - i));
  }

  std::uint64_t state_;
};

}  // namespace ottla::fuzz
