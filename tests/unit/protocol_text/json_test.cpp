// JSON text: what is strict, what is escaped, and what errors say.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "ottla/protocol_text/encodings.hpp"
#include "ottla/protocol_text/messages.hpp"

namespace ottla {
namespace {

using namespace protocol_text;

std::string error_of_parsing(std::string_view text) {
  protocol::arena memory{std::size_t{1} << 20};
  std::string error;
  return parse_json(text, memory, error) == nullptr ? error : "";
}

std::string error_of_encoding(std::string_view api, std::int16_t version, std::string_view text) {
  protocol::arena memory;
  protocol::writer out;
  std::string error;
  json_value* parsed = parse_json(text, memory, error);
  if (parsed == nullptr) return error;
  return find_message(api, message_kind::request)->operations().from_json(*parsed, version, memory, out).value_or("");
}

std::string real(double value) {
  json_writer out;
  out.real(value);
  return out.text();
}

std::string quoted(std::string_view text) {
  json_writer out;
  out.string(text);
  return out.text();
}

TEST(json, doubles_read_back_to_the_same_bits) {
  EXPECT_EQ(real(0.1), "0.1");
  EXPECT_EQ(real(3), "3.0");
  EXPECT_EQ(real(-0.0), "-0.0");
  EXPECT_EQ(real(1e300), "1e+300");
  EXPECT_EQ(real(std::numeric_limits<double>::denorm_min()), "5e-324");
  EXPECT_EQ(real(std::nan("")), "\"NaN\"");
  EXPECT_EQ(real(-std::numeric_limits<double>::infinity()), "\"-Infinity\"");
}

TEST(json, text_is_escaped_and_bad_utf8_replaced) {
  EXPECT_EQ(quoted("a\"\\\n\x01"), R"("a\"\\\n\u0001")");
  EXPECT_EQ(quoted("\xf0\x9f\x90\x9f"), "\"\xf0\x9f\x90\x9f\"");
  EXPECT_EQ(quoted("a\xff\xc3"), "\"a\xef\xbf\xbd\xef\xbf\xbd\"");
  EXPECT_EQ(quoted("\xed\xa0\x80"), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"") << "half of a surrogate pair";
}

TEST(json, depth_and_memory_are_bounded_before_they_are_taken) {
  EXPECT_EQ(error_of_parsing(std::string(100'000, '[')), "the JSON is nested too deeply");
  std::string wide = "[0";
  for (int i = 0; i < 100'000; ++i) wide += ",0";
  EXPECT_EQ(error_of_parsing(wide + "]"), "the JSON is too large");
  EXPECT_EQ(error_of_parsing(std::string(json_depth_limit, '[') + std::string(json_depth_limit, ']')), "");
}

TEST(json, what_is_not_json_is_refused) {
  for (const char* text : {"", "{", "nul", "[1,]", "{\"a\":1,}", "\"\xff\"", "\"\\ud800\"", "1 2", "NaN", "'a'", "01"})
    EXPECT_NE(error_of_parsing(text), "") << text;
}

TEST(json, base64_and_uuid_are_read_strictly) {
  protocol::arena memory;
  for (const char* text : {"A", "AA", "AAA", "AA=A", "====", "A===", "AB==", "AAB=", "AA-_", "AAAA\n"})
    EXPECT_FALSE(parse_base64(text, memory)) << text;
  for (const char* text : {"", "AA==", "AAA=", "AAAA", "+/+/"}) EXPECT_TRUE(parse_base64(text, memory)) << text;
  EXPECT_TRUE(parse_uuid("AAAAAAAAAAAAAAAAAAAAAQ"));
  for (const char* text :
       {"", "AAAAAAAAAAAAAAAAAAAAAR", "AAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAA==", "+AAAAAAAAAAAAAAAAAAAAA"})
    EXPECT_FALSE(parse_uuid(text)) << text;
}

TEST(json, errors_name_the_field_and_where_it_is) {
  EXPECT_EQ(error_of_encoding("ApiVersions", 3, R"({"clientSoftwareName":"x"})"), "clientSoftwareVersion is missing");
  EXPECT_EQ(error_of_encoding("ApiVersions", 3, R"({"clientSoftwareName":"x","clientSoftwareVersion":null})"),
            "clientSoftwareVersion must not be null");
  EXPECT_EQ(error_of_encoding("Metadata", 0, R"({"topics":[{"name":"a"},{"nam":"b"}]})"), "topics[1].name is missing");
  EXPECT_EQ(error_of_encoding("Metadata", 0, R"({"topics":null})"), "topics must not be null in this version");
  EXPECT_EQ(error_of_encoding("Metadata", 0, R"({"topics":[],"topcs":1})"),
            "the message has no topcs in version 0; did you mean topics?");
  EXPECT_EQ(error_of_encoding("Metadata", 0, R"({"topics":[],"topics":[]})"), "the message has topics twice");
  EXPECT_EQ(error_of_encoding("Metadata", 0, R"({"topics":[],"_note":1})"), "");
}

TEST(json, secrets_are_masked_for_logs) {
  const message_type* sasl = find_message("SaslAuthenticate", message_kind::request);
  const std::vector<std::byte> wire{std::byte{0}, std::byte{0}, std::byte{0}, std::byte{1}, std::byte{0x70}};
  protocol::arena memory;
  json_writer open, masked;
  masked.mask_secrets(true);
  ASSERT_FALSE(sasl->operations().to_json(wire, 0, memory, open));
  ASSERT_FALSE(sasl->operations().to_json(wire, 0, memory, masked));
  EXPECT_EQ(open.text(), R"({"authBytes":"cA=="})");
  EXPECT_EQ(masked.text(), R"({"authBytes":"****"})");
}

TEST(json, numbers_have_to_fit_their_type) {
  const auto with = [](std::string_view value) {
    return error_of_encoding("Heartbeat", 0,
                             R"({"groupId":"g","memberId":"m","generationId":)" + std::string{value} + "}");
  };
  EXPECT_EQ(with("2147483647"), "");
  EXPECT_EQ(with("2147483648"), "generationId is out of range");
  EXPECT_EQ(with("1.0"), "generationId must be an integer in range, without point or exponent");
  EXPECT_EQ(with("99999999999999999999"), "generationId must be an integer in range, without point or exponent");
  EXPECT_EQ(with("\"1\""), "generationId must be an integer");
  EXPECT_EQ(with("true"), "generationId must be an integer");
}

}  // namespace
}  // namespace ottla
