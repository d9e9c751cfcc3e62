// What is printed: every message decoded, errors by name, no secret, no bytes that steer a terminal.
#include <gtest/gtest.h>

#include <array>

#include "bounded_text.hpp"
#include "ottla/protocol/alter_user_scram_credentials.hpp"
#include "ottla/protocol/api_versions.hpp"
#include "ottla/protocol/incremental_alter_configs.hpp"
#include "ottla/protocol/metadata.hpp"
#include "ottla/protocol/produce.hpp"
#include "ottla/protocol/sasl_authenticate.hpp"
#include "ottla/protocol/sasl_handshake.hpp"
#include "ottla/protocol_text/encodings.hpp"
#include "ottla/protocol_text/json_value.hpp"
#include "ottla/protocol_text/messages.hpp"
#include "ottla/tap/line_maker.hpp"
#include "support.hpp"

namespace tap_test {
namespace {

using namespace protocol;
using namespace std::string_view_literals;

bytes bytes_of_hex(std::string_view hex) {
  arena memory;
  const auto parsed = protocol_text::parse_hex(hex, memory);
  return parsed ? bytes(parsed->begin(), parsed->end()) : bytes();
}

/// A conversation that is printed.
struct printed {
  explicit printed(line_form form = line_form::json, bool records = false)
      : maker(form, records), machine({}, [this](const message& what) { lines.push_back(maker.line(what, label)); }) {}
  void client(const bytes& sent) { machine.from_client(sent, at_ms(0)); }
  void broker(const bytes& sent) {
    bytes ignored;
    machine.from_broker(sent, at_ms(2), ignored);
  }
  std::string last() const { return lines.empty() ? "" : lines.back(); }
  bool last_has(std::string_view part) const { return last().find(part) != std::string::npos; }

  connection_label label{3, "127.0.0.1:5000", "kafka-1:9092"};
  line_maker maker;
  std::vector<std::string> lines;
  conversation machine;
};

TEST(lines, tell_the_parts_of_a_request_and_its_response_as_json) {
  printed tap;
  tap.client(request(MetadataRequest{}, 1, 5));
  EXPECT_EQ(tap.last(),
            R"({"time":"2023-11-14T22:13:20.000000Z","connection":3,"client":"127.0.0.1:5000","broker":"kafka-1:9092",)"
            R"("kind":"request","state":"decoded","api":"Metadata","apiKey":3,"version":1,"correlationId":5,)"
            R"("clientId":"app","size":17,"body":{"topics":[]}})"
            "\n");
  std::array<MetadataResponse::MetadataResponseTopic, 1> topics{};
  topics[0].error_code = error_code{3};
  MetadataResponse answered;
  answered.topics = {topics};
  answered.throttle_time_ms = 40;
  tap.broker(response(answered, 3, 5));  // not what version 1 looks like
  EXPECT_TRUE(tap.last_has(R"("state":"undecoded")")) << tap.last();
  EXPECT_TRUE(tap.last_has(R"("hex":"0000000500000028)")) << tap.last();
  tap.client(request(MetadataRequest{}, 3, 6));
  tap.broker(response(answered, 3, 6));
  EXPECT_TRUE(tap.last_has(R"("latencyUs":2000,"throttleTimeMs":40,"errors":["UNKNOWN_TOPIC_OR_PARTITION"],"body":{)"))
      << tap.last();
}

TEST(lines, are_aligned_text_for_people) {
  printed tap(line_form::text);
  MetadataRequest asked;
  std::array<MetadataRequest::MetadataRequestTopic, 1> topics{};
  topics[0].name = "orders\x1b[31m";
  asked.topics = array{topics};
  tap.client(request(asked, 8, 5));
  EXPECT_EQ(tap.last().substr(0, 90),
            "22:13:20.000000  #3   -> Metadata v8                 c=5              33 B                ");
  EXPECT_TRUE(tap.last_has("client=app topics=[{name=orders.[31m}]")) << tap.last();
  tap.broker(response(MetadataResponse{}, 8, 5));
  EXPECT_TRUE(tap.last_has("<- Metadata v8 ")) << tap.last();
  EXPECT_TRUE(tap.last_has("2.000 ms  ")) << tap.last();
}

TEST(lines, read_an_api_versions_response_that_fell_back_to_version_0) {
  printed tap;
  tap.client(raw_request(18, 99, 1, 2, {}));
  EXPECT_TRUE(tap.last_has(R"("state":"undecoded")")) << tap.last();
  ApiVersionsResponse refused;
  refused.error_code = error_code{35};
  tap.broker(response(refused, 0, 1));
  EXPECT_TRUE(tap.last_has(R"("errors":["UNSUPPORTED_VERSION"],"bodyVersion":0,"body":{"errorCode":35)")) << tap.last();
}

TEST(lines, show_no_secret) {
  for (const line_form form : {line_form::json, line_form::text}) {
    printed tap(form);
    SaslAuthenticateRequest token;
    token.auth_bytes = as_bytes("hunter2");
    tap.client(request(token, 2, 1));
    bytes broken = request(token, 2, 2);
    broken[7] = std::byte{77};  // an unknown version of SaslAuthenticate
    tap.client(broken);
    AlterUserScramCredentialsRequest scram;
    std::array<AlterUserScramCredentialsRequest::ScramCredentialUpsertion, 1> users{};
    users[0].salted_password = as_bytes("hunter2");
    scram.upsertions = {users};
    tap.client(request(scram, 0, 3));
    IncrementalAlterConfigsRequest configs;
    std::array<IncrementalAlterConfigsRequest::AlterableConfig, 1> config{};
    config[0].name = "listener.name.x.ssl.keystore.password";
    config[0].value = "hunter2";
    std::array<IncrementalAlterConfigsRequest::AlterConfigsResource, 1> resources{};
    resources[0].configs = {config};
    configs.resources = {resources};
    tap.client(request(configs, 1, 4));
    EXPECT_TRUE(tap.last_has("****")) << tap.last();
    tap.client(request(SaslHandshakeRequest{}, 0, 5));
    tap.broker(response(SaslAuthenticateResponse{}, 2, 1));
    tap.broker(response(SaslHandshakeResponse{}, 0, 5));
    tap.client(framed(bytes_of("\0alice\0hunter2"sv)));
    ASSERT_EQ(tap.lines.size(), 8u);
    for (const std::string& line : tap.lines) {
      EXPECT_EQ(line.find("hunter2"), std::string::npos) << line;
      EXPECT_EQ(line.find("68756e746572"), std::string::npos) << line;  // in hex
      EXPECT_EQ(line.find("aHVudGVy"), std::string::npos) << line;      // in base64
    }
  }
}

TEST(lines, show_the_beginning_of_what_they_cannot_decode) {
  printed tap;
  tap.client(raw_request(500, 1, 9, 1, bytes(200, std::byte{0xab})));
  EXPECT_TRUE(tap.last_has(R"("api":null,"apiKey":500)")) << tap.last();
  EXPECT_TRUE(tap.last_has("\"hex\":\"01f40001000000090003617070" +
                           [] {
                             std::string rest;
                             for (int i = 0; i < 19; ++i) rest += "ab";
                             return rest;
                           }() +
                           "\"}"))
      << tap.last();
  tap.client(framed(bytes_of("no request at all, but perhaps a password")));
  EXPECT_TRUE(tap.last_has(R"("hex":"6e6f2072"})")) << tap.last();
}

TEST(lines, leave_records_out_unless_asked) {
  // A batch with one record, key "k" and no value; its CRC is wrong on purpose.
  const bytes batch(80, std::byte{0});
  ProduceRequest produce;
  std::array<ProduceRequest::PartitionProduceData, 1> partitions{};
  partitions[0].records = batch;
  std::array<ProduceRequest::TopicProduceData, 1> topics{};
  topics[0].name = "t";
  topics[0].partition_data = {partitions};
  produce.topic_data = {topics};
  printed without, with(line_form::json, true), text(line_form::text, true);
  for (printed* tap : {&without, &with, &text}) tap->client(request(produce, 9, 1));
  EXPECT_TRUE(without.last_has("\"records\":\"(80 bytes)\"")) << without.last();
  EXPECT_FALSE(without.last_has(R"("error")")) << without.last();
  EXPECT_TRUE(with.last_has(R"("records":[{"topic":"t","partition":0,"error":")")) << with.last();
  EXPECT_TRUE(text.last_has("\n      t-0: ")) << text.last();
}

TEST(lines, tell_a_batch_in_words_by_who_wrote_it_and_its_sequence) {
  const bytes batch = bytes_of_hex(
      "00000000000000070000004800000004023191bed20010000000010000018bcfe568000000018bcfe5680500000000000023280001000000"
      "0"
      "3000000021c000000026b010402680201026e010e000a0201027600000000");
  ProduceRequest produce;
  std::array<ProduceRequest::PartitionProduceData, 1> partitions{};
  partitions[0].index = 4;
  partitions[0].records = batch;
  std::array<ProduceRequest::TopicProduceData, 1> topics{};
  topics[0].name = "t";
  topics[0].partition_data = {partitions};
  produce.topic_data = {topics};
  printed text(line_form::text, true);
  std::string words;
  conversation talk({}, [&](const message& what) { words = text.maker.words(what); });
  const bytes sent = request(produce, 9, 7);
  talk.from_client(sent, at_ms(0));
  text.client(sent);
  constexpr std::string_view told =
      "t-4 batch at 7, 2 records, none, magic 2, transactional, producer 9000 epoch 1 sequence 3";
  EXPECT_EQ(words.substr(0, 29), "Produce v9                  c");
  EXPECT_TRUE(words.ends_with("]}] | " + std::string(told))) << words;
  EXPECT_EQ(words.find("client="), std::string::npos) << words;
  EXPECT_TRUE(text.last_has("\n      " + std::string(told) + "\n")) << text.last();
}

TEST(bounded_text, keeps_what_fits_and_says_when_something_did_not) {
  bounded_text fits(10), not_quite(9), never_again(9);
  fits.stream() << "0123456789" << std::flush;
  EXPECT_FALSE(fits.overflowed());
  EXPECT_EQ(fits.take(), "0123456789");
  not_quite.stream() << "01234567" << '8' << '9';
  EXPECT_TRUE(not_quite.overflowed());
  never_again.stream() << "0123456789"
                       << "a";
  EXPECT_TRUE(never_again.overflowed());
  EXPECT_EQ(never_again.take(), "");
}

TEST(lines, stay_json_whatever_is_damaged) {
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    protocol_text::seeded_random chance(seed);
    const auto all = protocol_text::all_messages();
    const protocol_text::message_type& type = all[chance.below(all.size())];
    if (type.kind != protocol_text::message_kind::request) continue;
    writer body;
    arena memory;
    const std::int16_t version = type.max_unstable_version;
    if (type.operations().random_bytes(chance, version, memory, body)) continue;
    bytes sent = raw_request(static_cast<std::int16_t>(*type.key), version, 1, type.header_version(version),
                             {body.view().begin(), body.view().end()});
    for (int i = 0; i < 3; ++i) sent[4 + chance.below(sent.size() - 4)] = static_cast<std::byte>(chance.next());
    printed tap(line_form::json, true), text(line_form::text, true);
    for (printed* each : {&tap, &text}) each->client(sent);
    ASSERT_EQ(tap.lines.size(), 1u);
    std::string why;
    arena parsed(std::size_t{256} << 20);
    EXPECT_NE(protocol_text::parse_json(std::string_view(tap.last()).substr(0, tap.last().size() - 1), parsed, why),
              nullptr)
        << why << ": " << tap.last();
    for (const char c : text.last()) EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20 || c == '\n') << text.last();
  }
}

TEST(lines, are_json_and_decoded_for_every_message_in_every_version) {
  for (const protocol_text::message_type& type : protocol_text::all_messages()) {
    if (!type.key) continue;
    const auto key = static_cast<std::int16_t>(*type.key);
    for (std::int16_t version = type.min_version; version <= type.max_unstable_version; ++version) {
      protocol_text::seeded_random chance(static_cast<std::uint64_t>(version));
      arena memory;
      writer body;
      if (type.operations().random_bytes(chance, version, memory, body)) continue;
      const bytes plain(body.view().begin(), body.view().end());
      printed tap(line_form::json, true), text(line_form::text, true);
      for (printed* each : {&tap, &text}) {
        if (type.kind == protocol_text::message_kind::request) {
          each->client(raw_request(key, version, 1, type.header_version(version), plain));
        } else {
          const auto* asked = protocol_text::find_message(type.api, protocol_text::message_kind::request);
          each->client(raw_request(key, version, 1, asked->header_version(version), {}));
          const bytes header =
              type.header_version(version) == 0 ? bytes{{}, {}, {}, std::byte{1}} : bytes{{}, {}, {}, std::byte{1}, {}};
          each->broker(framed(header + plain));
        }
      }
      const bool fell_back = type.name == "ApiVersionsResponse" && tap.last_has("UNSUPPORTED_VERSION");
      if (type.name == "ProduceRequest" || fell_back) continue;  // acks 0; a body that claims to be of version 0
      EXPECT_TRUE(tap.last_has(R"("state":"decoded")")) << type.name << " v" << version << ": " << tap.last();
      std::string why;
      arena parsed(std::size_t{256} << 20);
      EXPECT_NE(protocol_text::parse_json(std::string_view(tap.last()).substr(0, tap.last().size() - 1), parsed, why),
                nullptr)
          << type.name << ": " << why;
      EXPECT_FALSE(text.last_has("undecoded")) << text.last();
    }
  }
}

}  // namespace
}  // namespace tap_test
