// Describing topics, the cluster, configs and offsets: the right broker, older brokers, and leaders that move.
#include "fixture.hpp"
#include "ottla/protocol/describe_cluster.hpp"
#include "ottla/protocol/describe_configs.hpp"
#include "ottla/protocol/list_offsets.hpp"

namespace ottla::test {
namespace {

using namespace std::chrono_literals;
using protocol::DescribeClusterRequest;
using protocol::DescribeConfigsRequest;
using protocol::DescribeConfigsResponse;
using protocol::error_code;
using protocol::ListOffsetsRequest;
using protocol::ListOffsetsResponse;

class describing : public admin_fixture {
 protected:
  describing() { brokers_.brokers = {{1, "b1"}, {2, "b2"}}; }
};

TEST_F(describing, tells_a_topics_leaders_and_names_one_that_is_not_there) {
  brokers_.topics["t"].partitions = {{.leader = 1}, {.leader = 2, .epoch = 7}};
  const std::vector<std::string> names{"missing", "t"};
  auto topics = open().describe_topics(names);
  ASSERT_TRUE(topics);
  EXPECT_TRUE((*topics)[0].failure.is(error_code::unknown_topic_or_partition));
  EXPECT_NE((*topics)[0].failure.message().find("missing"), std::string::npos);
  ASSERT_EQ((*topics)[1].partitions.size(), 2u);
  EXPECT_EQ((*topics)[1].partitions[1].leader, 2);
  EXPECT_EQ((*topics)[1].partitions[1].leader_epoch, 7);
}

TEST_F(describing, asks_older_brokers_for_metadata_instead_of_the_cluster) {
  brokers_.offered[DescribeClusterRequest::api_key] = -1;
  brokers_.controller = 2;
  auto found = open().describe_cluster(5s);
  ASSERT_TRUE(found) << found.error().message();
  EXPECT_EQ(found->id, "scripted");
  EXPECT_EQ(found->controller, 2);
  ASSERT_EQ(found->brokers.size(), 2u);
  EXPECT_EQ(found->brokers[1].host, "b2");
}

TEST_F(describing, asks_a_broker_itself_for_its_settings) {
  on_[DescribeConfigsRequest::api_key] = [this](const wire_request& one) {
    const auto question = read_request<DescribeConfigsRequest>(one);
    DescribeConfigsResponse::DescribeConfigsResourceResult setting;
    setting.name = "log.dirs";
    setting.value = one.link->to.host;
    DescribeConfigsResponse::DescribeConfigsResult part;
    part.resource_type = question->resources[0].resource_type;
    part.resource_name = question->resources[0].resource_name;
    part.configs = {&setting, 1};
    DescribeConfigsResponse out;
    out.results = {&part, 1};
    answer(one, out);
  };
  const std::vector<config_resource> resources{{config_resource_type::broker, "2", {}},
                                               {config_resource_type::broker, "1", {}}};
  auto found = open().describe_configs(resources);
  ASSERT_TRUE(found) << found.error().message();
  EXPECT_EQ((*found)[0].entries.at(0).value, "b2");
  EXPECT_EQ((*found)[1].entries.at(0).value, "b1");
}

class asking_offsets : public describing {
 protected:
  asking_offsets() {
    on_[ListOffsetsRequest::api_key] = [this](const wire_request& one) { offsets(one); };
  }

  /// The leader answers 100 for the end and 5 for anything else; another broker that it does not lead.
  void offsets(const wire_request& one) {
    const auto question = read_request<ListOffsetsRequest>(one);
    EXPECT_EQ(question->replica_id, no_broker) << "or the broker takes us for a replica";
    std::vector<ListOffsetsResponse::ListOffsetsPartitionResponse> parts;
    ASSERT_EQ(question->topics.size(), 1u);
    for (const auto& asked : question->topics[0].partitions) {
      auto& part = parts.emplace_back();
      part.partition_index = asked.partition_index;
      const int leader = real_leader_.at(static_cast<std::size_t>(asked.partition_index));
      if (one.link->to.host != brokers_.brokers.at(leader)) {
        part.error_code = error_code::not_leader_or_follower;
        brokers_.topics["t"].partitions[static_cast<std::size_t>(asked.partition_index)] = {.leader = leader,
                                                                                            .epoch = 9};
      } else {
        part.offset = asked.timestamp == latest_offset ? 100 : 5;
      }
    }
    ListOffsetsResponse::ListOffsetsTopicResponse topic;
    topic.name = "t";
    topic.partitions = protocol::array<ListOffsetsResponse::ListOffsetsPartitionResponse>(parts);
    ListOffsetsResponse out;
    out.topics = {&topic, 1};
    answer(one, out);
  }

  std::vector<int> real_leader_{1, 2};
};

TEST_F(asking_offsets, goes_to_each_partitions_leader) {
  brokers_.topics["t"].partitions = {{.leader = 1}, {.leader = 2}};
  const std::vector<offset_query> queries{{"t", 0}, {"t", 1}};
  auto found = open().list_offsets(queries);
  ASSERT_TRUE(found) << found.error().message();
  EXPECT_EQ((*found)[0].offset, 100);
  EXPECT_EQ((*found)[1].offset, 100);
  EXPECT_EQ(hosts_, (std::vector<std::string>{"b1", "b2"}));
}

TEST_F(asking_offsets, names_no_partition_twice_in_one_request) {
  brokers_.topics["t"].partitions = {{.leader = 1}, {.leader = 2}};
  const std::vector<offset_query> queries{{"t", 0, earliest_offset}, {"t", 0, latest_offset}};
  auto found = open().list_offsets(queries);
  ASSERT_TRUE(found);
  EXPECT_EQ((*found)[0].offset, 5);
  EXPECT_EQ((*found)[1].offset, 100);
  EXPECT_EQ(hosts_.size(), 2u);
}

TEST_F(asking_offsets, follows_a_leader_that_moved) {
  brokers_.topics["t"].partitions = {{.leader = 2}, {.leader = 2}};
  const std::vector<offset_query> queries{{"t", 0}};
  auto found = open().list_offsets(queries);
  ASSERT_TRUE(found);
  EXPECT_FALSE((*found)[0].failure) << (*found)[0].failure.message();
  EXPECT_EQ((*found)[0].offset, 100);
  EXPECT_EQ(hosts_, (std::vector<std::string>{"b2", "b1"}));
}

TEST_F(asking_offsets, tells_a_partition_that_is_not_there) {
  brokers_.topics["t"].partitions = {{.leader = 1}};
  const std::vector<offset_query> queries{{"t", 5}, {"missing", 0}};
  auto found = open().list_offsets(queries);
  ASSERT_TRUE(found);
  EXPECT_TRUE((*found)[0].failure.is(client_code::unknown_partition));
  EXPECT_TRUE((*found)[1].failure.is(error_code::unknown_topic_or_partition));
}

TEST_F(asking_offsets, gives_up_at_the_deadline_while_a_partition_has_no_leader) {
  brokers_.topics["t"].partitions = {{.leader = -1, .error = error_code::leader_not_available}};
  const std::vector<offset_query> queries{{"t", 0}};
  auto found = open().list_offsets(queries, read_isolation::uncommitted, 3s);
  ASSERT_TRUE(found);
  EXPECT_TRUE((*found)[0].failure.is(error_code::leader_not_available));
}

}  // namespace
}  // namespace ottla::test
