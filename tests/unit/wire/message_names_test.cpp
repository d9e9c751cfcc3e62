// Messages by whatever people call them, and since when Kafka has them.
#include <gtest/gtest.h>

#include "wire/kafka_releases.hpp"
#include "wire/message_names.hpp"

namespace ottla {
namespace {

using namespace protocol_text;
using wire::first_release;

std::vector<std::string> found(std::string_view api, std::string_view kind = {}) {
  std::vector<const message_type*> messages;
  if (auto why = wire::find_messages(api, kind, messages)) return {why->what, why->suggestion};
  std::vector<std::string> out;
  for (const message_type* message : messages) out.emplace_back(message->name);
  return out;
}

using words = std::vector<std::string>;

TEST(message_names, are_apis_whole_names_or_keys_blind_to_case) {
  EXPECT_EQ(found("Fetch"), (words{"FetchRequest", "FetchResponse"}));
  EXPECT_EQ(found("fetch", "response"), (words{"FetchResponse"}));
  EXPECT_EQ(found("FetchRequest"), (words{"FetchRequest"}));
  EXPECT_EQ(found("1", "request"), (words{"FetchRequest"}));
  EXPECT_EQ(found("RequestHeader"), (words{"RequestHeader"}));
}

TEST(message_names, that_are_none_bring_the_nearest_or_the_reason) {
  EXPECT_EQ(found("Fetsch"), (words{"there is no API 'Fetsch'", "Fetch"}));
  EXPECT_EQ(found("VotersRecord", "request"), (words{"VotersRecord has no request", ""}));
  EXPECT_EQ(found("Fetch", "answer"), (words{"there is no kind 'answer': request, response, header or data", ""}));
  EXPECT_EQ(found("leaderandisr"), (words{"Kafka 4 removed LeaderAndIsr: it has no versions left", ""}));
  EXPECT_EQ(found("9999"), (words{"there is no API with key 9999", ""}));
  EXPECT_EQ(found("99999999"), (words{"there is no API '99999999'", ""}));
}

TEST(message_names, bring_one_message_in_a_version_that_it_has) {
  const message_type* one = nullptr;
  EXPECT_FALSE(wire::find_message("Fetch", "request", 4, one));
  EXPECT_EQ(one, protocol_text::find_message("Fetch", message_kind::request));
  EXPECT_EQ(wire::find_message("Fetch", "", 4, one)->what, "Fetch is a request and a response; say --kind");
  EXPECT_EQ(wire::find_message("Fetch", "request", 3, one)->what, "FetchRequest has no version 3, only 4 to 18");
}

TEST(kafka_releases, are_known_for_every_stable_version) {
  for (const message_type& message : all_messages()) {
    for (std::int16_t version = message.min_version; message.key && version <= message.max_version; ++version)
      EXPECT_FALSE(first_release(*message.key, version).empty()) << message.name << " " << version;
  }
  EXPECT_EQ(first_release(protocol::api_key::fetch, 12), "2.7");
  EXPECT_EQ(first_release(protocol::api_key::fetch, 15), "3.5") << "in one release with 14";
  EXPECT_EQ(first_release(protocol::api_key::describe_cluster, std::nullopt), "2.8");
  EXPECT_EQ(first_release(protocol::api_key::api_versions, 5), "4.4");
  EXPECT_EQ(first_release(protocol::api_key::init_producer_id, 6), "") << "unstable";
  EXPECT_EQ(first_release(protocol::api_key{9999}, std::nullopt), "");
}

}  // namespace
}  // namespace ottla
