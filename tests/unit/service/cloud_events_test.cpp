// cloud_events: events as records in each mode and back, and records that only look like events.
#include "ottla/service/cloud_events.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "base64.hpp"
#include "json_members.hpp"

namespace ottla {
namespace {

using namespace std::chrono_literals;

envelope order_paid() {
  envelope event;
  event.id = "e-1";
  event.type = "com.example.order.paid";
  event.source = "/billing";
  event.time = wall_ms(1'795'267'282'123ms);
  event.correlation_id = "c-1";
  event.causation_id = "e-0";
  event.subject = "order-42";
  event.data_schema = "https://example.com/order.json";
  event.content_type = "application/json";
  event.extensions = {{"partitionkey", "42"}, {"tenant", "prague"}};
  event.headers = {{"traceparent", "00-abc"}, {"x", std::nullopt}, {"x", ""}};
  event.key = "42";
  event.payload = R"({"amount": 1.50, "big": 12345678901234567890123})";
  return event;
}

std::vector<std::string> shown(const encoded_event& event) {
  std::vector<std::string> out;
  for (const auto& header : event.headers()) out.push_back(header.name + "=" + header.value.value_or("<null>"));
  return out;
}

decoded_event round_trip(const envelope& event, envelope_mode mode) {
  const auto encoded = encode_event(event, mode);
  EXPECT_TRUE(encoded) << encoded.error().message();
  if (!encoded) return {};
  const record sent = encoded->as_record();
  auto decoded = decode_event(sent.key, sent.value, sent.headers);
  EXPECT_TRUE(decoded) << decoded.error().message();
  return decoded ? *decoded : decoded_event{};
}

result<decoded_event> decode(std::string_view value, std::vector<std::pair<std::string, std::string>> headers) {
  std::vector<record_header> views;
  for (const auto& [name, text] : headers) views.push_back({name, blob(text).optional()});
  return decode_event(blob(), blob(value), views);
}
result<decoded_event> structured(std::string_view value, const std::string& type = "application/cloudevents+json") {
  return decode(value, {{"content-type", type}});
}
std::string why(const result<decoded_event>& decoded) { return decoded ? "decoded" : decoded.error().context().detail; }

TEST(cloud_events, puts_attributes_into_headers_in_binary_mode) {
  const auto encoded = encode_event(order_paid());
  ASSERT_TRUE(encoded);
  EXPECT_EQ(shown(*encoded),
            (std::vector<std::string>{
                "ce_specversion=1.0", "ce_id=e-1", "ce_type=com.example.order.paid", "ce_source=/billing",
                "ce_subject=order-42", "ce_dataschema=https://example.com/order.json", "ce_correlationid=c-1",
                "ce_causationid=e-0", "ce_time=2026-11-21T13:21:22.123Z", "ce_partitionkey=42", "ce_tenant=prague",
                "content-type=application/json", "traceparent=00-abc", "x=<null>", "x="}));
  EXPECT_EQ(encoded->value(), order_paid().payload);
  EXPECT_EQ(encoded->key(), "42");
  EXPECT_EQ(encoded->as_record().timestamp, 1'795'267'282'123);
}

TEST(cloud_events, puts_everything_into_the_value_in_structured_mode) {
  const auto encoded = encode_event(order_paid(), envelope_mode::structured);
  ASSERT_TRUE(encoded);
  EXPECT_EQ(shown(*encoded), (std::vector<std::string>{"content-type=application/cloudevents+json; charset=UTF-8",
                                                       "traceparent=00-abc", "x=<null>", "x="}));
  EXPECT_EQ(
      encoded->value(),
      R"({"specversion":"1.0","id":"e-1","type":"com.example.order.paid","source":"/billing","subject":"order-42",)"
      R"("dataschema":"https://example.com/order.json","correlationid":"c-1","causationid":"e-0",)"
      R"("time":"2026-11-21T13:21:22.123Z","partitionkey":"42","tenant":"prague",)"
      R"("datacontenttype":"application/json","data":{"amount": 1.50, "big": 12345678901234567890123}})");
}

TEST(cloud_events, come_back_as_they_were_in_both_modes) {
  for (const auto mode : {envelope_mode::binary, envelope_mode::structured}) {
    const auto back = round_trip(order_paid(), mode);
    EXPECT_EQ(back.mode, mode);
    EXPECT_EQ(back.event, order_paid());
  }
}

TEST(cloud_events, carry_any_payload_in_both_modes) {
  const std::string bytes("\0\xff\x80 \"\\\n", 7);
  for (const auto mode : {envelope_mode::binary, envelope_mode::structured}) {
    for (const char* type :
         {"", "application/json", "text/plain", "application/octet-stream", "application/vnd.x+json; a=b"}) {
      for (const std::optional<std::string>& payload : std::vector<std::optional<std::string>>{
               std::nullopt, "", "plain", bytes, "{\"a\":1}", " [1, 2] ", "\"text\"", "null", "1e400", "\xef\xbb\xbf{}",
               "\xc3\xa9", "{\"a\":\"\xff\"}"}) {
        envelope event = order_paid();
        event.content_type = type;
        event.payload = payload;
        const auto back = round_trip(event, mode).event.payload;
        // JSON is the same value, if not the same blanks around it.
        if (mode == envelope_mode::structured && payload == " [1, 2] " && back != payload) {
          EXPECT_EQ(back, "[1, 2]");
        } else if (mode == envelope_mode::structured && payload == "null" && back != payload) {
          EXPECT_EQ(back, std::nullopt);  // in JSON the two are one
        } else {
          EXPECT_EQ(back, payload) << type << " " << payload.value_or("<null>");
        }
      }
    }
  }
}

TEST(cloud_events, take_the_partition_key_for_a_record_without_one) {
  envelope event = order_paid();
  event.key.reset();
  EXPECT_EQ(encode_event(event)->key(), "42");
  event.extensions.clear();
  EXPECT_FALSE(encode_event(event)->key());
}

TEST(cloud_events, leave_attributes_out_of_plain_records) {
  const auto encoded = encode_event(order_paid(), envelope_mode::plain);
  EXPECT_EQ(shown(*encoded),
            (std::vector<std::string>{"content-type=application/json", "traceparent=00-abc", "x=<null>", "x="}));
  const auto back = round_trip(order_paid(), envelope_mode::plain);
  EXPECT_EQ(back.mode, envelope_mode::plain);
  EXPECT_EQ(back.event.headers, order_paid().headers);
  EXPECT_EQ(back.event.payload, order_paid().payload);
  EXPECT_EQ(back.event.id, "");
}

TEST(cloud_events, take_any_record_that_is_no_event) {
  const record_header odd[] = {{"ce_id", blob("1").optional()}, {"content-type", std::nullopt}, {"", std::nullopt}};
  const auto decoded = decode_event(blob(), blob(), odd);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->mode, envelope_mode::plain);
  EXPECT_FALSE(decoded->event.key);
  EXPECT_FALSE(decoded->event.payload);
  EXPECT_EQ(decoded->event.headers, (std::vector<envelope_header>{{"ce_id", "1"}, {"content-type", {}}, {"", {}}}));
}

TEST(cloud_events, refuse_an_event_that_lacks_what_every_event_has) {
  for (const auto& [member, said] :
       std::vector<std::pair<std::string envelope::*, std::string>>{{&envelope::id, "it has no id"},
                                                                    {&envelope::type, "it has no type"},
                                                                    {&envelope::source, "it has no source"}}) {
    envelope event = order_paid();
    (event.*member).clear();
    EXPECT_EQ(encode_event(event).error().context().detail, said);
    EXPECT_EQ(encode_event(event, envelope_mode::structured).error().context().detail, said);
  }
  EXPECT_EQ(why(decode("", {{"ce_specversion", "1.0"}, {"ce_type", "t"}, {"ce_source", "s"}})), "it has no id");
  EXPECT_EQ(why(decode("", {{"ce_specversion", "0.3"}, {"ce_id", "1"}})), "its specversion is \"0.3\", not 1.0");
  EXPECT_EQ(why(structured(R"({"id":"1","type":"t","source":"s"})")), "it has no specversion");
}

TEST(cloud_events, refuse_names_that_cannot_be_attributes) {
  for (const char* name : {"", "Upper", "with_sign", "id", "data", "specversion", "time", "tenant"}) {
    envelope event = order_paid();
    event.extensions.emplace_back(name, "x");
    EXPECT_FALSE(encode_event(event)) << name;
  }
  envelope event = order_paid();
  event.headers.push_back({"ce_mine", "x"});
  EXPECT_EQ(encode_event(event).error().context().detail, "the header ce_mine belongs to the binding");
  event = order_paid();
  event.subject = "\xff";
  EXPECT_EQ(encode_event(event).error().context().detail, "the attribute subject is not UTF-8");
}

TEST(cloud_events, read_what_others_write) {
  const auto decoded = structured(
      "\t{ \"data\" : {\"a,}\\\"\" : [1,{}]} "
      ",\"id\":\"1\",\"source\":\"s\",\"type\":\"t\\u0041\",\"specversion\":\"1.0\","
      "\"sampled\":true,\"rank\":7,\"none\":null,\"time\":\"yesterday\"}\n",
      "Application/CloudEvents+JSON;charset=utf-8");
  ASSERT_TRUE(decoded) << why(decoded);
  EXPECT_EQ(decoded->event.type, "tA");
  EXPECT_EQ(decoded->event.payload, "{\"a,}\\\"\" : [1,{}]}");
  EXPECT_EQ(decoded->event.extension("sampled"), "true");
  EXPECT_EQ(decoded->event.extension("rank"), "7");
  EXPECT_FALSE(decoded->event.extension("none"));
  EXPECT_FALSE(decoded->event.time);
  EXPECT_EQ(decoded->event.extension("time"), "yesterday");
  EXPECT_TRUE(encode_event(decoded->event));  // and goes on as it came
}

TEST(cloud_events, refuse_structured_values_that_are_no_events) {
  const std::string head = R"({"specversion":"1.0","id":"1","type":"t","source":"s",)";
  const std::string no_object = "its value is not a JSON object with distinct names";
  for (const char* bad : {"", "{", "[]", "null", "{}{}", R"({"id":"1","id":"2"})", "{\"id\":\"\xff\"}"}) {
    EXPECT_EQ(why(structured(bad)), no_object) << bad;
  }
  EXPECT_EQ(why(structured(head + R"("data":1,"data_base64":""})")), "it has both data and data_base64");
  EXPECT_EQ(why(structured(head + R"("data_base64":"a"})")), "its data_base64 is not base64");
  EXPECT_EQ(why(structured(head + R"("data_base64":7})")), "its data_base64 is not base64");
  EXPECT_EQ(why(structured(head + R"("x":{}})")), "the attribute x is neither text, number nor boolean");
  EXPECT_EQ(why(structured("x", "application/cloudevents+avro")),
            "its format application/cloudevents+avro is not application/cloudevents+json");
  EXPECT_EQ(why(structured("[]", "application/cloudevents-batch+json")),
            "its format application/cloudevents-batch+json is not application/cloudevents+json");
}

TEST(cloud_events, survive_deep_nesting_and_damage) {
  const std::string deep = R"({"specversion":"1.0","id":"1","type":"t","source":"s","data":)" +
                           std::string(200'000, '[') + std::string(200'000, ']') + "}";
  ASSERT_TRUE(structured(deep));
  EXPECT_TRUE(encode_event(structured(deep)->event, envelope_mode::structured));
  EXPECT_FALSE(structured(deep.substr(0, 300'000)));
  const std::string whole = *encode_event(order_paid(), envelope_mode::structured)->value();
  random_stream rng(3);
  for (int round = 0; round < 5'000; ++round) {
    std::string damaged = whole.substr(0, rng.below(whole.size() + 1));
    for (int i = 0; i < 3 && !damaged.empty(); ++i)
      damaged[rng.below(damaged.size())] = static_cast<char>(rng.below(256));
    (void)structured(damaged).has_value();  // any answer, no accident
  }
}

TEST(envelope, finds_the_last_header_and_extension_of_a_name) {
  envelope event = order_paid();
  EXPECT_EQ(event.header("x"), "");
  event.headers.push_back({"x", std::nullopt});
  EXPECT_FALSE(event.header("x"));
  EXPECT_FALSE(event.header("y"));
  EXPECT_EQ(event.extension("tenant"), "prague");
}

TEST(envelope, follows_its_cause) {
  EXPECT_EQ(caused_by(order_paid(), {}).correlation_id, "c-1");
  EXPECT_EQ(caused_by(order_paid(), {}).causation_id, "e-1");
  envelope first = order_paid();
  first.correlation_id.clear();
  EXPECT_EQ(caused_by(first, {}).correlation_id, "e-1");
}

TEST(event_id, is_a_random_uuid_that_depends_on_the_stream_alone) {
  random_stream rng(1), again(1);
  std::set<std::string> seen;
  for (int i = 0; i < 1'000; ++i) {
    const std::string id = new_event_id(rng);
    ASSERT_EQ(id.size(), 36u);
    for (std::size_t at : {8, 13, 18, 23}) EXPECT_EQ(id[at], '-');
    EXPECT_EQ(std::count(id.begin(), id.end(), '-'), 4);
    EXPECT_EQ(id.find_first_not_of("0123456789abcdef-"), std::string::npos);
    EXPECT_EQ(id[14], '4');
    EXPECT_NE(std::string("89ab").find(id[19]), std::string::npos) << id;
    EXPECT_TRUE(seen.insert(id).second);
    EXPECT_EQ(id, new_event_id(again));
  }
}

TEST(base64, knows_the_vectors_of_the_rfc_and_refuses_the_rest) {
  const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : vectors) {
    EXPECT_EQ(to_base64(bytes), text);
    EXPECT_EQ(from_base64(text), bytes);
  }
  for (const char* bad : {"Z", "Zg", "Zg=", "Z===", "====", "Zh==", "Zm9=", "Zg==Zg==", "Zm 9", "Zm9-"}) {
    EXPECT_FALSE(from_base64(bad)) << bad;
  }
}

TEST(json_members, finds_each_members_own_text) {
  const auto members = json_members(R"( { "a" : {"b":[1,"}"]} , "\u0063":"x\\" ,"d":-1.0 } )");
  ASSERT_TRUE(members);
  ASSERT_EQ(members->size(), 3u);
  EXPECT_EQ((*members)[0].value, R"({"b":[1,"}"]})");
  EXPECT_EQ((*members)[1].name, "c");
  EXPECT_EQ((*members)[1].value, R"("x\\")");
  EXPECT_EQ((*members)[2].value, "-1.0");
  EXPECT_TRUE(json_members("{}"));
  EXPECT_TRUE(json_members("{ }")->empty());
}

}  // namespace
}  // namespace ottla
