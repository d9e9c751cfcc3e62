// partitioner: the hashes that other clients compute, so that a key lands where they put it.
#include "partitioner.hpp"

#include <gtest/gtest.h>

#include <string_view>

#include "ottla/partition_for_key.hpp"

namespace ottla {
namespace {

std::int32_t java_murmur2(std::string_view key) { return static_cast<std::int32_t>(murmur2(protocol::as_bytes(key))); }

TEST(partitioner, murmur2_gives_what_java_gives) {
  EXPECT_EQ(java_murmur2("21"), -973932308);
  EXPECT_EQ(java_murmur2("foobar"), -790332482);
  EXPECT_EQ(java_murmur2("a-little-bit-long-string"), -985981536);
  EXPECT_EQ(java_murmur2("a-little-bit-longer-string"), -1486304829);
  EXPECT_EQ(java_murmur2("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8"), -58897971);
  EXPECT_EQ(java_murmur2("abc"), 479470107);
}

TEST(partitioner, murmur2_masks_the_sign_as_java_does) {
  // -973932308 & 0x7fffffff = 1173551340
  EXPECT_EQ(murmur2_partition(protocol::as_bytes("21"), 1000), 1173551340u % 1000);
}

TEST(partitioner, crc32_is_the_one_of_zlib) {
  EXPECT_EQ(crc32_hash(protocol::as_bytes("123456789")), 0xcbf43926u);
  EXPECT_EQ(crc32_hash({}), 0u);
}

TEST(partitioner, fnv1a_takes_the_absolute_value_of_a_signed_rest) {
  // FNV-1a of "a" is 0xe40c292c, as a signed number -468965076.
  EXPECT_EQ(fnv1a_partition(protocol::as_bytes("a"), 10), 6u);
  EXPECT_EQ(fnv1a_partition({}, 10), 5u);  // 0x811c9dc5 = -2128831035
}

TEST(partitioner, a_key_can_be_asked_for_its_partition_without_a_producer) {
  const auto key = protocol::as_bytes("21");
  EXPECT_EQ(partition_for_key(key, 1000), static_cast<std::int32_t>(murmur2_partition(key, 1000)));
  EXPECT_EQ(partition_for_key(key, 7, partitioner_kind::consistent),
            static_cast<std::int32_t>(crc32_partition(key, 7)));
  EXPECT_EQ(partition_for_key(key, 7, partitioner_kind::fnv1a), static_cast<std::int32_t>(fnv1a_partition(key, 7)));
  EXPECT_EQ(partition_for_key(key, 7, partitioner_kind::round_robin), -1);
}

}  // namespace
}  // namespace ottla
