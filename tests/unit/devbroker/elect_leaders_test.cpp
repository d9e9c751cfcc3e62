// ElectLeaders: the preferred replica, or one that lags, and the topic's own word on the latter.
#include <map>

#include "kept_support.hpp"
#include "ottla/protocol/alter_partition_reassignments.hpp"
#include "ottla/protocol/elect_leaders.hpp"

namespace ottla::test {
namespace {

using protocol::error_code;

enum kind : std::int8_t { preferred, unclean };

class ElectLeaders : public testing::Test {
 protected:
  static mock::broker_options three() {
    return {.nodes = {{1, "a", 1, ""}, {2, "b", 2, ""}, {3, "c", 3, ""}}, .default_replication_factor = 3};
  }
  ElectLeaders() {
    EXPECT_EQ(kafka.create_topic("t", 2), "");
    EXPECT_EQ(kafka.partition("t", 0)->leader, 1);
  }

  error_code elect(std::int8_t type, std::int32_t partition = 0, std::string_view topic = "t") {
    protocol::ElectLeadersRequest::TopicPartitions asked{topic, {&partition, 1}, {}};
    protocol::ElectLeadersRequest request;
    request.election_type = type;
    request.topic_partitions = protocol::array<protocol::ElectLeadersRequest::TopicPartitions>(&asked, 1);
    const auto told = client.ask(request);
    EXPECT_EQ(told->replica_election_results[0].partition_result[0].partition_id, partition);
    return told->replica_election_results[0].partition_result[0].error_code;
  }
  std::map<std::int32_t, error_code> elect_all(std::int8_t type) {
    protocol::ElectLeadersRequest request;
    request.election_type = type;
    request.topic_partitions = std::nullopt;
    const auto told = client.ask(request);
    std::map<std::int32_t, error_code> out;
    for (const auto& t : told->replica_election_results)
      for (const auto& p : t.partition_result) out[p.partition_id] = p.error_code;
    return out;
  }
  std::int32_t leader(std::int32_t partition = 0) const { return kafka.partition("t", partition)->leader; }

  mock::broker kafka{three()};
  client_end client{kafka, 2};
};

TEST_F(ElectLeaders, ThePreferredReplicaLeadsAgainWithANewEpoch) {
  EXPECT_EQ(elect(preferred), error_code::election_not_needed);
  ASSERT_TRUE(kafka.move_leader("t", 0, 1, start));
  EXPECT_EQ(elect(preferred), error_code::none);
  EXPECT_EQ(leader(), 1);
  EXPECT_EQ(kafka.partition("t", 0)->leader_epoch, 2);
  EXPECT_EQ(elect(preferred, 9), error_code::unknown_topic_or_partition);
  EXPECT_EQ(elect(preferred, 0, "none"), error_code::unknown_topic_or_partition);
}

TEST_F(ElectLeaders, ThePreferredReplicaMustBeUpAndInSync) {
  ASSERT_TRUE(kafka.move_leader("t", 0, 1, start));
  ASSERT_TRUE(kafka.hold_out_of_sync("t", 0, {0}, start));
  EXPECT_EQ(elect(preferred), error_code::preferred_leader_not_available);
  ASSERT_TRUE(kafka.hold_out_of_sync("t", 0, {}, start));
  kafka.stop(0);
  EXPECT_EQ(elect(preferred), error_code::preferred_leader_not_available);
  kafka.start(0);
  EXPECT_EQ(elect(preferred), error_code::none);
}

TEST_F(ElectLeaders, WithoutNamesAllAreElectedAndThoseThatNeededItAreTold) {
  EXPECT_TRUE(elect_all(preferred).empty());
  ASSERT_TRUE(kafka.move_leader("t", 1, 0, start));
  EXPECT_EQ(elect_all(preferred), (std::map<std::int32_t, error_code>{{1, error_code::none}}));
  EXPECT_EQ(leader(1), 2);
}

TEST_F(ElectLeaders, AReplicaThatLagsLeadsIfItIsAskedForAndNoneElseIsLeft) {
  EXPECT_EQ(elect(unclean), error_code::election_not_needed);
  ASSERT_TRUE(kafka.hold_out_of_sync("t", 0, {1, 2}, start));
  kafka.stop(0);
  ASSERT_EQ(leader(), -1);
  EXPECT_EQ(elect(preferred), error_code::preferred_leader_not_available);
  EXPECT_EQ(elect(unclean), error_code::none);
  EXPECT_EQ(leader(), 2);
  EXPECT_EQ(kafka.partition("t", 0)->in_sync, std::vector<std::int32_t>{2}) << "the other is still held out";
  kafka.start(0);
  EXPECT_EQ(kafka.partition("t", 0)->in_sync, (std::vector<std::int32_t>{1, 2}));
  EXPECT_EQ(leader(), 2);
}

TEST_F(ElectLeaders, WhereAllReplicasAreDownNobodyIsEligible) {
  ASSERT_EQ(kafka.create_topic("one", 1, 1), "");
  const std::int32_t only = kafka.partition("one", 0)->leader;
  ASSERT_NE(only, 0);
  client_end other(kafka, only == 3 ? 0 : 2);
  kafka.stop(static_cast<std::size_t>(only - 1));
  std::int32_t partition = 0;
  protocol::ElectLeadersRequest::TopicPartitions asked{"one", {&partition, 1}, {}};
  protocol::ElectLeadersRequest request;
  request.election_type = unclean;
  request.topic_partitions = protocol::array<protocol::ElectLeadersRequest::TopicPartitions>(&asked, 1);
  EXPECT_EQ(other.ask(request)->replica_election_results[0].partition_result[0].error_code,
            error_code::eligible_leaders_not_available);
}

TEST_F(ElectLeaders, AnotherOrderOfReplicasIsAnotherPreferredLeader) {
  const auto reassign = [&](std::optional<std::vector<protocol::broker_id>> replicas, bool any_number = true) {
    protocol::AlterPartitionReassignmentsRequest::ReassignablePartition part;
    part.replicas = std::nullopt;
    if (replicas) part.replicas = protocol::array<protocol::broker_id>(*replicas);
    protocol::AlterPartitionReassignmentsRequest::ReassignableTopic topic{"t", {&part, 1}, {}};
    protocol::AlterPartitionReassignmentsRequest request;
    request.topics = {&topic, 1};
    request.allow_replication_factor_change = any_number;
    return client.ask(request)->responses[0].partitions[0].error_code;
  };
  using ids = std::vector<protocol::broker_id>;
  const auto id = [](int number) { return protocol::broker_id{number}; };
  EXPECT_EQ(reassign(ids{id(2), id(1), id(3)}), error_code::none);
  EXPECT_EQ(kafka.partition("t", 0)->replicas, (std::vector<std::int32_t>{2, 1, 3}));
  EXPECT_EQ(leader(), 1);
  EXPECT_EQ(kafka.partition("t", 0)->leader_epoch, 0);
  EXPECT_EQ(elect(preferred), error_code::none);
  EXPECT_EQ(leader(), 2);
  EXPECT_EQ(reassign(ids{id(3)}), error_code::none) << "the leader is gone from it";
  EXPECT_EQ(leader(), 3);
  EXPECT_EQ(kafka.partition("t", 0)->in_sync, std::vector<std::int32_t>{3});
  EXPECT_EQ(reassign(ids{id(3), id(1)}, false), error_code::invalid_replication_factor);
  EXPECT_EQ(reassign(ids{id(3), id(3)}), error_code::invalid_replica_assignment);
  EXPECT_EQ(reassign(ids{id(9)}), error_code::invalid_replica_assignment);
  EXPECT_EQ(reassign(ids{}), error_code::invalid_replica_assignment);
  EXPECT_EQ(reassign(std::nullopt), error_code::no_reassignment_in_progress);
}

TEST_F(ElectLeaders, AKindThatIsNotKnownIsRefused) { EXPECT_EQ(elect(7), error_code::invalid_request); }

TEST_F(ElectLeaders, ATopicMayWantALeaderAtAnyPrice) {
  ASSERT_EQ(kafka.create_topic("daring", 1, 3, {{"unclean.leader.election.enable", "true"}}), "");
  const auto before = *kafka.partition("daring", 0);
  std::vector<std::size_t> others;
  for (std::size_t i = 0; i < 3; ++i)
    if (kafka.node(i).id != before.leader) others.push_back(i);
  ASSERT_TRUE(kafka.hold_out_of_sync("daring", 0, others, start));
  kafka.stop(static_cast<std::size_t>(before.leader - 1));
  EXPECT_NE(kafka.partition("daring", 0)->leader, -1);
  EXPECT_NE(kafka.partition("daring", 0)->leader, before.leader);
  EXPECT_EQ(kafka.partition("daring", 0)->leader_epoch, before.leader_epoch + 1);
}

}  // namespace
}  // namespace ottla::test
