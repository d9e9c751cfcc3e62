// Batches of magic 2: the example of the command-line contract byte by byte, writing, sealing, reading, and each
// malformed case.
#include "ottla/protocol/record_batch.hpp"

#include <gtest/gtest.h>

#include "batches.hpp"
#include "ottla/protocol/crc32c.hpp"
#include "ottla/protocol/record_reader.hpp"

namespace ottla::test {
namespace {

using namespace protocol;

TEST(RecordBatch, TheHeaderReadsAndWritesBackTheSameBytes) {
  const bytes batch = from_hex(example.substr(0, 122));
  const batch_header header = parse_batch_header(batch);
  EXPECT_EQ(header.base_offset, 7);
  EXPECT_EQ(header.length, 72);
  EXPECT_EQ(header.partition_leader_epoch, 4);
  EXPECT_EQ(header.magic, 2);
  EXPECT_EQ(header.crc, 0x3191bed2U);
  EXPECT_EQ(header.compression(), codec::none);
  EXPECT_EQ(header.timestamps(), timestamp_type::create);
  EXPECT_TRUE(header.transactional());
  EXPECT_FALSE(header.control());
  EXPECT_EQ(header.last_offset_delta, 1);
  EXPECT_EQ(header.base_timestamp, 1'700'000'000'000);
  EXPECT_EQ(header.max_timestamp, 1'700'000'000'005);
  EXPECT_EQ(header.producer_id, 9000);
  EXPECT_EQ(header.producer_epoch, 1);
  EXPECT_EQ(header.base_sequence, 3);
  EXPECT_EQ(header.record_count, 2);
  bytes again(batch_header_size);
  encode_batch_header(again.data(), header);
  EXPECT_EQ(again, batch);
}

TEST(RecordBatch, WritesTheExampleByteForByte) {
  const std::vector<header_view> headers{{"h", as_bytes("\x01")}, {"n", std::nullopt}};
  const std::vector<record_fields> records{
      {.key = as_bytes("k"), .value = std::nullopt, .headers = headers},
      {.offset_delta = 1, .timestamp_delta = 5, .key = std::nullopt, .value = as_bytes("v")}};
  bytes batch = make_batch(records, {.attributes = 16, .base_timestamp = 1'700'000'000'000}, {9000, 1, 3});
  store_big_endian(batch.data(), std::int64_t{7});       // the broker assigns these two,
  store_big_endian(batch.data() + 12, std::int32_t{4});  // outside the CRC
  EXPECT_EQ(batch, from_hex(example));
}

TEST(RecordBatch, ReadsTheExample) {
  const bytes batch = from_hex(example);
  opened opened{batch};
  ASSERT_EQ(opened.error, record_error::none);
  ASSERT_EQ(opened.list.size(), 2U);
  EXPECT_TRUE(same(opened.list[0].key(), as_bytes("k")));
  EXPECT_FALSE(opened.list[0].value().has_value());
  std::vector<std::string> names;
  for (const header_view header : opened.list[0].headers()) names.emplace_back(header.name);
  EXPECT_EQ(names, (std::vector<std::string>{"h", "n"}));
  EXPECT_FALSE(opened.list[1].key().has_value());
  EXPECT_EQ(record_offset(opened.out.header, opened.list[1].offset_delta), 8);
  EXPECT_EQ(record_timestamp(opened.out.header, opened.list[1].timestamp_delta), 1'700'000'000'005);
}

TEST(RecordBatch, StampingAgainGivesTheCrcOfTheNewBytes) {
  for (const std::size_t size : {0U, 1U, 100U, 70'000U}) {
    bytes batch = bytes(batch_header_size) + noise{size}.random(size);
    encode_batch_header(batch.data(), {.attributes = 3, .record_count = 1});
    const sealed_records sealed = seal_records(bytes_view{batch}.subspan(batch_header_size));
    EXPECT_EQ(sealed.crc, crc32c(bytes_view{batch}.subspan(batch_header_size)));
    for (int epoch = 0; epoch < 3; ++epoch) {
      stamp_producer(batch.data(), 1'000'000'007, static_cast<std::int16_t>(epoch), 42, sealed);
      EXPECT_TRUE(batch_crc_matches(batch));
      bytes_view rest = batch;
      EXPECT_EQ(next_batch(rest).kind, next_batch_kind::batch);
    }
    const batch_header header = parse_batch_header(batch);
    EXPECT_EQ(header.producer_id, 1'000'000'007);
    EXPECT_EQ(header.producer_epoch, 2);
    EXPECT_EQ(header.base_sequence, 42);
    EXPECT_EQ(header.partition_leader_epoch, -1);
  }
}

TEST(RecordBatch, OffsetsAndTimestampsWrapAround) {
  const batch_header header{.base_offset = INT64_MAX, .base_timestamp = INT64_MIN};
  EXPECT_EQ(record_offset(header, 1), INT64_MIN);
  EXPECT_EQ(record_timestamp(header, -1), INT64_MAX);
}

TEST(RecordBatch, UnderAppendTimeTheMaxTimestampIsEveryRecords) {
  EXPECT_EQ(record_timestamp({.attributes = 8, .base_timestamp = 5, .max_timestamp = 77}, 3), 77);
}

TEST(RecordWriter, SizesAreExactAtEveryVarintBoundary) {
  for (const std::int64_t edge : {0LL, 63LL, 64LL, 8191LL, 8192LL, 1LL << 20, 1LL << 34, 1LL << 48, 1LL << 62}) {
    for (const std::int64_t delta : {edge, -edge, edge - 1, -edge - 1}) {
      const record_fields record{.timestamp_delta = delta};
      bytes out(64);
      const std::byte* const end = write_record(out.data(), record);
      EXPECT_EQ(static_cast<std::size_t>(end - out.data()), record_size(record));
      EXPECT_EQ(check_records(bytes_view{out}.first(record_size(record)), 1), record_error::none);
      record_data read;
      record_cursor cursor{out, 1};
      ASSERT_TRUE(cursor.next(read));
      EXPECT_EQ(read.timestamp_delta, delta);
    }
  }
}

// Below, at and above each payload where the size field grows, with what makes the guess of its width wrong: headers
// and long deltas.
TEST(RecordWriter, WithoutKnowingTheSizeFirstTheBytesAreTheSame) {
  const bytes big = noise{5}.random(20'000);
  const std::vector<header_view> headers{{"name", bytes_view{big}.first(90)}, {"", std::nullopt}};
  for (const std::size_t around : {0, 32, 64, 128, 8'192, 16'384}) {
    for (std::size_t size = around < 20 ? 0 : around - 20; size < around + 20; ++size) {
      for (const std::int64_t delta : {0LL, 1LL << 40}) {
        for (const std::size_t with : {std::size_t{0}, headers.size()}) {
          const record_fields record{.offset_delta = 300,
                                     .timestamp_delta = delta,
                                     .key = bytes_view{big}.first(size / 2),
                                     .value = bytes_view{big}.first(size - size / 2),
                                     .headers = std::span(headers).first(with)};
          bytes expected(record_size(record));
          write_record(expected.data(), record);
          const std::size_t bound = record_size_bound(record);
          bytes out(bound + 1, std::byte{0xee});
          const std::byte* const end = write_record_in_bound(out.data(), record);
          ASSERT_EQ(out.back(), std::byte{0xee}) << "behind the bound, at a payload of " << size;
          out.resize(static_cast<std::size_t>(end - out.data()));
          ASSERT_EQ(out, expected) << "at a payload of " << size;
        }
      }
    }
  }
}

TEST(RecordWriter, NullEmptyAndFullAreThreeThings) {
  const bytes big = noise{3}.random(20'000);
  const std::vector<header_view> headers{{"", bytes_view{}}, {"same", std::nullopt}, {"same", bytes_view{big}}};
  std::vector<record_fields> records;
  for (const std::optional<bytes_view> key :
       {std::optional<bytes_view>{}, std::optional{bytes_view{}}, std::optional{bytes_view{big}}}) {
    for (const std::optional<bytes_view> value :
         {std::optional<bytes_view>{}, std::optional{bytes_view{}}, std::optional{bytes_view{big}}}) {
      records.push_back(
          {.offset_delta = static_cast<std::int32_t>(records.size()), .key = key, .value = value, .headers = headers});
    }
  }
  for (const codec type : {codec::none, codec::gzip, codec::snappy, codec::lz4, codec::zstd}) {
    batch_header header;
    header.set_compression(type);
    const bytes batch = make_batch(records, header, {-1, -1, -1});
    opened opened{batch};
    ASSERT_EQ(opened.error, record_error::none) << name(type);
    ASSERT_EQ(opened.list.size(), records.size());
    for (std::size_t i = 0; i < records.size(); ++i)
      EXPECT_TRUE(same(opened.list[i], records[i])) << name(type) << ' ' << i;
  }
}

}  // namespace
}  // namespace ottla::test
