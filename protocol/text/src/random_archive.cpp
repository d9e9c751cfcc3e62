// Where the random values come from.
#include "random_archive.hpp"

#include <array>
#include <bit>

namespace ottla {
inline namespace v0 {
namespace protocol_text {

namespace {
constexpr std::array<std::string_view, 8> characters{
    "a", "Z", "0", "-", "\n", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x90\x9f"};
constexpr std::size_t long_text = 300;  // a compact length of two bytes
}  // namespace

std::int64_t random_archive::integer(std::int64_t low, std::int64_t high) {
  switch (random_.below(6)) {
    case 0:
      return low;
    case 1:
      return high;
    case 2:
      return 0;
    case 3:
      return low < 0 ? -1 : 1;
    default:
      return static_cast<std::int64_t>(random_.next());
  }
}

std::size_t random_archive::array_length(bool of_structs) {
  if (depth_ > 3) return random_.below(2);  // a message, not an avalanche
  if (!of_structs && random_.one_in(20)) return 130;
  return random_.below(4);
}

void random_archive::value(double& out) {
  constexpr std::array<double, 8> edges{0.0,
                                        -0.0,
                                        0.1,
                                        1e300,
                                        -1e-300,
                                        std::numeric_limits<double>::quiet_NaN(),
                                        std::numeric_limits<double>::infinity(),
                                        -std::numeric_limits<double>::infinity()};
  out = edges[random_.below(edges.size())];
}

void random_archive::value(std::string_view& out) {
  const std::size_t count = random_.one_in(30) ? long_text : random_.below(12);
  char* text = memory_.make<char>(count * 4);
  if (text == nullptr) return;
  std::size_t size = 0;
  for (std::size_t i = 0; i < count; ++i) {
    for (const char c : characters[random_.below(characters.size())]) text[size++] = c;
  }
  out = {text, size};
}

void random_archive::value(protocol::bytes_view& out) {
  const std::size_t count = random_.one_in(30) ? long_text : random_.below(12);
  std::byte* bytes = memory_.make<std::byte>(count);
  if (bytes == nullptr) return;
  for (std::size_t i = 0; i < count; ++i) bytes[i] = static_cast<std::byte>(random_.next());
  out = {bytes, count};
}

void random_archive::value(protocol::uuid& out) {
  if (random_.one_in(4)) return;
  for (std::byte& b : out.bytes) b = static_cast<std::byte>(random_.next());
}

/// Numbers far above any that a schema knows.
void random_archive::untagged(protocol::tagged_fields& unknown) {
  if (!random_.one_in(4)) return;
  auto* first = memory_.make<protocol::tagged_field>(2);
  if (first == nullptr) return;
  first[0].tag = 1000 + static_cast<std::uint32_t>(random_.below(1000));
  first[1].tag = 0xffffffff - static_cast<std::uint32_t>(random_.below(1000));
  value(first[0].data);
  unknown = protocol::tagged_fields{first, 1 + random_.below(2)};
}

}  // namespace protocol_text
}  // namespace v0
}  // namespace ottla
