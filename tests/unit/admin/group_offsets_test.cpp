// What groups have committed: asked of old and new brokers, set from outside; and members removed.
#include "groups_fixture.hpp"
#include "ottla/protocol/leave_group.hpp"
#include "ottla/protocol/offset_commit.hpp"
#include "ottla/protocol/offset_fetch.hpp"

namespace ottla::test {
namespace {

using namespace std::chrono_literals;
using protocol::array;
using protocol::error_code;
using protocol::LeaveGroupRequest;
using protocol::LeaveGroupResponse;
using protocol::OffsetCommitRequest;
using protocol::OffsetCommitResponse;
using protocol::OffsetFetchRequest;
using protocol::OffsetFetchResponse;

class group_offset_calls : public groups_fixture {
 protected:
  /// Offset 5 for t-0 of every group, in the form of the version.
  void serve_offsets() {
    on_[OffsetFetchRequest::api_key] = [this](const wire_request& one) {
      const auto question = read_request<OffsetFetchRequest>(one);
      versions_.push_back(one.version);
      const error_code code = says_.empty() ? error_code::none : says_.front();
      if (!says_.empty()) says_.pop_front();
      OffsetFetchResponse out;
      OffsetFetchResponse::OffsetFetchResponsePartition old;
      old.committed_offset = 5;
      old.error_code = code;
      OffsetFetchResponse::OffsetFetchResponseTopic old_topic;
      old_topic.name = "t";
      old_topic.partitions = {&old, 1};
      OffsetFetchResponse::OffsetFetchResponsePartitions part;
      part.committed_offset = 5;
      part.error_code = code;
      OffsetFetchResponse::OffsetFetchResponseTopics topic;
      topic.name = "t";
      topic.partitions = {&part, 1};
      std::vector<OffsetFetchResponse::OffsetFetchResponseGroup> list;
      for (const auto& group : question->groups) {
        list.emplace_back().group_id = group.group_id;
        list.back().topics = {&topic, 1};
      }
      if (one.version < 8) out.topics = {&old_topic, 1};
      if (one.version >= 8) out.groups = array<OffsetFetchResponse::OffsetFetchResponseGroup>(list);
      answer(one, out);
    };
  }
  std::vector<group_offsets> offsets(bool stable = false) {
    const std::vector<group_offsets_query> queries{{.group = "b"}, {.group = "c"}};
    auto found = open().list_group_offsets(queries, {.require_stable = stable, .timeout = 10s});
    EXPECT_TRUE(found) << found.error().message();
    return found ? *found : std::vector<group_offsets>{};
  }
  std::vector<std::int16_t> versions_;
};

TEST_F(group_offset_calls, ask_for_many_groups_in_one_request) {
  serve_offsets();
  for (const group_offsets& one : offsets()) {
    EXPECT_FALSE(one.failure) << one.failure.message();
    ASSERT_EQ(one.partitions.size(), 1u);
    EXPECT_EQ(one.partitions[0].offset, 5);
  }
  EXPECT_EQ(versions_, (std::vector<std::int16_t>{9})) << "10 would want topic ids";
}

TEST_F(group_offset_calls, ask_older_brokers_for_one_group_after_the_other) {
  brokers_.offered[OffsetFetchRequest::api_key] = 7;
  serve_offsets();
  const steady_ns before = brokers_.world.now;
  for (const group_offsets& one : offsets()) {
    EXPECT_FALSE(one.failure) << one.failure.message();
    EXPECT_EQ(one.partitions.size(), 1u);
  }
  EXPECT_EQ(versions_, (std::vector<std::int16_t>{7, 7}));
  EXPECT_LT(brokers_.world.now - before, 100ms) << "nothing failed, so nothing is waited for";
}

TEST_F(group_offset_calls, wait_for_open_transactions_when_offsets_must_be_stable) {
  serve_offsets();
  says_ = {error_code::unstable_offset_commit};
  for (const group_offsets& one : offsets(true)) EXPECT_FALSE(one.failure) << one.failure.message();
  EXPECT_EQ(versions_.size(), 2u);
  brokers_.offered[OffsetFetchRequest::api_key] = 6;
  EXPECT_TRUE(offsets(true)[0].failure.is(client_code::unsupported_version));
}

TEST_F(group_offset_calls, set_offsets_without_a_generation_and_tell_each_partitions_outcome) {
  on_[OffsetCommitRequest::api_key] = [this](const wire_request& one) {
    const auto question = read_request<OffsetCommitRequest>(one);
    EXPECT_EQ(question->generation_id_or_member_epoch, -1);
    EXPECT_EQ(question->member_id, "");
    EXPECT_LE(one.version, 9);
    std::vector<OffsetCommitResponse::OffsetCommitResponsePartition> parts;
    for (const auto& asked : question->topics[0].partitions) {
      parts.emplace_back().partition_index = asked.partition_index;
      if (asked.partition_index == 1) parts.back().error_code = error_code::unknown_topic_or_partition;
      if (asked.partition_index == 2) parts.back().error_code = error_code::unknown_member_id;
    }
    OffsetCommitResponse::OffsetCommitResponseTopic topic;
    topic.name = question->topics[0].name;
    topic.partitions = array<OffsetCommitResponse::OffsetCommitResponsePartition>(parts);
    OffsetCommitResponse out;
    out.topics = {&topic, 1};
    answer(one, out);
  };
  const std::vector<group_offset> offsets{{"t", 2, 5}, {"t", 0, 7}, {"t", 1, 9}, {"t", 3, 1}};
  const auto done = open().alter_group_offsets("a", offsets, 5s);
  ASSERT_TRUE(done) << done.error().message();
  ASSERT_EQ(done->size(), 4u);
  EXPECT_NE((*done)[0].failure.message().find("not empty"), std::string::npos) << (*done)[0].failure.message();
  EXPECT_FALSE((*done)[1].failure);
  EXPECT_TRUE((*done)[2].failure.is(error_code::unknown_topic_or_partition)) << "a typo is not waited for";
  EXPECT_FALSE((*done)[3].failure);
  EXPECT_LT(since_start(), 1s);
}

TEST_F(group_offset_calls, remove_static_members_by_instance_and_others_by_id) {
  on_[LeaveGroupRequest::api_key] = [this](const wire_request& one) {
    const auto question = read_request<LeaveGroupRequest>(one);
    ASSERT_EQ(question->members.size(), 2u);
    EXPECT_EQ(question->members[0].group_instance_id, "i");
    EXPECT_EQ(question->members[0].member_id, "");
    EXPECT_EQ(question->members[1].group_instance_id, std::nullopt);
    LeaveGroupResponse::MemberResponse parts[2];
    parts[0].group_instance_id = "i";
    parts[1].member_id = "m";
    parts[1].error_code = error_code::unknown_member_id;
    LeaveGroupResponse out;
    out.members = {parts, 2};
    answer(one, out);
  };
  const std::vector<member_to_remove> who{{.instance_id = "i"}, {.member_id = "m"}};
  const auto done = open().remove_members("a", who);
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_FALSE((*done)[0].failure);
  EXPECT_TRUE((*done)[1].failure.is(error_code::unknown_member_id));
}

}  // namespace
}  // namespace ottla::test
