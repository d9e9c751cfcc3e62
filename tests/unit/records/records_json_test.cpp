// `ottla wire records`: the contract's example, what each kind of batch shows, its errors and its limits.
#include "ottla/protocol_text/records_json.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "batches.hpp"
#include "messages.hpp"

namespace ottla::test {
namespace {

using namespace protocol;
using protocol_text::records_json;
using json = nlohmann::json;
using namespace std::string_literals;

std::string to_hex(const bytes& data) {
  std::string out;
  for (const std::byte byte : data) {
    out += "0123456789abcdef"[std::to_integer<int>(byte) >> 4];
    out += "0123456789abcdef"[std::to_integer<int>(byte) & 15];
  }
  return out;
}

json answer(std::string_view hex, const protocol_text::records_limits& limits = {}) {
  std::string why;
  const auto text = records_json(hex, why, limits);
  if (!text) return json{{"error", why}};
  return json::parse(*text);
}

bool is_error(const bytes& data, const protocol_text::records_limits& limits = {}) {
  return answer(to_hex(data), limits).contains("error");
}

TEST(RecordsJson, AnswersTheContractsExample) {
  const json expected = json::parse(R"({"batches":[{"baseOffset":7,"partitionLeaderEpoch":4,"magic":2,"codec":"none",
      "timestampType":"create","transactional":true,"control":false,"producerId":9000,"producerEpoch":1,"baseSequence":3,
      "lastOffsetDelta":1,"baseTimestamp":1700000000000,"maxTimestamp":1700000000005,"records":[
        {"offset":7,"timestamp":1700000000000,"key":"6b","value":null,"headers":[["h","01"],["n",null]]},
        {"offset":8,"timestamp":1700000000005,"key":null,"value":"76","headers":[]}]}],"trailingBytes":3})");
  EXPECT_EQ(
      answer(
          "00000000000000070000004800000004023191bed20010000000010000018bcfe568000000018bcfe5680500000000000023280001"
          "00000003000000021C000000026B010402680201026E010E000A0201027600000000"),
      expected);
}

TEST(RecordsJson, AnEmptyInputHasNoBatchesAndNoTrailingBytes) {
  EXPECT_EQ(answer(""), json::parse(R"({"batches":[]})"));
  EXPECT_EQ(answer("00ff"), json::parse(R"({"batches":[],"trailingBytes":2})"));
}

TEST(RecordsJson, HexThatIsNoneIsAnError) {
  for (const char* hex : {"0", "0g", "zz", " 00", "0x00", "00\n"}) EXPECT_TRUE(answer(hex).contains("error")) << hex;
}

TEST(RecordsJson, EveryMagicAndCodecStandsInOneAnswer) {
  bytes all;
  for (const codec type : {codec::none, codec::gzip, codec::snappy, codec::lz4, codec::zstd}) {
    batch_header header;
    header.set_compression(type);
    all = all + make_batch({{.value = as_bytes("v")}}, header, {});
  }
  all = all + encode(message{.magic = 0, .offset = 5});
  all = all + encode(wrapper(1, codec::lz4, encode({{.offset = 0, .timestamp = 8}, {.offset = 1, .timestamp = 9}}), 7));
  const json out = answer(to_hex(all));
  ASSERT_EQ(out["batches"].size(), 7U);
  EXPECT_EQ(out["batches"][2]["codec"], "snappy");
  EXPECT_EQ(out["batches"][4]["records"][0]["value"], "76");
  EXPECT_EQ(out["batches"][5],
            json::parse(R"({"baseOffset":5,"magic":0,"codec":"none","timestampType":"none","records":[
      {"offset":5,"timestamp":-1,"key":null,"value":null,"headers":[]}]})"));
  EXPECT_EQ(out["batches"][6],
            json::parse(R"({"baseOffset":6,"magic":1,"codec":"lz4","timestampType":"create","records":[
      {"offset":6,"timestamp":8,"key":null,"value":null,"headers":[]},
      {"offset":7,"timestamp":9,"key":null,"value":null,"headers":[]}]})"));
}

TEST(RecordsJson, CompactedControlAndAppendBatches) {
  const json emptied = answer(to_hex(seal({.last_offset_delta = 4}, {})))["batches"][0];
  EXPECT_EQ(emptied["records"], json::array());
  EXPECT_EQ(emptied["lastOffsetDelta"], 4);
  const json control =
      answer(to_hex(make_batch({{.key = as_bytes({"\0\0\0\1", 4})}}, {.attributes = 48}, {})))["batches"][0];
  EXPECT_EQ(control["control"], true);
  EXPECT_EQ(control["records"][0]["key"], "00000001");
  const json append =
      answer(to_hex(make_batch({{.timestamp_delta = 3}}, {.attributes = 8, .base_timestamp = 100}, {})))["batches"][0];
  EXPECT_EQ(append["timestampType"], "append");
  EXPECT_EQ(append["records"][0]["timestamp"], 103);
  EXPECT_EQ(append["baseTimestamp"], 100);
}

TEST(RecordsJson, HeaderNamesStayStrictJson) {
  const auto name_of = [](std::string_view name) {
    const std::vector<header_view> headers{{name, std::nullopt}};
    return answer(to_hex(make_batch({{.headers = headers}}, {}, {})))["batches"][0]["records"][0]["headers"][0][0]
        .get<std::string>();
  };
  const std::string whole = "tab\t quote\" back\\ nul\0 del\x7f \xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"s;
  EXPECT_EQ(name_of(whole), whole);
  EXPECT_EQ(name_of(std::string_view{"\0", 1}), (std::string{"\0", 1}));
  const std::string bad = "\xef\xbf\xbd";
  EXPECT_EQ(name_of("\xff"), bad);
  EXPECT_EQ(name_of("a\xc3"), "a" + bad);
  EXPECT_EQ(name_of("\xc0\xaf"), bad + bad);
  EXPECT_EQ(name_of("\xed\xa0\x80"), bad + bad + bad);
  EXPECT_EQ(name_of("\xf4\x90\x80\x80"), bad + bad + bad + bad);
  EXPECT_EQ(name_of("\xe2\x82z"), bad + "z");
  EXPECT_EQ(name_of("\x80\x80"), bad + bad);
  std::string long_name;
  for (int i = 0; i < 50'000; ++i) long_name += "\xf0\x9f\x98\x80";
  EXPECT_EQ(name_of(long_name), long_name);
  EXPECT_EQ(name_of("x" + long_name), "x" + long_name);
}

TEST(RecordsJson, OneWrongBatchMakesTheWholeLineAnError) {
  const bytes good = make_batch({{.value = as_bytes("v")}}, {}, {});
  bytes bad = good;
  bad.back() ^= std::byte{1};
  EXPECT_FALSE(is_error(good + good));
  EXPECT_TRUE(is_error(good + bad));
  EXPECT_TRUE(is_error(bad + good));
}

TEST(RecordsJson, TheLimitsHoldOverTheWholeLine) {
  batch_header header;
  header.set_compression(codec::zstd);
  const bytes value(1000);
  const bytes batch = make_batch({{.value = value}, {.value = value}}, header, {});
  const bytes three = batch + batch + batch;
  const std::size_t inflated = 2 * record_size({.value = value});
  EXPECT_FALSE(is_error(three, {.inflated_bytes = 3 * inflated, .records = 6}));
  EXPECT_TRUE(is_error(three, {.inflated_bytes = 3 * inflated - 1, .records = 6}));
  EXPECT_TRUE(is_error(three, {.inflated_bytes = 3 * inflated, .records = 5}));
  const bytes messages = encode({{.magic = 0}, {.magic = 0}});
  EXPECT_FALSE(is_error(messages, {.records = 2}));
  EXPECT_TRUE(is_error(messages, {.records = 1}));
}

TEST(RecordsJson, MuchTextFromFewBytesComesInSmallPieces) {
  batch_header header{.record_count = 1};
  header.set_compression(codec::zstd);
  // One record of a million headers "" = null: two bytes each on the wire, nearly nothing compressed.
  constexpr std::uint64_t count = 1'000'000;
  bytes body = from_hex("0000000101") + bytes(varint_size(2 * count));
  write_varint(body.data() + 5, 2 * count);
  for (std::uint64_t i = 0; i < count; ++i) body.insert(body.end(), {std::byte{0}, std::byte{1}});
  bytes record(varint_size(2 * body.size()));
  write_varint(record.data(), 2 * body.size());
  std::ostringstream drain;
  protocol_text::json_writer out{drain};
  std::string why;
  ASSERT_TRUE(records_json(to_hex(seal_compressed(header, record + body)), out, why)) << why;
  EXPECT_LT(out.text().capacity(), 1U << 20);
  out.flush();
  EXPECT_GT(drain.str().size(), 9 * count);
}

}  // namespace
}  // namespace ottla::test
