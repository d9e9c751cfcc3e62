// Finding batches, opening them, and each malformed case.
#include "ottla/protocol/record_reader.hpp"

#include <gtest/gtest.h>

#include "batches.hpp"

namespace ottla::test {
namespace {

using namespace protocol;

TEST(NextBatch, TheEndIsEmptyPartialOrExact) {
  const bytes two = from_hex(example) + from_hex(example);
  for (std::size_t size = 0; size <= two.size(); ++size) {
    bytes_view rest = bytes_view{two}.first(size);
    std::size_t batches = 0;
    auto step = next_batch(rest);
    for (; step.kind == next_batch_kind::batch; step = next_batch(rest)) ++batches;
    ASSERT_EQ(batches, size / (two.size() / 2));
    ASSERT_EQ(rest.size(), size % (two.size() / 2));
    ASSERT_EQ(step.kind, rest.empty() ? next_batch_kind::end : next_batch_kind::partial) << size;
  }
}

record_error first_error(const bytes& data) {
  bytes_view rest = data;
  const auto step = next_batch(rest);
  EXPECT_EQ(rest.size(), data.size());
  EXPECT_EQ(step.kind == next_batch_kind::error, step.error != record_error::none);
  return step.error;
}

TEST(NextBatch, AShortLengthFieldIsAnErrorAsSoonAsItIsSeen) {
  EXPECT_EQ(first_error(from_hex("00000000000000000000000d")), record_error::batch_length_invalid);
  EXPECT_EQ(first_error(from_hex("0000000000000000ffffffff")), record_error::batch_length_invalid);
  EXPECT_EQ(first_error(from_hex("00000000000000000000000e")), record_error::none);
  EXPECT_EQ(first_error(from_hex("0000000000000000"
                                 "7fffffff"
                                 "ffffffff"
                                 "02")),
            record_error::none);
}

TEST(NextBatch, ABatchOfMagic2NeedsItsWholeHeader) {
  bytes data(61);
  data[16] = std::byte{2};
  data[11] = std::byte{48};
  EXPECT_EQ(first_error(data), record_error::batch_length_invalid);
  data[11] = std::byte{49};
  bytes_view rest = data;
  EXPECT_EQ(next_batch(rest).kind, next_batch_kind::batch);
  data[16] = std::byte{1};
  data[11] = std::byte{48};
  rest = data;
  EXPECT_EQ(next_batch(rest).magic, 1);
}

TEST(NextBatch, AnUnknownMagicIsAnErrorOfWholeBatchesOnly) {
  bytes data(61);
  data[11] = std::byte{49};
  for (const int magic : {3, 127, 128, 255}) {
    data[16] = static_cast<std::byte>(magic);
    EXPECT_EQ(first_error(data), record_error::magic_unknown);
    bytes_view rest = bytes_view{data}.first(60);
    EXPECT_EQ(next_batch(rest).kind, next_batch_kind::partial);
  }
}

TEST(OpenBatch, EveryFlippedBitBehindTheCrcIsSeen) {
  const bytes batch = from_hex(example);
  for (std::size_t bit = 8 * 17; bit < 8 * batch.size(); ++bit) {
    bytes damaged = batch;
    damaged[bit / 8] ^= static_cast<std::byte>(1 << (bit % 8));
    EXPECT_EQ(opened{damaged}.error, record_error::crc_mismatch) << bit;
  }
}

TEST(OpenBatch, UnknownCodecsAreNamedAndNotGuessed) {
  for (const int unknown : {5, 6, 7}) {
    batch_header header = {.attributes = static_cast<std::int16_t>(unknown), .record_count = 1};
    EXPECT_EQ(opened{seal(header, from_hex("0c00000001010000"))}.error, record_error::codec_unknown);
  }
}

TEST(OpenBatch, ACountOfZeroIsNotTestedAgainstTheRest) {
  for (const std::int16_t attributes : {0, 1, 2, 3, 4}) {
    for (const char* rest : {"", "00ff"}) {
      opened opened{seal({.attributes = attributes, .last_offset_delta = 9}, from_hex(rest))};
      EXPECT_EQ(opened.error, record_error::none);
      EXPECT_TRUE(opened.list.empty());
      EXPECT_EQ(opened.out.header.last_offset_delta, 9);
    }
  }
}

TEST(OpenBatch, TheCountMustBeTheNumberOfRecordsThatAreThere) {
  const bytes record = from_hex("0c000000010100");
  EXPECT_EQ(opened(seal({.record_count = 1}, record)).error, record_error::none);
  EXPECT_EQ(opened(seal({.record_count = -1}, record)).error, record_error::record_count_invalid);
  EXPECT_EQ(opened(seal({.record_count = 2}, record)).error, record_error::record_count_invalid);
  EXPECT_EQ(opened(seal({.record_count = INT32_MAX}, record)).error, record_error::record_count_invalid);
  EXPECT_EQ(opened(seal({.record_count = 1}, record + record)).error, record_error::bytes_after_records);
  EXPECT_EQ(opened(seal({.record_count = 1}, record + from_hex("00"))).error, record_error::bytes_after_records);
}

TEST(OpenBatch, CompressedBytesThatAreBrokenOrMissingAreErrors) {
  for (const std::int16_t type : {1, 2, 3, 4}) {
    EXPECT_EQ(opened(seal({.attributes = type, .record_count = 1}, {})).error, record_error::compressed_empty);
    EXPECT_NE(opened(seal({.attributes = type, .record_count = 1}, from_hex("ffff"))).error, record_error::none);
  }
}

// Records that have to be refused: what is wrong with each, and its bytes.
struct bad_record {
  const char* why;
  const char* hex;
};
constexpr bad_record bad_records[] = {
    {"the size goes beyond the batch", "0e000000010100"},
    {"the size is negative", "01000000010100"},
    {"the size ends early", "0a000000010100"},
    {"the size is zero", "00"},
    {"the size's varint is too long", "8c8080808000000000010100"},
    {"the size's varint is cut", "8c"},
    {"the body is attributes only", "0200"},
    {"the timestamp's varint is too long",
     "22"
     "00"
     "8080808080808080808000"
     "00"
     "010100"},
    {"the timestamp's varint is cut",
     "04"
     "0080"},
    {"the offset's varint is too long",
     "16"
     "00"
     "00"
     "808080808000"
     "010100"},
    {"the key goes beyond the record",
     "0e"
     "00"
     "00"
     "00"
     "0601"
     "0100"},
    {"the key's size is huge",
     "16"
     "00"
     "00"
     "00"
     "feffffff0f"
     "010000"
     "00"},
    {"the key's varint is too long",
     "16"
     "00"
     "00"
     "00"
     "818080808000"
     "0100"},
    {"the key is missing",
     "06"
     "00"
     "00"
     "00"},
    {"the value goes beyond the record",
     "0e"
     "00"
     "00"
     "00"
     "01"
     "04aa"
     "00"},
    {"the value is missing",
     "08"
     "00"
     "00"
     "00"
     "01"},
    {"the header count is missing",
     "0a"
     "00"
     "00"
     "00"
     "01"
     "01"},
    {"the header count is negative",
     "0c"
     "00"
     "00"
     "00"
     "01"
     "01"
     "01"},
    {"the header count is too high",
     "0c"
     "00"
     "00"
     "00"
     "01"
     "01"
     "02"},
    {"the header count is huge",
     "14"
     "00"
     "00"
     "00"
     "01"
     "01"
     "feffffff0f"},
    {"bytes are left behind the headers",
     "0e"
     "00"
     "00"
     "00"
     "01"
     "01"
     "00"
     "00"},
    {"a header's name is null",
     "10"
     "00"
     "00"
     "00"
     "01"
     "01"
     "02"
     "0101"},
    {"a header's name goes beyond the record",
     "10"
     "00"
     "00"
     "00"
     "01"
     "01"
     "02"
     "0461"},
    {"a header's value goes beyond the record",
     "12"
     "00"
     "00"
     "00"
     "01"
     "01"
     "02"
     "0261"
     "02"},
    {"a header's value is missing",
     "10"
     "00"
     "00"
     "00"
     "01"
     "01"
     "02"
     "0261"},
};

TEST(OpenBatch, RecordsWhoseSizesDoNotFitAreErrors) {
  const bytes good = from_hex("4c000000010140") + bytes(32);
  for (const bad_record& bad : bad_records) {
    // Alone, and with so many bytes behind that only the record's own size can tell.
    const auto alone = check_records(from_hex(bad.hex), 1);
    EXPECT_TRUE(alone == record_error::record_malformed) << bad.why << ": " << describe(alone);
    EXPECT_NE(check_records(from_hex(bad.hex) + good, 2), record_error::none) << bad.why;
    bytes packed = from_hex("0c000000010100") + from_hex(bad.hex);
    for (const codec type : {codec::gzip, codec::zstd}) {
      batch_header header{.record_count = 2};
      header.set_compression(type);
      EXPECT_EQ(opened(seal_compressed(header, packed)).error, record_error::record_malformed) << bad.why;
    }
  }
}

// What the Java client reads, we read, and in the same way.
TEST(OpenBatch, OddButReadableRecordsHaveNullKeyAndValue) {
  const bad_record odd_records[] = {{"attributes that are set", "0cff0000010100"},
                                    {"lengths below -1", "0c000000030500"},
                                    {"varints longer than needed",
                                     "9600"
                                     "00"
                                     "8000"
                                     "8000"
                                     "8100"
                                     "8100"
                                     "8000"},
                                    {"bits above the 32nd",
                                     "14"
                                     "00"
                                     "00"
                                     "00"
                                     "8180808070"
                                     "01"
                                     "00"}};
  for (const bad_record& odd : odd_records) {
    const bytes data = from_hex(odd.hex);
    ASSERT_EQ(check_records(data, 1), record_error::none) << odd.why;
    record_data read;
    record_cursor cursor{data, 1};
    ASSERT_TRUE(cursor.next(read));
    EXPECT_FALSE(read.key().has_value()) << odd.why;
    EXPECT_FALSE(read.value().has_value()) << odd.why;
    EXPECT_EQ(read.header_count, 0) << odd.why;
  }
}

TEST(OpenBatch, DamagedRecordsAreRefusedOrWalkableButNeverReadOutOfBounds) {
  noise random{21};
  const std::vector<header_view> headers{{"trace", as_bytes("0123456789")}, {"n", std::nullopt}};
  std::vector<record_fields> records;
  for (int i = 0; i < 4; ++i)
    records.push_back({.offset_delta = i,
                       .timestamp_delta = i * 100,
                       .key = as_bytes("key"),
                       .value = as_bytes("some value"),
                       .headers = headers});
  const bytes good = copy(bytes_view{make_batch(records, {}, {-1, -1, -1})}.subspan(batch_header_size));
  std::size_t accepted = 0;
  for (int i = 0; i < 200'000; ++i) {
    bytes damaged = good;
    for (std::size_t flips = 1 + random.below(2); flips != 0; --flips)
      damaged[random.below(damaged.size())] = static_cast<std::byte>(random.next());
    const auto cut = static_cast<std::ptrdiff_t>(random.below(2) * random.below(20));
    damaged = bytes(damaged.begin(), damaged.end() - cut);  // without slack behind it, so that ASan sees a step too far
    std::vector<record_data> decoded(4);
    const auto verdict = check_records(damaged, 4);
    ASSERT_EQ(decode_records(damaged, decoded), verdict);
    if (verdict != record_error::none) continue;
    ++accepted;
    const std::byte* const end = damaged.data() + damaged.size();
    record_cursor cursor{damaged, 4};
    const auto inside = [&](const std::optional<bytes_view>& view) {
      return !view || view->data() + view->size() <= end;
    };
    std::size_t index = 0;
    for (record_data read; cursor.next(read);) {
      const record_data& slab = decoded[index++];
      ASSERT_TRUE(slab.key_data == read.key_data && slab.key_size == read.key_size);
      ASSERT_TRUE(slab.value_data == read.value_data && slab.value_size == read.value_size);
      ASSERT_TRUE(slab.headers_data == read.headers_data && slab.header_count == read.header_count);
      ASSERT_TRUE(slab.offset_delta == read.offset_delta && slab.timestamp_delta == read.timestamp_delta);
      ASSERT_TRUE(inside(read.key()) && inside(read.value()));
      for (const header_view header : read.headers())
        ASSERT_TRUE(inside(as_bytes(header.name)) && inside(header.value));
    }
  }
  EXPECT_GT(accepted, 1'000U);
}

// Not every producer numbers its records from 0, and compaction leaves gaps.
TEST(check_records, tells_whether_offsets_follow_each_other) {
  const auto dense = [](std::vector<std::int32_t> deltas) {
    bytes out;
    for (const std::int32_t delta : deltas) {
      record_fields fields;
      fields.offset_delta = delta;
      const std::size_t size = record_size(record_body_size(fields));
      const std::size_t at = out.size();
      out.resize(at + size);
      write_record(out.data() + at, fields, record_body_size(fields));
    }
    bool found = false;
    EXPECT_EQ(check_records(out, static_cast<std::int32_t>(deltas.size()), found), record_error::none);
    return found;
  };
  EXPECT_TRUE(dense({0, 1, 2, 3}));
  EXPECT_TRUE(dense({0}));
  EXPECT_FALSE(dense({0, 2, 3}));
  EXPECT_FALSE(dense({1, 2, 3}));
  EXPECT_FALSE(dense({0, 0, 0}));
  EXPECT_FALSE(dense({0, 0, 2})) << "although it ends where it should";
}

}  // namespace
}  // namespace ottla::test
