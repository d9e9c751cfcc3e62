// AlterConfigs and IncrementalAlterConfigs: what is set, what is refused, and that it takes effect and is kept.
#include "ottla/protocol/alter_configs.hpp"
#include "kept_support.hpp"
#include "ottla/protocol/create_topics.hpp"
#include "ottla/protocol/describe_configs.hpp"
#include "ottla/protocol/incremental_alter_configs.hpp"

namespace ottla::test {
namespace {

using protocol::error_code;

enum resource : std::int8_t { of_topic = 2, of_broker = 4 };
enum operation : std::int8_t { set, unset, append, subtract };

struct change {
  std::string_view name;
  operation kind = set;
  std::optional<std::string_view> value = std::nullopt;
};

/// One resource's answer to IncrementalAlterConfigs.
error_code alter(client_end& by, std::int8_t type, std::string_view name, const std::vector<change>& changes,
                 bool validate_only = false) {
  std::vector<protocol::IncrementalAlterConfigsRequest::AlterableConfig> configs;
  for (const change& c : changes) configs.push_back({c.name, c.kind, c.value, {}});
  protocol::IncrementalAlterConfigsRequest::AlterConfigsResource resource{type, name, configs, {}};
  protocol::IncrementalAlterConfigsRequest request;
  request.resources = {&resource, 1};
  request.validate_only = validate_only;
  const auto told = by.ask(request);
  EXPECT_EQ(told->responses.size(), 1u);
  EXPECT_EQ(told->responses[0].resource_name, name);
  EXPECT_EQ(told->responses[0].error_message.has_value(), told->responses[0].error_code != error_code::none);
  return told->responses[0].error_code;
}

/// One resource's answer to AlterConfigs.
error_code replace(client_end& by, std::int8_t type, std::string_view name, const std::vector<change>& settings) {
  std::vector<protocol::AlterConfigsRequest::AlterableConfig> configs;
  for (const change& c : settings) configs.push_back({c.name, c.value, {}});
  protocol::AlterConfigsRequest::AlterConfigsResource resource{type, name, configs, {}};
  protocol::AlterConfigsRequest request;
  request.resources = {&resource, 1};
  return by.ask(request)->responses[0].error_code;
}

/// "value/source" of a setting.
std::string setting_of(client_end& by, std::int8_t type, std::string_view name, std::string_view key) {
  protocol::DescribeConfigsRequest::DescribeConfigsResource resource;
  resource.resource_type = type;
  resource.resource_name = name;
  resource.configuration_keys = protocol::array<std::string_view>(&key, 1);
  protocol::DescribeConfigsRequest request;
  request.resources = {&resource, 1};
  const auto told = by.ask(request);
  if (told->results[0].configs.empty()) return "none";
  const auto& config = told->results[0].configs[0];
  return std::string(config.value.value_or("null")) + "/" + std::to_string(config.config_source);
}

class AlterConfigs : public testing::Test {
 protected:
  AlterConfigs() { EXPECT_EQ(kafka.create_topic("t", 1), ""); }
  mock::broker kafka;
  client_end client{kafka};
};

TEST_F(AlterConfigs, SettingsOfTopicsAreSetAndUnset) {
  EXPECT_EQ(alter(client, of_topic, "t", {{"retention.ms", set, "5"}}), error_code::none);
  EXPECT_EQ(setting_of(client, of_topic, "t", "retention.ms"), "5/1");
  EXPECT_EQ(alter(client, of_topic, "t", {{"retention.ms", unset}}), error_code::none);
  EXPECT_EQ(setting_of(client, of_topic, "t", "retention.ms"), "604800000/5");
}

TEST_F(AlterConfigs, ListsAreAppendedToAndSubtractedFrom) {
  EXPECT_EQ(alter(client, of_topic, "t", {{"cleanup.policy", append, "compact"}}), error_code::none);
  EXPECT_EQ(setting_of(client, of_topic, "t", "cleanup.policy"), "delete,compact/1");
  EXPECT_EQ(alter(client, of_topic, "t", {{"cleanup.policy", subtract, "delete"}}), error_code::none);
  EXPECT_EQ(setting_of(client, of_topic, "t", "cleanup.policy"), "compact/1");
  EXPECT_EQ(alter(client, of_topic, "t", {{"retention.ms", append, "5"}}), error_code::invalid_config);
}

TEST_F(AlterConfigs, ValuesAreTidiedAndHeldAgainstTheirRange) {
  const auto told = [&](std::string_view name, std::string_view value) {
    if (alter(client, of_topic, "t", {{name, set, value}}) != error_code::none) return std::string("refused");
    return setting_of(client, of_topic, "t", name);
  };
  EXPECT_EQ(told("cleanup.policy", "compact, delete ,compact"), "compact,delete/1");
  EXPECT_EQ(told("cleanup.policy", ""), "/1");
  EXPECT_EQ(told("preallocate", "TRUE"), "true/1");
  EXPECT_EQ(told("retention.ms", " +5 "), "5/1");
  EXPECT_EQ(told("compression.gzip.level", "0"), "refused");
  EXPECT_EQ(told("compression.lz4.level", "18"), "refused");
  EXPECT_EQ(told("remote.storage.enable", "true"), "refused");
  EXPECT_EQ(told("leader.replication.throttled.replicas", "0:1,12:3"), "0:1,12:3/1");
  EXPECT_EQ(told("leader.replication.throttled.replicas", "*"), "*/1");
  for (const char* bad : {"x", "1:", ":1", "1:2:3"})
    EXPECT_EQ(told("leader.replication.throttled.replicas", bad), "refused") << bad;
}

TEST_F(AlterConfigs, WhatIsRefusedChangesNothing) {
  EXPECT_EQ(alter(client, of_topic, "t", {{"retention.ms", set, "5"}, {"segment.ms", set, "x"}}),
            error_code::invalid_config);
  EXPECT_EQ(alter(client, of_topic, "t", {{"no.such", set, "5"}}), error_code::invalid_config);
  EXPECT_EQ(alter(client, of_topic, "t", {{"min.compaction.lag.ms", set, "9"}, {"max.compaction.lag.ms", set, "8"}}),
            error_code::invalid_config);
  EXPECT_EQ(alter(client, of_topic, "t", {{"retention.ms", set}}), error_code::invalid_request);
  EXPECT_EQ(alter(client, of_topic, "t", {{"retention.ms", set, "5"}, {"retention.ms", set, "6"}}),
            error_code::invalid_request);
  EXPECT_EQ(alter(client, of_topic, "none", {{"retention.ms", set, "5"}}), error_code::unknown_topic_or_partition);
  EXPECT_EQ(alter(client, 16, "t", {{"retention.ms", set, "5"}}), error_code::invalid_request);
  EXPECT_EQ(alter(client, of_topic, "t", {{"retention.ms", set, "5"}}, true), error_code::none) << "validated only";
  EXPECT_EQ(setting_of(client, of_topic, "t", "retention.ms"), "604800000/5");
}

TEST_F(AlterConfigs, TheOlderApiReplacesAllThatWasSet) {
  alter(client, of_topic, "t", {{"retention.ms", set, "5"}});
  EXPECT_EQ(replace(client, of_topic, "t", {{"segment.ms", set, "7"}}), error_code::none);
  EXPECT_EQ(setting_of(client, of_topic, "t", "retention.ms"), "604800000/5");
  EXPECT_EQ(setting_of(client, of_topic, "t", "segment.ms"), "7/1");
  EXPECT_EQ(replace(client, of_topic, "t", {{"segment.ms", set, "x"}}), error_code::invalid_config);
  EXPECT_EQ(setting_of(client, of_topic, "t", "segment.ms"), "7/1");
}

TEST_F(AlterConfigs, WhatIsSaidOfBrokersCountsWhereATopicSaysNothing) {
  EXPECT_EQ(alter(client, of_broker, "", {{"message.max.bytes", set, "200"}}), error_code::none);
  EXPECT_EQ(setting_of(client, of_broker, "", "message.max.bytes"), "200/3");
  EXPECT_EQ(setting_of(client, of_broker, "1", "message.max.bytes"), "200/3");
  EXPECT_EQ(setting_of(client, of_topic, "t", "max.message.bytes"), "200/3");
  const auto large = batch({.values = {std::string(300, 'x')}});
  EXPECT_EQ(produce(client, "t", 0, large).error, error_code::message_too_large);
  EXPECT_EQ(alter(client, of_broker, "1", {{"message.max.bytes", set, "1000"}}), error_code::none);
  EXPECT_EQ(setting_of(client, of_topic, "t", "max.message.bytes"), "1000/2");
  EXPECT_EQ(produce(client, "t", 0, large).error, error_code::none);
  ASSERT_EQ(kafka.create_topic("later", 1), "");
  EXPECT_EQ(setting_of(client, of_topic, "later", "max.message.bytes"), "1000/2");
  EXPECT_EQ(alter(client, of_topic, "t", {{"max.message.bytes", set, "100"}}), error_code::none);
  EXPECT_EQ(produce(client, "t", 0, large).error, error_code::message_too_large);
}

TEST_F(AlterConfigs, ANodeIsAskedAboutItselfAndWhatItMayChange) {
  EXPECT_EQ(alter(client, of_broker, "2", {{"message.max.bytes", set, "200"}}), error_code::invalid_request);
  EXPECT_EQ(alter(client, of_broker, "x", {{"message.max.bytes", set, "200"}}), error_code::invalid_request);
  EXPECT_EQ(alter(client, of_broker, "1", {{"num.partitions", set, "2"}}), error_code::invalid_request);
  EXPECT_EQ(alter(client, of_broker, "1", {{"no.such", set, "2"}}), error_code::invalid_request);
  EXPECT_EQ(alter(client, of_broker, "1", {{"message.max.bytes", set, "x"}}), error_code::invalid_request);
  EXPECT_EQ(alter(client, of_broker, "1", {{"message.max.bytes", append, "1"}}), error_code::invalid_config);
  EXPECT_EQ(setting_of(client, of_broker, "1", "message.max.bytes"), "1048588/5");
}

TEST_F(AlterConfigs, WithMoreNodesOnlyWhatIsSaidOfAllHasEffectOnTopics) {
  mock::broker two({.nodes = {{1, "a", 1, ""}, {2, "b", 2, ""}}});
  ASSERT_EQ(two.create_topic("t", 1), "");
  client_end by(two);
  ASSERT_EQ(alter(by, of_broker, "1", {{"message.max.bytes", set, "200"}}), error_code::none);
  EXPECT_EQ(produce(by, "t", 0, batch({.values = {std::string(300, 'x')}})).error, error_code::none);
  ASSERT_EQ(alter(by, of_broker, "", {{"message.max.bytes", set, "200"}}), error_code::none);
  EXPECT_EQ(produce(by, "t", 0, batch({.values = {std::string(300, 'x')}})).error, error_code::message_too_large);
}

TEST_F(AlterConfigs, RetentionAndSegmentsGoByWhatWasAltered) {
  const std::string value(600'000, 'x');
  for (int i = 0; i < 4; ++i) ASSERT_EQ(produce(client, "t", 0, batch({.values = {value}})).error, error_code::none);
  EXPECT_EQ(alter(client, of_topic, "t", {{"segment.bytes", set, "1048576"}, {"retention.bytes", set, "700000"}}),
            error_code::none);
  for (int i = 0; i < 3; ++i) ASSERT_EQ(produce(client, "t", 0, batch({.values = {value}})).error, error_code::none);
  // The first segment holds the four from before, each further one a batch.
  EXPECT_EQ(kafka.partition("t", 0)->log_start_offset, 5);
}

TEST(AlterConfigsKept, WhatWasAlteredIsThereAfterARestart) {
  mock::memory_disk disk;
  {
    life first(disk);
    first.kafka.create_topic("t", 1, 1, {{"retention.bytes", "9"}});
    first.kafka.create_topic("quiet", 1);
    client_end client(first.kafka);
    alter(client, of_topic, "t", {{"retention.ms", set, "5"}, {"retention.bytes", unset}});
    alter(client, of_broker, "", {{"message.max.bytes", set, "200"}});
    alter(client, of_broker, "1", {{"log.cleanup.policy", append, "compact"}});
  }
  life second(disk);
  client_end client(second.kafka);
  EXPECT_EQ(setting_of(client, of_topic, "t", "retention.ms"), "5/1");
  EXPECT_EQ(setting_of(client, of_topic, "t", "retention.bytes"), "-1/5");
  EXPECT_EQ(setting_of(client, of_topic, "quiet", "max.message.bytes"), "200/3");
  EXPECT_EQ(setting_of(client, of_topic, "quiet", "cleanup.policy"), "delete,compact/2");
  EXPECT_EQ(produce(client, "quiet", 0, batch({.values = {std::string(300, 'x')}})).error,
            error_code::message_too_large);
}

}  // namespace
}  // namespace ottla::test
