// CRC-32C: published vectors, every implementation against the portable one, and combine against the whole.
#include "ottla/protocol/crc32c.hpp"

#include <gtest/gtest.h>

#include "bytes.hpp"

namespace ottla::test {
namespace {

using namespace protocol;

std::uint32_t bitwise(bytes_view data) {
  std::uint32_t state = ~0U;
  for (const std::byte byte : data) {
    state ^= std::to_integer<std::uint32_t>(byte);
    for (int i = 0; i < 8; ++i) state = (state >> 1) ^ ((state & 1) != 0 ? 0x82f63b78U : 0U);
  }
  return ~state;
}

TEST(Crc32c, KnownVectorsOfRfc3720) {
  EXPECT_EQ(crc32c(as_bytes("123456789")), 0xe3069283U);
  EXPECT_EQ(crc32c(bytes(32, std::byte{0})), 0x8a9136aaU);
  EXPECT_EQ(crc32c(bytes(32, std::byte{0xff})), 0x62a8ab43U);
  bytes rising;
  for (int i = 0; i < 32; ++i) rising.push_back(static_cast<std::byte>(i));
  EXPECT_EQ(crc32c(rising), 0x46dd794eU);
  EXPECT_EQ(crc32c({}), 0U);
}

TEST(Crc32c, EveryVariantAgreesAtEveryLengthAndAlignment) {
  const bytes data = noise{1}.random(3400);
  for (const auto& variant : crc32c_variants()) {
    for (std::size_t start = 0; start < 9; ++start) {
      for (std::size_t size = 0; size <= 400; ++size) {
        const bytes_view part{data.data() + start, size};
        ASSERT_EQ(~variant.update(~0U, part.data(), part.size()), bitwise(part))
            << variant.name << ' ' << start << ' ' << size;
      }
    }
    for (std::size_t size = 400; size <= data.size(); size += 37) {
      ASSERT_EQ(~variant.update(~0U, data.data(), size), bitwise({data.data(), size})) << variant.name << ' ' << size;
    }
  }
}

TEST(Crc32c, EveryVariantAgreesOnLongRuns) {
  const bytes data = noise{2}.random(1 << 20);
  const auto& portable = crc32c_variants().front();
  for (const auto& variant : crc32c_variants()) {
    for (const std::size_t size : {12287U, 12288U, 12289U, 24576U, 65536U, 1000003U, 1U << 20}) {
      ASSERT_EQ(variant.update(17, data.data(), size), portable.update(17, data.data(), size))
          << variant.name << ' ' << size;
    }
  }
}

TEST(Crc32c, EveryVariantMultipliesAlike) {
  noise random{3};
  const auto& portable = crc32c_variants().front();
  for (int i = 0; i < 2000; ++i) {
    const auto a = static_cast<std::uint32_t>(random.next());
    const auto b = static_cast<std::uint32_t>(random.next());
    for (const auto& variant : crc32c_variants())
      ASSERT_EQ(variant.multiply(a, b), portable.multiply(a, b)) << variant.name;
  }
}

TEST(Crc32c, ASeedContinuesAnEarlierCrc) {
  const bytes data = noise{4}.random(1000);
  for (std::size_t cut = 0; cut <= data.size(); cut += 13) {
    const bytes_view all{data};
    EXPECT_EQ(crc32c(all.subspan(cut), crc32c(all.first(cut))), crc32c(all));
  }
}

TEST(Crc32c, CombineGivesTheCrcOfBothPartsOneBehindTheOther) {
  const bytes data = noise{5}.random(100'000);
  const bytes_view all{data};
  for (const std::size_t cut : {0U, 1U, 7U, 40U, 41U, 1000U, 65536U, 99'999U, 100'000U}) {
    const auto a = crc32c(all.first(cut));
    const auto b = crc32c(all.subspan(cut));
    EXPECT_EQ(crc32c_combine(a, b, data.size() - cut), crc32c(all)) << cut;
    EXPECT_EQ(crc32c_shifted(a, crc32c_shift(data.size() - cut)) ^ b, crc32c(all)) << cut;
  }
}

TEST(Crc32c, CombineWithNothingChangesNothing) { EXPECT_EQ(crc32c_combine(0x12345678, 0, 0), 0x12345678U); }

}  // namespace
}  // namespace ottla::test
