// ApiVersions, Metadata and the topic and cluster APIs around it.
#include "ottla/protocol/api_versions.hpp"
#include "ottla/protocol/create_topics.hpp"
#include "ottla/protocol/delete_topics.hpp"
#include "ottla/protocol/describe_cluster.hpp"
#include "ottla/protocol/describe_configs.hpp"
#include "ottla/protocol/metadata.hpp"
#include "support.hpp"

namespace ottla::test {
namespace {

using protocol::error_code;

class Topics : public testing::Test {
 protected:
  mock::broker kafka;
  client_end client{kafka};

  struct created {
    error_code error;
    std::string message;
    std::int32_t partitions;
    bool has_configs;
    protocol::uuid id;
  };
  created create(std::string_view name, std::int32_t partitions, std::int16_t replication = 1, std::int16_t version = 7,
                 bool validate_only = false, std::vector<std::pair<std::string_view, std::string_view>> configs = {}) {
    std::vector<protocol::CreateTopicsRequest::CreatableTopicConfig> settings;
    for (const auto& [key, value] : configs) settings.push_back({key, value, {}});
    protocol::CreateTopicsRequest::CreatableTopic topic;
    topic.name = name;
    topic.num_partitions = partitions;
    topic.replication_factor = replication;
    topic.configs = settings;
    protocol::CreateTopicsRequest request;
    request.topics = {&topic, 1};
    request.validate_only = validate_only;
    const auto response = client.ask(request, version);
    const auto& told = response->topics[0];
    EXPECT_EQ(told.name, name);
    return {told.error_code, std::string(told.error_message.value_or("")), told.num_partitions,
            told.configs && !told.configs->empty(), told.topic_id};
  }
  answered<protocol::MetadataResponse> metadata(std::vector<std::string_view> names, std::int16_t version = 13) {
    std::vector<protocol::MetadataRequest::MetadataRequestTopic> topics;
    for (const auto name : names) topics.push_back({{}, name, {}});
    protocol::MetadataRequest request;
    request.topics = protocol::array<protocol::MetadataRequest::MetadataRequestTopic>(topics);
    return client.ask(request, version);
  }
};

TEST_F(Topics, ApiVersionsListsExactlyWhatIsServed) {
  protocol::ApiVersionsRequest request;
  request.client_software_name = "ottla";
  request.client_software_version = "1.0";
  for (std::int16_t version = 0; version <= 4; ++version) {
    const auto told = client.ask(request, version);
    EXPECT_EQ(told->error_code, error_code::none);
    EXPECT_EQ(told->api_keys.size(), 48u);
    EXPECT_EQ(told->api_keys[0].min_version, 0) << "Produce, as Kafka says it for librdkafka's sake";
    for (const auto& api : told->api_keys)
      EXPECT_NE(api.api_key, static_cast<std::int16_t>(protocol::api_key::get_telemetry_subscriptions));
  }
}

TEST_F(Topics, ApiVersionsTellsTheVersionOfTransactions) {
  protocol::ApiVersionsRequest request;
  request.client_software_name = "ottla";
  request.client_software_version = "1.0";
  for (const int version : {0, 1, 2}) {
    mock::broker_options options;
    options.transactions.version = version;
    mock::broker other(options);
    client_end asking(other);
    const auto told = asking.ask(request, 4);
    ASSERT_EQ(told->supported_features.size(), 2u);
    EXPECT_EQ(told->supported_features[1].max_version, 2);
    ASSERT_EQ(told->finalized_features.size(), version == 0 ? 1u : 2u) << "what is at 0 is not finalized";
    EXPECT_EQ(told->finalized_features[0].name, "group.version");
    if (version == 0) continue;
    EXPECT_EQ(told->finalized_features[1].name, "transaction.version");
    EXPECT_EQ(told->finalized_features[1].max_version_level, version);
    EXPECT_EQ(asking.ask(request, 3)->supported_features.size(), 0u) << "version 3 has no ranges from 0 on (KIP-1022)";
  }
}

TEST_F(Topics, AnUnknownVersionOfApiVersionsIsAnsweredInVersionZeroAndTheConnectionGoesOn) {
  protocol::ApiVersionsRequest request;
  auto frame = client.frame_of(request, 4);
  frame[7] = std::byte{5};
  kafka.receive(client.id, frame, start);
  const auto told = client.take<protocol::ApiVersionsResponse>(0);
  ASSERT_TRUE(told);
  EXPECT_EQ((*told)->error_code, error_code::unsupported_version);
  ASSERT_EQ((*told)->api_keys.size(), 1u);
  EXPECT_EQ((*told)->api_keys[0].api_key, 18);
  EXPECT_EQ((*told)->api_keys[0].max_version, 4);
  EXPECT_FALSE(client.closed());
  request.client_software_name = "ottla";
  request.client_software_version = "1.0";
  EXPECT_EQ(client.ask(request, 4)->error_code, error_code::none);
}

TEST_F(Topics, AMalformedSoftwareNameIsAnInvalidRequest) {
  protocol::ApiVersionsRequest request;
  request.client_software_name = "-ottla";
  request.client_software_version = "1.0";
  EXPECT_EQ(client.ask(request, 4)->error_code, error_code::invalid_request);
}

TEST_F(Topics, OtherUnknownApisAndVersionsCloseTheConnection) {
  protocol::MetadataRequest request;
  auto frame = client.frame_of(request, 13);
  frame[7] = std::byte{99};
  kafka.receive(client.id, frame, start);
  EXPECT_TRUE(client.closed());
  EXPECT_NE(client.reason().find("version 99"), std::string_view::npos);
}

TEST_F(Topics, MetadataTellsNodesTopicsAndLeaders) {
  kafka.create_topic("t", 3);
  for (std::int16_t version = 0; version <= 13; ++version) {
    const auto told = metadata({"t"}, version);
    ASSERT_EQ(told->brokers.size(), 1u);
    EXPECT_EQ(told->brokers[0].host, "localhost");
    ASSERT_EQ(told->topics.size(), 1u) << version;
    EXPECT_EQ(told->topics[0].error_code, error_code::none);
    ASSERT_EQ(told->topics[0].partitions.size(), 3u);
    EXPECT_EQ(told->topics[0].partitions[2].leader_id, protocol::broker_id{1});
    EXPECT_EQ(told->topics[0].topic_id, version >= 10 ? kafka.topics()[0].id : protocol::uuid{});
  }
}

TEST_F(Topics, NullAsksForAllTopicsAndAnEmptyListForNone) {
  kafka.create_topic("a", 1);
  kafka.create_topic("b", 1);
  protocol::MetadataRequest all;
  all.topics = std::nullopt;
  EXPECT_EQ(client.ask(all, 13)->topics.size(), 2u);
  EXPECT_TRUE(metadata({})->topics.empty());
  EXPECT_EQ(metadata({}, 0)->topics.size(), 2u) << "version 0 has no null";
  EXPECT_EQ(metadata({"a", "a"})->topics.size(), 1u) << "a repeated name is told once";
}

// librdkafka 2.x reserves four bytes for the number of topics and leaves three of them behind when it asks for all.
TEST_F(Topics, BytesBehindARequestArePassedOver) {
  create("orders", 1);
  protocol::MetadataRequest request;
  request.topics = std::nullopt;
  auto frame = client.frame_of(request, 13);
  frame.insert(frame.end(), {std::byte{1}, std::byte{0}, std::byte{0}});
  frame[3] = static_cast<std::byte>(frame.size() - 4);
  kafka.receive(client.id, frame, client.now);
  const auto told = client.take<protocol::MetadataResponse>(13);
  ASSERT_TRUE(told.has_value()) << client.reason();
  ASSERT_EQ((*told)->topics.size(), 1u);
  EXPECT_EQ((*told)->topics[0].name, "orders");
}

TEST_F(Topics, MetadataByIdFindsTheNameAndSaysWhenThereIsNone) {
  kafka.create_topic("a", 1);
  std::array<protocol::MetadataRequest::MetadataRequestTopic, 2> topics;
  topics[0] = {kafka.topics()[0].id, std::nullopt, {}};
  topics[1] = {protocol::uuid{{std::byte{1}}}, std::nullopt, {}};
  protocol::MetadataRequest request;
  request.topics = protocol::array<protocol::MetadataRequest::MetadataRequestTopic>(topics);
  const auto told = client.ask(request, 12);
  EXPECT_EQ(told->topics[0].name, "a");
  EXPECT_EQ(told->topics[1].error_code, error_code::unknown_topic_id);
}

TEST_F(Topics, UnknownAndIllegalNamesAreToldApart) {
  EXPECT_EQ(metadata({"nowhere"})->topics[0].error_code, error_code::unknown_topic_or_partition);
  EXPECT_EQ(metadata({"not a name"})->topics[0].error_code, error_code::invalid_topic_exception);
  EXPECT_TRUE(kafka.topics().empty()) << "topics are not made by asking";
}

TEST_F(Topics, AutoCreationMakesTheTopicForTheNextQuestion) {
  mock::broker generous({.auto_create_topics = true, .default_partitions = 4});
  client_end other(generous);
  protocol::MetadataRequest::MetadataRequestTopic topic{{}, "new", {}};
  protocol::MetadataRequest request;
  request.topics = protocol::array<protocol::MetadataRequest::MetadataRequestTopic>(&topic, 1);
  EXPECT_EQ(other.ask(request, 13)->topics[0].error_code, error_code::unknown_topic_or_partition);
  EXPECT_EQ(other.ask(request, 13)->topics[0].partitions.size(), 4u);
}

TEST_F(Topics, CreateTellsWhatWasMade) {
  for (std::int16_t version = 2; version <= 7; ++version) {
    const auto told = create("t" + std::to_string(version), 3, 1, version);
    EXPECT_EQ(told.error, error_code::none) << version;
    EXPECT_EQ(told.has_configs, version >= 5) << version;
    EXPECT_EQ(told.id.is_zero(), version < 7) << version;
  }
  EXPECT_EQ(kafka.topics().size(), 6u);
}

TEST_F(Topics, MinusOneMeansTheClustersDefault) {
  mock::broker wide({.default_partitions = 5});
  client_end other(wide);
  protocol::CreateTopicsRequest::CreatableTopic topic;
  topic.name = "t";
  topic.num_partitions = -1;
  topic.replication_factor = -1;
  protocol::CreateTopicsRequest request;
  request.topics = {&topic, 1};
  EXPECT_EQ(other.ask(request, 7)->topics[0].num_partitions, 5);
  EXPECT_EQ(wide.topics()[0].partitions, 5);
}

TEST_F(Topics, ValidateOnlyMakesNothing) {
  EXPECT_EQ(create("t", 3, 1, 7, true).partitions, 3);
  EXPECT_TRUE(kafka.topics().empty());
}

TEST_F(Topics, EveryMistakeHasItsError) {
  kafka.create_topic("there", 1);
  kafka.create_topic("a.b", 1);
  EXPECT_EQ(create("there", 1).error, error_code::topic_already_exists);
  EXPECT_EQ(create("not a name", 1).error, error_code::invalid_topic_exception);
  EXPECT_EQ(create("a_b", 1).error, error_code::invalid_topic_exception);
  EXPECT_EQ(create("t", 0).error, error_code::invalid_partitions);
  EXPECT_EQ(create("t", -2).error, error_code::invalid_partitions);
  EXPECT_EQ(create("t", 1, 2).error, error_code::invalid_replication_factor);
  EXPECT_EQ(create("t", 1, 1, 7, false, {{"no.such.setting", "1"}}).error, error_code::invalid_config);
  EXPECT_EQ(create("t", 1, 1, 7, false, {{"retention.ms", "soon"}}).error, error_code::invalid_config);
  EXPECT_EQ(create("t", 1, 1, 7, false, {{"cleanup.policy", "compact,delete"}, {"retention.ms", "1000"}}).error,
            error_code::none);
}

TEST_F(Topics, ANameThatComesTwiceIsAnsweredOnceWithAnError) {
  std::array<protocol::CreateTopicsRequest::CreatableTopic, 2> topics;
  topics[0].name = topics[1].name = "t";
  topics[0].num_partitions = topics[1].num_partitions = 1;
  topics[0].replication_factor = topics[1].replication_factor = 1;
  protocol::CreateTopicsRequest request;
  request.topics = topics;
  const auto told = client.ask(request, 7);
  ASSERT_EQ(told->topics.size(), 1u);
  EXPECT_EQ(told->topics[0].error_code, error_code::invalid_request);
  EXPECT_TRUE(kafka.topics().empty());
}

TEST_F(Topics, AssignmentsMustBeCompleteAndNameRealNodes) {
  protocol::broker_id node{1};
  protocol::CreateTopicsRequest::CreatableReplicaAssignment assignment;
  assignment.broker_ids = {&node, 1};
  protocol::CreateTopicsRequest::CreatableTopic topic;
  topic.name = "t";
  topic.num_partitions = -1;
  topic.replication_factor = -1;
  topic.assignments = {&assignment, 1};
  protocol::CreateTopicsRequest request;
  request.topics = {&topic, 1};
  assignment.partition_index = 1;
  EXPECT_EQ(client.ask(request, 7)->topics[0].error_code, error_code::invalid_replica_assignment);
  assignment.partition_index = 0;
  node = protocol::broker_id{8};
  EXPECT_EQ(client.ask(request, 7)->topics[0].error_code, error_code::invalid_replica_assignment);
  node = protocol::broker_id{1};
  EXPECT_EQ(client.ask(request, 7)->topics[0].error_code, error_code::none);
}

TEST_F(Topics, DeletionWorksByNameAndById) {
  kafka.create_topic("a", 1);
  kafka.create_topic("b", 1);
  std::array<std::string_view, 2> names{"a", "nowhere"};
  protocol::DeleteTopicsRequest by_name;
  by_name.topic_names = names;
  for (const auto version : {std::int16_t{1}, std::int16_t{5}}) {
    const auto told = client.ask(by_name, version);
    EXPECT_EQ(told->responses[0].error_code, version == 1 ? error_code::none : error_code::unknown_topic_or_partition);
    EXPECT_EQ(told->responses[1].error_code, error_code::unknown_topic_or_partition);
  }
  protocol::DeleteTopicsRequest::DeleteTopicState state{std::nullopt, kafka.topics()[0].id, {}};
  protocol::DeleteTopicsRequest by_id;
  by_id.topics = {&state, 1};
  const auto told = client.ask(by_id, 6);
  EXPECT_EQ(told->responses[0].error_code, error_code::none);
  EXPECT_EQ(told->responses[0].name, "b");
  EXPECT_EQ(client.ask(by_id, 6)->responses[0].error_code, error_code::unknown_topic_id);
  EXPECT_TRUE(kafka.topics().empty());
}

TEST_F(Topics, ATopicThatIsToBeDeletedByNameAndByIdStays) {
  const auto id = create("a", 1).id;
  protocol::DeleteTopicsRequest::DeleteTopicState states[] = {{std::nullopt, id, {}}, {"a", {}, {}}};
  protocol::DeleteTopicsRequest request;
  request.topics = {states, 2};
  const auto told = client.ask(request);
  ASSERT_EQ(told->responses.size(), 1u);
  EXPECT_EQ(told->responses[0].error_code, error_code::invalid_request);
  EXPECT_EQ(told->responses[0].name, "a");
  EXPECT_EQ(told->responses[0].topic_id, id);
  EXPECT_EQ(kafka.topics().size(), 1u);
}

TEST_F(Topics, MetadataIsAskedByIdFromVersion12On) {
  const auto id = create("a", 1).id;
  protocol::MetadataRequest::MetadataRequestTopic asked{id, "a", {}};
  protocol::MetadataRequest request;
  request.topics = protocol::array<protocol::MetadataRequest::MetadataRequestTopic>(&asked, 1);
  for (const std::int16_t version : {10, 11})
    EXPECT_EQ(client.ask(request, version)->topics[0].error_code, error_code::invalid_request) << version;
  asked.name = std::nullopt;
  EXPECT_EQ(client.ask(request, 12)->topics[0].name, "a");
}

TEST_F(Topics, WhatIsToBeDeletedTwiceInOneRequestStays) {
  kafka.create_topic("a", 1);
  std::array<std::string_view, 2> names{"a", "a"};
  protocol::DeleteTopicsRequest request;
  request.topic_names = names;
  const auto told = client.ask(request, 5);
  ASSERT_EQ(told->responses.size(), 1u);
  EXPECT_EQ(told->responses[0].error_code, error_code::invalid_request);
  EXPECT_EQ(kafka.topics().size(), 1u);
}

TEST_F(Topics, ARecreatedTopicHasAnotherId) {
  kafka.create_topic("t", 1);
  const auto first = kafka.topics()[0].id;
  kafka.delete_topic("t");
  kafka.create_topic("t", 1);
  EXPECT_NE(kafka.topics()[0].id, first);
}

TEST_F(Topics, DescribeClusterTellsNodesAndController) {
  for (std::int16_t version = 0; version <= 2; ++version) {
    const auto told = client.ask(protocol::DescribeClusterRequest{}, version);
    EXPECT_EQ(told->brokers.size(), 1u);
    EXPECT_EQ(told->controller_id, protocol::broker_id{1});
    EXPECT_FALSE(told->cluster_id.empty());
  }
  protocol::DescribeClusterRequest controllers;
  controllers.endpoint_type = 2;
  EXPECT_EQ(client.ask(controllers, 1)->error_code, error_code::mismatched_endpoint_type);
}

TEST_F(Topics, DescribeConfigsTellsValuesAndWhereTheyComeFrom) {
  kafka.create_topic("t", 1, -1, {{"retention.ms", "1000"}});
  std::array<std::string_view, 2> keys{"retention.ms", "cleanup.policy"};
  protocol::DescribeConfigsRequest::DescribeConfigsResource resource;
  resource.resource_type = 2;
  resource.resource_name = "t";
  resource.configuration_keys = protocol::array<std::string_view>(keys);
  protocol::DescribeConfigsRequest request;
  request.resources = {&resource, 1};
  request.include_synonyms = true;
  for (std::int16_t version = 1; version <= 4; ++version) {
    const auto told = client.ask(request, version);
    const auto& configs = told->results[0].configs;
    ASSERT_EQ(configs.size(), 2u) << version;
    EXPECT_EQ(configs[0].name, "cleanup.policy");
    EXPECT_EQ(configs[0].config_source, 5);
    EXPECT_EQ(configs[1].value, "1000");
    EXPECT_EQ(configs[1].config_source, 1);
    EXPECT_EQ(configs[1].synonyms.size(), 2u);
  }
  resource.resource_name = "nowhere";
  EXPECT_EQ(client.ask(request, 4)->results[0].error_code, error_code::unknown_topic_or_partition);
  resource.resource_type = 4;
  resource.resource_name = "1";
  resource.configuration_keys = std::nullopt;
  EXPECT_GT(client.ask(request, 4)->results[0].configs.size(), 5u);
}

}  // namespace
}  // namespace ottla::test
