// Reader, writer and arena by themselves.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

#include "hex.hpp"
#include "ottla/protocol/api_key.hpp"
#include "ottla/protocol/error_code.hpp"
#include "ottla/protocol/reader.hpp"
#include "ottla/protocol/writer.hpp"

namespace ottla {
namespace {

using namespace protocol;
using test::bytes_of_hex;
using test::hex_of_bytes;

template <class F>
wire_error error_after(std::string_view hex, F&& act) {
  const auto wire = bytes_of_hex(hex);
  arena memory;
  reader in{wire, memory};
  act(in);
  return in.error();
}

TEST(primitives, numbers_are_big_endian_and_come_back) {
  writer out;
  out.int8(-2);
  out.int16(-3);
  out.int32(0x01020304);
  out.int64(std::numeric_limits<std::int64_t>::min());
  out.float64(-0.0);
  EXPECT_EQ(hex_of_bytes(out.view()),
            "fe"
            "fffd"
            "01020304"
            "8000000000000000"
            "8000000000000000");
  arena memory;
  reader in{out.view(), memory};
  EXPECT_EQ(in.int8(), -2);
  EXPECT_EQ(in.int16(), -3);
  EXPECT_EQ(in.int32(), 0x01020304);
  EXPECT_EQ(in.int64(), std::numeric_limits<std::int64_t>::min());
  EXPECT_TRUE(std::signbit(in.float64()));
  EXPECT_EQ(in.remaining(), 0u);
}

TEST(primitives, varints_reach_their_limits) {
  writer out;
  out.uvarint(0xffffffff);
  out.varint(std::numeric_limits<std::int32_t>::min());
  out.varlong(std::numeric_limits<std::int64_t>::min());
  out.varlong(-1);
  EXPECT_EQ(hex_of_bytes(out.view()),
            "ffffffff0f"
            "ffffffff0f"
            "ffffffffffffffffff01"
            "01");
  arena memory;
  reader in{out.view(), memory};
  EXPECT_EQ(in.uvarint(), 0xffffffffu);
  EXPECT_EQ(in.varint(), std::numeric_limits<std::int32_t>::min());
  EXPECT_EQ(in.varlong(), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(in.varlong(), -1);
  EXPECT_TRUE(in.ok());
}

TEST(primitives, a_varint_with_too_many_bits_is_an_error) {
  EXPECT_EQ(error_after("ffffffff1f", [](reader& in) { in.uvarint(); }), wire_error::bad_varint);
  EXPECT_EQ(error_after("ffffffffff01", [](reader& in) { in.uvarint(); }), wire_error::bad_varint);
  EXPECT_EQ(error_after("ffffffffffffffffff02", [](reader& in) { in.varlong(); }), wire_error::bad_varint);
  EXPECT_EQ(error_after("ffff", [](reader& in) { in.uvarint(); }), wire_error::truncated);
}

TEST(primitives, the_first_error_sticks_and_all_after_it_is_zero) {
  const auto wire = bytes_of_hex("0001");
  arena memory;
  reader in{wire, memory};
  EXPECT_EQ(in.int32(), 0);
  EXPECT_EQ(in.int16(), 0);
  EXPECT_TRUE(in.string().empty());
  in.fail(wire_error::bad_length);
  EXPECT_EQ(in.error(), wire_error::truncated);
  EXPECT_EQ(in.remaining(), 0u);
}

TEST(primitives, null_and_empty_stay_apart) {
  writer out;
  out.nullable_string(std::nullopt);
  out.nullable_string("");
  out.compact_nullable_string(std::nullopt);
  out.compact_nullable_string("");
  out.nullable_bytes(std::nullopt);
  out.compact_nullable_bytes(bytes_view{});
  EXPECT_EQ(hex_of_bytes(out.view()),
            "ffff"
            "0000"
            "00"
            "01"
            "ffffffff"
            "01");
  arena memory;
  reader in{out.view(), memory};
  EXPECT_FALSE(in.nullable_string());
  EXPECT_TRUE(in.nullable_string());
  EXPECT_FALSE(in.compact_nullable_string());
  EXPECT_TRUE(in.compact_nullable_string());
  EXPECT_FALSE(in.nullable_bytes());
  EXPECT_TRUE(in.compact_nullable_bytes());
  EXPECT_TRUE(in.ok());
}

TEST(primitives, lengths_that_cannot_be_are_errors) {
  EXPECT_EQ(error_after("fffe", [](reader& in) { in.nullable_string(); }), wire_error::bad_length);
  EXPECT_EQ(error_after("ffff", [](reader& in) { in.string(); }), wire_error::unexpected_null);
  EXPECT_EQ(error_after("818002", [](reader& in) { in.compact_string(); }), wire_error::bad_length);
  EXPECT_EQ(error_after("fffffffe", [](reader& in) { in.bytes(); }), wire_error::bad_length);
  EXPECT_EQ(error_after("ffffffff0f", [](reader& in) { in.compact_bytes(); }), wire_error::truncated);
  EXPECT_EQ(error_after("000000", [](reader& in) { in.uuid_value(); }), wire_error::truncated);
}

TEST(primitives, every_nan_is_written_as_one) {
  writer out;
  out.float64(-std::numeric_limits<double>::signaling_NaN());
  EXPECT_EQ(hex_of_bytes(out.view()), "7ff8000000000000");
}

TEST(primitives, a_size_is_patched_in_place_and_clear_keeps_the_memory) {
  writer out;
  out.int32(0);
  out.raw(bytes_of_hex("0102"));
  out.patch_int32(0, 2);
  EXPECT_EQ(hex_of_bytes(out.view()), "000000020102");
  const std::byte* memory = out.view().data();
  out.fail(wire_error::too_large, "x");
  out.clear();
  EXPECT_TRUE(out.ok());
  EXPECT_EQ(out.size(), 0u);
  out.int8(1);
  EXPECT_EQ(out.view().data(), memory);
}

TEST(primitives, an_arena_keeps_to_its_limit_and_aligns) {
  arena memory{1000};
  EXPECT_NE(memory.make<char>(3), nullptr);
  auto* number = memory.make<std::uint64_t>(2);
  ASSERT_NE(number, nullptr);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(number) % alignof(std::uint64_t), 0u);
  EXPECT_EQ(number[1], 0u);
  EXPECT_EQ(memory.make<char>(1000), nullptr);
  EXPECT_EQ(memory.make<std::uint64_t>(std::numeric_limits<std::size_t>::max() / 4), nullptr);
  EXPECT_LE(memory.used(), 1000u);
  memory.reset();
  EXPECT_EQ(memory.used(), 0u);
  EXPECT_NE(memory.make<char>(1000), nullptr);
}

TEST(primitives, an_arena_grows_over_many_blocks) {
  arena memory;
  std::string_view first = memory.copy("first");
  for (int i = 0; i < 5000; ++i) ASSERT_NE(memory.allocate(1000, 8), nullptr);
  EXPECT_EQ(first, "first");
  arena moved{std::move(memory)};
  EXPECT_EQ(first, "first");
  EXPECT_GE(moved.used(), 5'000'000u);
}

TEST(primitives, names_of_codes_and_keys_are_those_of_kafka) {
  EXPECT_EQ(name(error_code::unknown_topic_or_partition), "UNKNOWN_TOPIC_OR_PARTITION");
  EXPECT_TRUE(retriable(error_code::unknown_topic_or_partition));
  EXPECT_FALSE(retriable(error_code::topic_authorization_failed));
  EXPECT_FALSE(retriable(error_code{9999}));
  EXPECT_TRUE(name(error_code{9999}).empty());
  EXPECT_FALSE(describe(error_code{9999}).empty());
  EXPECT_EQ(name(api_key::api_versions), "ApiVersions");
  EXPECT_EQ(static_cast<int>(api_key::leader_and_isr), 4);
  EXPECT_TRUE(name(api_key{9999}).empty());
}

}  // namespace
}  // namespace ottla
