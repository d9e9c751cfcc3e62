// The APIs of groups on the wire: every version answered, and what administrators ask about groups.
#include "group_support.hpp"
#include "ottla/protocol/api_versions.hpp"
#include "ottla/protocol/delete_groups.hpp"
#include "ottla/protocol/describe_groups.hpp"
#include "ottla/protocol/find_coordinator.hpp"
#include "ottla/protocol/list_groups.hpp"
#include "ottla/protocol/offset_delete.hpp"

namespace ottla::test {
namespace {

using namespace protocol;

class GroupApis : public testing::Test {
 protected:
  GroupApis() {
    EXPECT_EQ(kafka.create_topic("t", 2), "");
    EXPECT_EQ(kafka.create_topic("u", 1), "");
  }
  /// Asks in each version that is served and hands each answer to `look`.
  template <class Request, class F>
  void each_version(const Request& request, F&& look, std::int16_t from = Request::min_version,
                    std::int16_t to = Request::max_version) {
    for (std::int16_t v = from; v <= to; ++v) {
      SCOPED_TRACE(std::string(Request::name) + " version " + std::to_string(v));
      look(client.ask(trimmed(request, v), v).body, v);
    }
  }
  std::string state_of(std::string_view group, std::int16_t version = 6) {
    DescribeGroupsRequest request;
    request.groups = {&group, 1};
    return std::string(client.ask(request, version)->groups[0].group_state);
  }
  /// One member, stable, that reads topic t.
  void one_consumer() {
    m.offers = {{"range", std::string("\0\1\0\0\0\1\0\1t\xff\xff\xff\xff\0\0\0\0", 17)}};
    m.send_join();
    pass(kafka, {&m}, 100ms);
    ASSERT_TRUE(m.take_join());
    m.send_sync({{m.id, "mine"}});
    ASSERT_TRUE(m.take_sync());
  }

  mock::broker kafka;
  client_end client{kafka};
  member m{kafka};
};

TEST_F(GroupApis, AreAdvertisedInTheVersionsThatAreAnswered) {
  const auto told = client.ask(ApiVersionsRequest{}, 2);
  std::map<int, std::pair<int, int>> served;
  for (const auto& api : told->api_keys) served[api.api_key] = {api.min_version, api.max_version};
  const std::map<int, std::pair<int, int>> expected{{8, {2, 10}}, {9, {1, 10}}, {10, {0, 6}}, {11, {0, 9}},
                                                    {12, {0, 4}}, {13, {0, 5}}, {14, {0, 5}}, {15, {0, 6}},
                                                    {16, {0, 5}}, {42, {0, 2}}, {47, {0, 0}}};
  for (const auto& [key, range] : expected) EXPECT_EQ(served[key], range) << key;
}

TEST_F(GroupApis, AMembersRequestsAreAnsweredInEveryVersion) {
  for (std::int16_t v = JoinGroupRequest::min_version; v <= JoinGroupRequest::max_version; ++v) {
    SCOPED_TRACE(v);
    member each(kafka, "group-" + std::to_string(v));
    auto told = each.join(v);
    ASSERT_FALSE(told) << "it waits";
    pass(kafka, {&each}, 100ms);
    told = each.take_join(v);
    ASSERT_TRUE(told);
    EXPECT_EQ(told->error, error_code::none);
    EXPECT_EQ(told->protocol, "range");
    EXPECT_EQ(told->members, std::vector<std::string>{each.id});
    const std::int16_t sync_version = std::min<std::int16_t>(v, SyncGroupRequest::max_version);
    each.send_sync({{each.id, "part"}}, sync_version);
    EXPECT_EQ(each.take_sync(sync_version)->assignment, "part");
    HeartbeatRequest beat;
    const std::string group = "group-" + std::to_string(v);
    beat.group_id = group;
    beat.member_id = each.id;
    beat.generation_id = each.generation;
    EXPECT_EQ(each.client.ask(beat, std::min<std::int16_t>(v, 4))->error_code, error_code::none);
    LeaveGroupRequest::MemberIdentity who[2];
    who[0].member_id = each.id;
    who[1].member_id = "nobody";
    LeaveGroupRequest leave;
    leave.group_id = group;
    leave.member_id = each.id;
    leave.members = {who, 2};
    const std::int16_t leave_version = std::min<std::int16_t>(v, 5);
    const auto left = each.client.ask(trimmed(leave, leave_version), leave_version);
    EXPECT_EQ(left->error_code, error_code::none);
    if (leave_version < 3) continue;
    ASSERT_EQ(left->members.size(), 2u);
    EXPECT_EQ(left->members[0].error_code, error_code::none);
    EXPECT_EQ(left->members[1].error_code, error_code::unknown_member_id);
  }
}

TEST_F(GroupApis, FindCoordinatorNamesTheNode) {
  std::string_view keys[] = {"g", "h"};
  FindCoordinatorRequest request;
  request.key = "g";
  request.coordinator_keys = {keys, 2};
  each_version(request, [](const FindCoordinatorResponse& told, std::int16_t v) {
    ASSERT_EQ(told.coordinators.size(), v >= 4 ? 2u : 0u);
    EXPECT_EQ(told.error_code, error_code::none);
    EXPECT_EQ(v >= 4 ? told.coordinators[1].node_id : told.node_id, broker_id{1});
    EXPECT_EQ(v >= 4 ? told.coordinators[1].port : told.port, 9092);
  });
  request.key_type = 2;  // share groups, which are not there
  EXPECT_EQ(client.ask(trimmed(request, 6))->coordinators[0].error_code, error_code::coordinator_not_available);
  EXPECT_EQ(client.ask(trimmed(request, 3), 3)->error_code, error_code::coordinator_not_available);
}

TEST_F(GroupApis, OffsetsAreCommittedAndFetchedInEveryVersion) {
  const auto id = kafka.topics()[0].id;
  for (std::int16_t v = OffsetCommitRequest::min_version; v <= OffsetCommitRequest::max_version; ++v) {
    SCOPED_TRACE(v);
    OffsetCommitRequest::OffsetCommitRequestPartition partition;
    partition.committed_offset = 100 + v;
    partition.committed_metadata = "note";
    OffsetCommitRequest::OffsetCommitRequestTopic topic;
    topic.name = "t";
    topic.topic_id = id;
    topic.partitions = {&partition, 1};
    OffsetCommitRequest commit;
    commit.group_id = "g";
    commit.topics = {&topic, 1};
    EXPECT_EQ(client.ask(commit, v)->topics[0].partitions[0].error_code, error_code::none);
    EXPECT_EQ(m.committed(), 100 + v);
  }
  std::int32_t indexes[] = {0, 1};
  OffsetFetchRequest::OffsetFetchRequestTopic old_topic{"t", {indexes, 2}, {}};
  OffsetFetchRequest::OffsetFetchRequestTopics topic{"t", id, {indexes, 2}, {}};
  OffsetFetchRequest::OffsetFetchRequestGroup groups[2];
  groups[0].group_id = "g";
  groups[0].topics = array<OffsetFetchRequest::OffsetFetchRequestTopics>(&topic, 1);
  groups[1].group_id = "no such group";
  groups[1].topics = groups[0].topics;
  OffsetFetchRequest fetch;
  fetch.group_id = "g";
  fetch.topics = array<OffsetFetchRequest::OffsetFetchRequestTopic>(&old_topic, 1);
  fetch.groups = {groups, 2};
  each_version(
      fetch,
      [](const OffsetFetchResponse& told, std::int16_t) {
        EXPECT_EQ(told.error_code, error_code::none);
        EXPECT_EQ(told.topics[0].partitions[0].committed_offset, 110);
        EXPECT_EQ(told.topics[0].partitions[0].metadata, "note");
        EXPECT_EQ(told.topics[0].partitions[1].committed_offset, -1);
      },
      1, 7);
  each_version(
      fetch,
      [](const OffsetFetchResponse& told, std::int16_t) {
        ASSERT_EQ(told.groups.size(), 2u);
        EXPECT_EQ(told.groups[0].topics[0].partitions[0].committed_offset, 110);
        EXPECT_EQ(told.groups[1].topics[0].partitions[0].committed_offset, -1);
        EXPECT_EQ(told.groups[1].error_code, error_code::none);
      },
      8);
  fetch.topics = std::nullopt;
  groups[0].topics = groups[1].topics = std::nullopt;
  each_version(
      fetch,
      [&](const OffsetFetchResponse& told, std::int16_t v) {
        if (v < 8) {
          ASSERT_EQ(told.topics.size(), 1u);
          EXPECT_EQ(told.topics[0].partitions.size(), 1u) << "all that is committed, and nothing else";
          return;
        }
        ASSERT_EQ(told.groups[0].topics.size(), 1u);
        EXPECT_EQ(told.groups[0].topics[0].partitions[0].committed_offset, 110);
        EXPECT_EQ(told.groups[0].topics[0].topic_id, v >= 10 ? id : uuid{});
        EXPECT_TRUE(told.groups[1].topics.empty());
      },
      2);
}

TEST_F(GroupApis, TopicIdsThatNobodyHasAreSaidToBeUnknown) {
  OffsetCommitRequest::OffsetCommitRequestPartition partition;
  OffsetCommitRequest::OffsetCommitRequestTopic topic;
  topic.topic_id.bytes[0] = std::byte{1};
  topic.partitions = {&partition, 1};
  OffsetCommitRequest commit;
  commit.group_id = "g";
  commit.topics = {&topic, 1};
  EXPECT_EQ(client.ask(commit)->topics[0].partitions[0].error_code, error_code::unknown_topic_id);
  std::int32_t index = 0;
  OffsetFetchRequest::OffsetFetchRequestTopics asked{"", topic.topic_id, {&index, 1}, {}};
  OffsetFetchRequest::OffsetFetchRequestGroup group;
  group.group_id = "g";
  group.topics = array<OffsetFetchRequest::OffsetFetchRequestTopics>(&asked, 1);
  OffsetFetchRequest fetch;
  fetch.groups = {&group, 1};
  EXPECT_EQ(client.ask(fetch)->groups[0].topics[0].partitions[0].error_code, error_code::unknown_topic_id);
}

TEST_F(GroupApis, GroupsAreDescribedInEveryVersion) {
  one_consumer();
  std::string_view names[] = {"g", "none"};
  DescribeGroupsRequest request;
  request.groups = {names, 2};
  request.include_authorized_operations = true;
  each_version(request, [&](const DescribeGroupsResponse& told, std::int16_t v) {
    ASSERT_EQ(told.groups.size(), 2u);
    EXPECT_EQ(told.groups[0].group_state, "Stable");
    EXPECT_EQ(told.groups[0].protocol_data, "range");
    ASSERT_EQ(told.groups[0].members.size(), 1u);
    EXPECT_EQ(told.groups[0].members[0].member_id, m.id);
    EXPECT_EQ(told.groups[0].members[0].client_id, "test");
    EXPECT_EQ(as_text(told.groups[0].members[0].member_assignment), "mine");
    EXPECT_EQ(told.groups[1].group_state, "Dead");
    EXPECT_EQ(told.groups[1].error_code, v >= 6 ? error_code::group_id_not_found : error_code::none);
  });
}

TEST_F(GroupApis, AssignmentsAreToldUntilThereAreNewOnes) {
  one_consumer();
  m.send_join();
  ASSERT_TRUE(m.take_join());
  std::string_view name = "g";
  DescribeGroupsRequest request;
  request.groups = {&name, 1};
  const auto told = client.ask(request);
  EXPECT_EQ(told->groups[0].group_state, "CompletingRebalance");
  EXPECT_EQ(as_text(told->groups[0].members[0].member_assignment), "mine");
}

TEST_F(GroupApis, FromVersion5OnASyncSaysWhatItBelievesToBeTheProtocol) {
  one_consumer();
  SyncGroupRequest request;
  request.group_id = "g";
  request.member_id = m.id;
  request.generation_id = 1;
  request.protocol_type = std::nullopt;
  request.protocol_name = std::nullopt;
  EXPECT_EQ(client.ask(request, 5)->error_code, error_code::inconsistent_group_protocol);
  EXPECT_EQ(client.ask(request, 4)->error_code, error_code::none);
}

TEST_F(GroupApis, AGroupThatIsDeletedTwiceInOneRequestIsToldOnce) {
  ASSERT_EQ(m.commit(1), error_code::none);
  std::string_view names[] = {"g", "g"};
  DeleteGroupsRequest request;
  request.groups_names = {names, 2};
  const auto told = client.ask(request);
  ASSERT_EQ(told->results.size(), 1u);
  EXPECT_EQ(told->results[0].error_code, error_code::none);
}

TEST_F(GroupApis, AnAnswerIsNotMadeLargeByNamingOneThingAgainAndAgain) {
  ASSERT_EQ(m.commit(1, std::string(4096, 'm')), error_code::none);
  std::vector<std::int32_t> indexes(10'000, 0);
  OffsetFetchRequest::OffsetFetchRequestTopic topic{"t", indexes, {}};
  OffsetFetchRequest request;
  request.group_id = "g";
  request.topics = array<OffsetFetchRequest::OffsetFetchRequestTopic>(&topic, 1);
  const auto told = client.ask(request, 7);
  EXPECT_EQ(told->topics[0].partitions[0].error_code, error_code::none);
  EXPECT_EQ(told->topics[0].partitions[9'999].error_code, error_code::unknown_server_error);
}

TEST_F(GroupApis, GroupsAreListedByStateAndType) {
  one_consumer();
  member empty(kafka, "simple", 0, m.client.now);
  ASSERT_EQ(empty.commit(1), error_code::none);
  each_version(ListGroupsRequest{}, [](const ListGroupsResponse& told, std::int16_t v) {
    ASSERT_EQ(told.groups.size(), 2u);
    EXPECT_EQ(told.groups[0].group_id, "g");
    EXPECT_EQ(told.groups[0].protocol_type, "consumer");
    EXPECT_EQ(told.groups[1].group_state, v >= 4 ? "Empty" : "");
  });
  std::string_view state = "stable";
  std::string_view type = "Classic";
  ListGroupsRequest request;
  request.states_filter = {&state, 1};
  request.types_filter = {&type, 1};
  EXPECT_EQ(client.ask(request)->groups.size(), 1u);
  type = "consumer";
  EXPECT_EQ(client.ask(request)->groups.size(), 0u);
}

TEST_F(GroupApis, OnlyGroupsWithoutMembersAreDeleted) {
  one_consumer();
  ASSERT_EQ(m.commit(5), error_code::none);
  std::string_view group = "g";
  DeleteGroupsRequest request;
  request.groups_names = {&group, 1};
  each_version(request, [](const DeleteGroupsResponse& told, std::int16_t) {
    EXPECT_EQ(told.results[0].error_code, error_code::non_empty_group);
  });
  ASSERT_EQ(m.leave(), error_code::none);
  EXPECT_EQ(state_of("g"), "Empty");
  EXPECT_EQ(client.ask(request)->results[0].error_code, error_code::none);
  EXPECT_EQ(state_of("g"), "Dead");
  EXPECT_EQ(client.ask(request)->results[0].error_code, error_code::group_id_not_found);
  EXPECT_EQ(m.committed(), -1);
}

TEST_F(GroupApis, OffsetsOfTopicsThatAreReadAreNotDeleted) {
  one_consumer();
  ASSERT_EQ(m.commit(5), error_code::none);
  OffsetDeleteRequest::OffsetDeleteRequestPartition partition{};
  OffsetDeleteRequest::OffsetDeleteRequestTopic topics[2];
  topics[0].name = "t";
  topics[1].name = "u";
  topics[0].partitions = topics[1].partitions = {&partition, 1};
  OffsetDeleteRequest request;
  request.group_id = "g";
  request.topics = {topics, 2};
  const auto told = client.ask(request);
  EXPECT_EQ(told->topics[0].partitions[0].error_code, error_code::group_subscribed_to_topic);
  EXPECT_EQ(told->topics[1].partitions[0].error_code, error_code::none);
  EXPECT_EQ(m.committed(), 5);
  ASSERT_EQ(m.leave(), error_code::none);
  EXPECT_EQ(client.ask(request)->topics[0].partitions[0].error_code, error_code::none);
  EXPECT_EQ(m.committed(), -1);
  request.group_id = "none";
  EXPECT_EQ(client.ask(request)->error_code, error_code::group_id_not_found);
}

}  // namespace
}  // namespace ottla::test
