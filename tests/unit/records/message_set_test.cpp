// Message sets of magic 0 and 1: plain messages, wrappers, offsets and timestamps, and each malformed case.
#include "ottla/protocol/message_set.hpp"

#include <gtest/gtest.h>

#include "messages.hpp"

namespace ottla::test {
namespace {

using namespace protocol;

struct reading {
  explicit reading(const bytes& data, const inflate_limits& limits = {}) : memory(data) {
    bytes_view rest = memory;
    const auto step = next_batch(rest);
    EXPECT_EQ(step.kind, next_batch_kind::batch);
    error = open_message_set(step.bytes, inflater, inflated, set, limits);
    if (error != record_error::none) return;
    message_cursor cursor{set};
    for (message_data m; cursor.next(m);) list.push_back(m);
  }

  bytes memory;
  decompressor inflater;
  byte_buffer inflated;
  message_set set;
  record_error error;
  std::vector<message_data> list;
};

constexpr codec wrapping[] = {codec::gzip, codec::snappy, codec::lz4};

TEST(MessageSet, APlainMessageOfMagic0HasNoTimestamp) {
  const reading read{
      encode(message{.magic = 0, .offset = 9, .key = copy(as_bytes("k")), .value = copy(as_bytes("v"))})};
  ASSERT_EQ(read.error, record_error::none);
  EXPECT_EQ(read.set.magic, 0);
  EXPECT_FALSE(read.set.timestamps.has_value());
  ASSERT_EQ(read.list.size(), 1U);
  EXPECT_EQ(read.list[0].offset, 9);
  EXPECT_EQ(read.list[0].timestamp, -1);
  EXPECT_TRUE(same(read.list[0].key, as_bytes("k")));
  EXPECT_TRUE(same(read.list[0].value, as_bytes("v")));
}

TEST(MessageSet, NullAndEmptyAreTwoThings) {
  const reading read{encode(message{.key = bytes{}, .value = std::nullopt})};
  ASSERT_EQ(read.error, record_error::none);
  EXPECT_TRUE(same(read.list[0].key, bytes_view{}));
  EXPECT_FALSE(read.list[0].value.has_value());
}

TEST(MessageSet, UnderMagic0InnerOffsetsAreAbsolute) {
  for (const codec type : wrapping) {
    const bytes inner =
        encode({{.magic = 0, .offset = 40, .value = bytes{}}, {.magic = 0, .offset = 43, .value = bytes{}}});
    const reading read{encode(wrapper(0, type, inner, 43))};
    ASSERT_EQ(read.error, record_error::none) << name(type);
    EXPECT_EQ(read.set.compression, type);
    ASSERT_EQ(read.list.size(), 2U);
    EXPECT_EQ(read.list[0].offset, 40);
    EXPECT_EQ(read.list[1].offset, 43);
  }
}

TEST(MessageSet, UnderMagic1TheWrapperCarriesTheOffsetOfTheLast) {
  for (const codec type : wrapping) {
    const bytes inner =
        encode({{.offset = 0, .timestamp = 5}, {.offset = 2, .timestamp = 6}, {.offset = 3, .timestamp = 7}});
    const reading read{encode(wrapper(1, type, inner, 1003))};
    ASSERT_EQ(read.error, record_error::none) << name(type);
    ASSERT_EQ(read.list.size(), 3U);
    EXPECT_EQ(read.list[0].offset, 1000);
    EXPECT_EQ(read.list[1].offset, 1002);
    EXPECT_EQ(read.list[2].offset, 1003);
    EXPECT_EQ(read.list[2].timestamp, 7);
    EXPECT_EQ(read.set.timestamps, timestamp_type::create);
  }
}

TEST(MessageSet, UnderAppendTimeTheWrappersTimestampIsEveryMessages) {
  message outer = wrapper(1, codec::gzip, encode({{.offset = 0, .timestamp = 5}, {.offset = 1, .timestamp = 6}}), 1);
  outer.attributes |= 8;
  outer.timestamp = 99;
  const reading read{encode(outer)};
  ASSERT_EQ(read.error, record_error::none);
  EXPECT_EQ(read.set.timestamps, timestamp_type::append);
  EXPECT_EQ(read.list[0].timestamp, 99);
  EXPECT_EQ(read.list[1].timestamp, 99);
}

TEST(MessageSet, OffsetsWrapAround) {
  const reading read{encode(wrapper(1, codec::gzip, encode({{.offset = 0}, {.offset = INT64_MIN}}), 5))};
  ASSERT_EQ(read.error, record_error::none);
  EXPECT_EQ(read.list[0].offset, wrapping_subtract(5, INT64_MIN));
  EXPECT_EQ(read.list[1].offset, 5);
}

TEST(MessageSet, TheHistoricLz4ChecksumIsReadUnderMagic0Only) {
  for (const std::int8_t magic : {0, 1}) {
    message outer = wrapper(magic, codec::lz4, encode({{.magic = magic}}));
    (*outer.value)[14] ^= std::byte{0x40};  // the frame states its content size, so HC is the fifteenth byte
    EXPECT_EQ(reading{encode(outer)}.error, magic == 0 ? record_error::none : record_error::compressed_malformed);
  }
}

TEST(MessageSet, EveryFlippedBitBehindTheCrcIsSeen) {
  const bytes good = encode(message{.key = copy(as_bytes("key")), .value = copy(as_bytes("value"))});
  for (std::size_t bit = 8 * 17; bit < 8 * good.size(); ++bit) {
    bytes damaged = good;
    damaged[bit / 8] ^= static_cast<std::byte>(1 << (bit % 8));
    EXPECT_EQ(reading{damaged}.error, record_error::crc_mismatch);
  }
}

TEST(MessageSet, AnInnerCrcThatIsWrongIsAnError) {
  bytes inner = encode({{.offset = 0, .value = copy(as_bytes("one"))}, {.offset = 1, .value = copy(as_bytes("two"))}});
  inner.back() ^= std::byte{1};
  EXPECT_EQ(reading{encode(wrapper(1, codec::gzip, inner))}.error, record_error::crc_mismatch);
}

TEST(MessageSet, ZstdAndUnknownCodecsAreRefused) {
  for (const std::int8_t magic : {0, 1}) {
    for (const int type : {4, 5, 6, 7}) {
      EXPECT_EQ(reading{encode(message{.magic = magic, .attributes = type, .value = bytes(10)})}.error,
                record_error::codec_unknown);
    }
  }
}

TEST(MessageSet, AWrapperHoldsPlainMessagesOnly) {
  const bytes plain = encode(message{});
  const auto error_of = [](const message& outer) { return reading{encode(outer)}.error; };
  EXPECT_EQ(error_of(wrapper(1, codec::gzip, encode(wrapper(1, codec::gzip, plain)))), record_error::wrapper_invalid);
  EXPECT_EQ(error_of(wrapper(1, codec::gzip, {})), record_error::wrapper_invalid);
  EXPECT_EQ(error_of({.attributes = 1}), record_error::wrapper_invalid);
  EXPECT_EQ(error_of({.attributes = 1, .value = bytes{}}), record_error::compressed_empty);
  EXPECT_EQ(error_of(wrapper(1, codec::gzip, plain + seal({}, {}))), record_error::wrapper_invalid);
  EXPECT_EQ(error_of(wrapper(1, codec::gzip, plain + bytes(5))), record_error::bytes_after_records);
  EXPECT_EQ(error_of(wrapper(1, codec::gzip, plain + bytes(12))), record_error::batch_length_invalid);
  bytes strange = encode(message{});
  strange[16] = std::byte{3};
  EXPECT_EQ(error_of(wrapper(1, codec::gzip, strange)), record_error::magic_unknown);
}

TEST(MessageSet, AWrapperMayMixBothMagicsAsJavaReadsThem) {
  const bytes inner = encode({{.magic = 0, .offset = 0, .value = bytes{}}, {.magic = 1, .offset = 1, .timestamp = 5}});
  const reading relative{encode(wrapper(1, codec::gzip, inner, 11))};
  ASSERT_EQ(relative.error, record_error::none);
  EXPECT_EQ(relative.list[0].offset, 10);
  EXPECT_EQ(relative.list[0].timestamp, -1);
  EXPECT_EQ(relative.list[1].timestamp, 5);
  const reading absolute{encode(wrapper(0, codec::gzip, inner, 11))};
  ASSERT_EQ(absolute.error, record_error::none);
  EXPECT_EQ(absolute.list[0].offset, 0);
  EXPECT_EQ(absolute.list[1].timestamp, 5);
}

TEST(MessageSet, TheCapHoldsForWrappers) {
  const message outer = wrapper(1, codec::gzip, encode(message{.value = bytes(100'000)}));
  EXPECT_EQ(reading(encode(outer), {.max_bytes = 100'034}).error, record_error::none);
  EXPECT_EQ(reading(encode(outer), {.max_bytes = 100'033}).error, record_error::inflated_too_large);
}

TEST(MessageSet, KeyAndValueHaveToFillTheMessage) {
  const bytes front0 = from_hex("0000"), front1 = from_hex("01000000000000000005");
  struct {
    const char* why;
    bytes hashed;
    record_error error;
  } cases[] = {
      {"both null", front0 + from_hex("ffffffffffffffff"), record_error::none},
      {"lengths below -1 are null", front0 + from_hex("80000000fffffffe"), record_error::none},
      {"the key is too long", front0 + from_hex("00000005ffffffff"), record_error::record_malformed},
      {"the key hides the value", front0 + from_hex("00000004ffffffff"), record_error::record_malformed},
      {"the value is too long", front0 + from_hex("ffffffff00000001"), record_error::record_malformed},
      {"bytes are left", front0 + from_hex("ffffffff0000000001"), record_error::record_malformed},
      {"the key is huge", front0 + from_hex("7fffffffffffffff"), record_error::record_malformed},
      {"magic 1, both null", front1 + from_hex("ffffffffffffffff"), record_error::none},
      {"magic 1 without its timestamp", from_hex("0100ffffffffffffffff"), record_error::record_malformed},
      {"magic 1 without its value", front1 + from_hex("ffffffff"), record_error::record_malformed},
  };
  for (const auto& c : cases) EXPECT_EQ(reading{framed(0, c.hashed)}.error, c.error) << c.why;
}

}  // namespace
}  // namespace ottla::test
