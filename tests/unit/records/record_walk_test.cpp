// walk_records: every byte of a records field with its name and offset, and the same judgement as the readers that
// consumers use.
#include "ottla/protocol_text/record_walk.hpp"

#include <gtest/gtest.h>

#include "messages.hpp"
#include "ottla/protocol/message_set.hpp"

namespace ottla::test {
namespace {

using namespace protocol;
using protocol_text::record_part;
using protocol_text::record_walk_error;
using protocol_text::walk_records;
using namespace std::string_literals;

/// "0004 int32 batches[0].length: 80", an inflated part with "*" in front.
std::string line(const record_part& part) {
  std::string out = part.inflated ? "*" : "";
  return out + std::to_string(part.offset) + " " + std::string{part.encoding} + " " + std::string{part.path} + ": " +
         part.value;
}

struct walked {
  explicit walked(const bytes& field, const protocol_text::records_limits& limits = {}) {
    std::size_t covered = 0, inside = 0;
    error = walk_records(
        field,
        [&](const record_part& part) {
          lines.push_back(line(part));
          std::size_t& end = part.inflated ? inside : covered;
          if (!part.inflated) inside = 0;
          EXPECT_EQ(part.offset, end) << lines.back();
          end += part.bytes.size();
          if (!part.inflated) {
            EXPECT_TRUE(std::ranges::equal(part.bytes, bytes_view{field}.subspan(part.offset, part.bytes.size())));
          }
        },
        limits);
    EXPECT_TRUE(error || covered == field.size());
  }
  [[nodiscard]] bool tells(const std::string& what) const { return std::ranges::count(lines, what) == 1; }
  [[nodiscard]] std::string why() const { return error ? error->message() : ""; }

  std::vector<std::string> lines;
  std::optional<record_walk_error> error;
};

bytes letters(std::size_t size) { return noise(7).texty(size); }

/// Two records, the first with a header; `header` names the codec and what else is wanted.
bytes two_records(batch_header header = {}) {
  header.base_offset = 7;
  header.base_timestamp = 1'700'000'000'000;
  static const bytes value = letters(300);
  static const std::vector<header_view> headers{{"lang", as_bytes("en")}, {"", std::nullopt}};
  return make_batch(
      {{.key = as_bytes("k1"), .value = value, .headers = headers},
       {.offset_delta = 1, .timestamp_delta = 5, .key = std::nullopt, .value = bytes_view{}, .headers = {}}},
      header, {.producer_id = 9000, .producer_epoch = 1, .base_sequence = 3});
}

TEST(RecordWalk, NamesEveryByteOfABatchWithItsOffset) {
  const walked seen{two_records()};
  EXPECT_EQ(seen.why(), "");
  for (const std::string& one :
       {"0 int64 batches[0].baseOffset: 7"s, "12 int32 batches[0].partitionLeaderEpoch: -1"s,
        "16 int8 batches[0].magic: 2"s, "21 int16 batches[0].attributes: 0: codec none, create time"s,
        "43 int64 batches[0].producerId: 9000"s, "57 int32 batches[0].records: 2 records"s,
        "61 varint batches[0].records[0].length: 319 bytes"s, "63 int8 batches[0].records[0].attributes: 0"s,
        "65 varint batches[0].records[0].offsetDelta: 0: offset 7"s, "67 bytes batches[0].records[0].key: \"k1\""s,
        "372 varint batches[0].records[0].headers[0].key: 4 bytes"s,
        "373 bytes batches[0].records[0].headers[0].key: \"lang\""s,
        "381 varint batches[0].records[0].headers[1].value: null"s,
        "384 varint batches[0].records[1].timestampDelta: 5: timestamp 1700000000005"s,
        "386 varint batches[0].records[1].key: null"s, "387 varint batches[0].records[1].value: 0 bytes"s})
    EXPECT_TRUE(seen.tells(one)) << one << " is not in\n" << ::testing::PrintToString(seen.lines);
}

TEST(RecordWalk, OfCompressedRecordsTheOffsetsAreThoseOfTheInflatedData) {
  const walked plain{two_records()};
  for (const codec type : compressing) {
    batch_header header;
    header.set_compression(type);
    const bytes batch = two_records(header);
    const walked seen{batch};
    EXPECT_EQ(seen.why(), "") << name(type);
    EXPECT_TRUE(seen.tells("61 "s + std::string{name(type)} + " batches[0].records: 328 bytes when inflated"));
    EXPECT_TRUE(seen.tells("*0 varint batches[0].records[0].length: 319 bytes"));
    EXPECT_TRUE(seen.tells("*6 bytes batches[0].records[0].key: \"k1\""));
    EXPECT_EQ(seen.lines.size(), plain.lines.size() + 1);  // the packed bytes as a whole
  }
}

TEST(RecordWalk, ABatchBehindACompressedOneStandsInTheFieldAgain) {
  batch_header header;
  header.set_compression(codec::zstd);
  const bytes first = two_records(header);
  const walked seen{first + two_records()};
  EXPECT_EQ(seen.why(), "");
  EXPECT_TRUE(seen.tells(std::to_string(first.size()) + " int64 batches[1].baseOffset: 7"));
}

TEST(RecordWalk, AWrongCrcIsToldAndTheWalkGoesOn) {
  bytes batch = two_records();
  batch[68] = std::byte{'2'};
  const walked seen{batch};
  EXPECT_EQ(seen.why(), "");
  EXPECT_NE(seen.lines[4].find(", which is wrong: the bytes have 0x"), std::string::npos) << seen.lines[4];
  EXPECT_EQ(walked{two_records()}.lines[4].find("wrong"), std::string::npos);
}

TEST(RecordWalk, TheBeginningOfABatchAtTheEndIsOnePart) {
  const bytes batch = two_records();
  for (const std::size_t cut : {std::size_t{1}, std::size_t{13}, std::size_t{60}, batch.size() - 1}) {
    const walked seen{batch + bytes(batch.begin(), batch.begin() + static_cast<std::ptrdiff_t>(cut))};
    EXPECT_EQ(seen.why(), "");
    EXPECT_TRUE(seen.tells(std::to_string(batch.size()) +
                           " bytes batches[1]: the beginning of a batch: the field ends in the middle of it"));
  }
}

TEST(RecordWalk, OldMessagesAndWrappersAreWalkedToo) {
  const bytes inner =
      encode({{.offset = 0, .timestamp = 5, .key = copy(as_bytes("k")), .value = bytes{}}, {.offset = 1}});
  const walked seen{encode(wrapper(1, codec::gzip, inner, 40)) + encode(message{.magic = 0, .offset = 41})};
  EXPECT_EQ(seen.why(), "");
  for (const std::string& one :
       {"0 int64 batches[0].offset: 40"s, "17 int8 batches[0].attributes: 1: codec gzip, create time"s,
        "*18 int64 batches[0].messages[0].timestamp: 5"s, "*30 bytes batches[0].messages[0].key: \"k\""s,
        "*61 int32 batches[0].messages[1].key: null"s})
    EXPECT_TRUE(seen.tells(one)) << one << " is not in\n" << ::testing::PrintToString(seen.lines);
  EXPECT_TRUE(seen.lines.back().ends_with("int32 batches[1].value: null")) << seen.lines.back();
}

TEST(RecordWalk, AControlRecordsKeyIsItsType) {
  batch_header header;
  header.attributes = 16 | 32;
  static const bytes commit = from_hex("00000001");
  const walked seen{make_batch({{.key = commit, .value = as_bytes("x")}}, header, {})};
  EXPECT_TRUE(seen.tells("21 int16 batches[0].attributes: 48: codec none, create time, transactional, control"));
  EXPECT_TRUE(seen.tells("66 bytes batches[0].records[0].key: version 0, type 1: commit"))
      << ::testing::PrintToString(seen.lines);
}

TEST(RecordWalk, AFaultIsNamedWithItsOffsetAndField) {
  const bytes good = two_records();
  bytes longer = good;
  longer[62] = std::byte{5};  // the first record's length: 383
  EXPECT_EQ(walked{longer}.why(), "byte 61 (batches[0].records[0]): a record of 383 bytes where 326 are left");
  batch_header header = parse_batch_header(good);
  header.record_count = 3;
  const bytes body(good.begin() + batch_header_size, good.end());
  EXPECT_EQ(walked{seal(header, body)}.why(), "byte 389 (batches[0].records[2]): a record expected, no byte is left");
  header.record_count = 1;
  header.set_compression(codec::lz4);
  EXPECT_EQ(walked{seal_compressed(header, body)}.why(),
            "byte 321 of the inflated data (batches[0]): 7 bytes behind the last record");
}

TEST(RecordWalk, StopsAtTheLimitsOfInflatedBytesAndRecords) {
  batch_header header;
  header.set_compression(codec::gzip);
  const bytes batch = two_records(header);
  EXPECT_EQ(walked(batch + batch, {.inflated_bytes = 656, .records = 4}).why(), "");
  EXPECT_NE(walked(batch + batch, {.inflated_bytes = 655}).why(), "");
  EXPECT_NE(walked(batch + batch, {.records = 3}).why(), "");
}

/// What a consumer's reader says of the first batch, its CRC left aside.
bool readers_accept(const bytes& batch) {
  bytes_view rest = batch;
  decompressor inflater;
  byte_buffer inflated;
  while (!rest.empty()) {
    const auto step = next_batch(rest);
    if (step.kind == next_batch_kind::partial) return true;
    if (step.kind == next_batch_kind::error) return false;
    batch_records records;
    message_set messages;
    const auto error = step.magic == batch_magic
                           ? open_batch(step.bytes, inflater, inflated, records, {}, crc_check::skip)
                           : open_message_set(step.bytes, inflater, inflated, messages, {}, crc_check::skip);
    if (error != record_error::none) return false;
  }
  return true;
}

TEST(RecordWalk, AcceptsWhatTheReadersAcceptAndNothingElse) {
  std::vector<bytes> samples{two_records()};
  for (const codec type : compressing) {
    batch_header header;
    header.set_compression(type);
    samples.push_back(two_records(header));
  }
  const bytes inner = encode({{.magic = 0, .value = letters(40)}, {.magic = 0, .offset = 1}});
  for (const codec type : {codec::gzip, codec::snappy}) samples.push_back(encode(wrapper(0, type, inner, 1)));
  samples.push_back(encode({{.offset = 3, .key = letters(5)}, {.magic = 0, .offset = 4}}));
  noise any(3);
  int accepted = 0, refused = 0;
  for (int i = 0; i < 20'000; ++i) {
    bytes one = samples[any.below(samples.size())];
    for (std::size_t changes = 1 + any.below(2); changes > 0; --changes)
      one[any.below(one.size())] = static_cast<std::byte>(any.below(8) == 0 ? any.next() : any.below(6));
    if (any.below(10) == 0) one.resize(any.below(one.size()));
    const bool good = readers_accept(one);
    const walked seen{one};
    ASSERT_EQ(seen.error.has_value(), !good) << "at run " << i << ": " << seen.why();
    ++(good ? accepted : refused);
  }
  EXPECT_GT(accepted, 2000);
  EXPECT_GT(refused, 2000);
}

}  // namespace
}  // namespace ottla::test
