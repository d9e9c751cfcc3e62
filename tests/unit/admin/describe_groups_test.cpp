// Describing groups of both types, by brokers of all ages, and what members were assigned.
#include "ottla/protocol/describe_groups.hpp"
#include "groups_fixture.hpp"
#include "ottla/protocol/consumer_group_describe.hpp"

namespace ottla::test {
namespace {

using namespace std::chrono_literals;
using protocol::array;
using protocol::ConsumerGroupDescribeRequest;
using protocol::ConsumerGroupDescribeResponse;
using protocol::DescribeGroupsRequest;
using protocol::DescribeGroupsResponse;
using protocol::error_code;

class describing_groups : public groups_fixture {
 protected:
  void classic(error_code code, std::string_view state, protocol::bytes_view assignment = {}) {
    on_[DescribeGroupsRequest::api_key] = [this, code, state, assignment](const wire_request& one) {
      DescribeGroupsResponse::DescribedGroupMember member;
      member.member_id = "m";
      member.client_id = "c";
      member.client_host = "/10.0.0.1";
      member.member_assignment = assignment;
      DescribeGroupsResponse::DescribedGroup part;
      part.group_id = "a";
      part.group_state = state;
      part.error_code = code;
      part.protocol_type = "consumer";
      part.protocol_data = "range";
      if (state == "Stable") part.members = {&member, 1};
      DescribeGroupsResponse out;
      out.groups = {&part, 1};
      answer(one, out);
    };
  }
  void consumer(error_code code) {
    on_[ConsumerGroupDescribeRequest::api_key] = [this, code](const wire_request& one) {
      std::int32_t two[] = {2, 0};
      ConsumerGroupDescribeResponse::TopicPartitions topic;
      topic.topic_name = "t";
      topic.partitions = {two, 2};
      ConsumerGroupDescribeResponse::Member member;
      member.member_id = "m";
      member.member_epoch = 7;
      member.assignment.topic_partitions = {&topic, 1};
      ConsumerGroupDescribeResponse::DescribedGroup part;
      part.group_id = "a";
      part.error_code = code;
      part.group_state = "Reconciling";
      part.assignor_name = "uniform";
      part.group_epoch = 8;
      part.members = {&member, 1};
      ConsumerGroupDescribeResponse out;
      out.groups = {&part, 1};
      answer(one, out);
    };
  }
  group_description described() {
    const std::vector<std::string> names{"a"};
    auto found = open().describe_groups(names, 5s);
    EXPECT_TRUE(found) << found.error().message();
    return found ? found->front() : group_description{};
  }
};

TEST_F(describing_groups, reads_one_of_type_consumer_from_the_request_of_that_type) {
  consumer(error_code::none);
  const group_description found = described();
  EXPECT_FALSE(found.failure) << found.failure.message();
  EXPECT_EQ(found.type, "consumer");
  EXPECT_EQ(found.state, "Reconciling");
  EXPECT_EQ(found.group_epoch, 8);
  EXPECT_EQ(found.coordinator.id, 1);
  ASSERT_EQ(found.members.size(), 1u);
  ASSERT_EQ(found.members[0].assignment.size(), 1u);
  EXPECT_EQ(found.members[0].assignment[0].partitions, (std::vector<std::int32_t>{0, 2}));
}

// int16 version 3 | 1 topic "t" | partitions 1, 0 | no user data | a byte of the future
const byte_string assignment_bytes = [] {
  const unsigned char raw[] = {0, 9, 0, 0, 0, 1, 0, 1, 't', 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0, 255, 255, 255, 255, 1};
  byte_string out;
  for (const unsigned char one : raw) out.push_back(std::byte{one});
  return out;
}();

TEST_F(describing_groups, asks_for_a_classic_one_where_the_coordinator_says_it_is_no_other_and_decodes_assignments) {
  consumer(error_code::group_id_not_found);
  classic(error_code::none, "Stable", assignment_bytes);
  const group_description found = described();
  EXPECT_FALSE(found.failure) << found.failure.message();
  EXPECT_EQ(found.type, "classic");
  EXPECT_EQ(found.assignor, "range");
  ASSERT_EQ(found.members.size(), 1u);
  EXPECT_TRUE(found.members[0].readable);
  ASSERT_EQ(found.members[0].assignment.size(), 1u);
  EXPECT_EQ(found.members[0].assignment[0].topic, "t");
  EXPECT_EQ(found.members[0].assignment[0].partitions, (std::vector<std::int32_t>{0, 1}));
  EXPECT_EQ(lookups_, 1);
}

TEST_F(describing_groups, asks_for_a_classic_one_at_brokers_that_know_no_other) {
  brokers_.offered[ConsumerGroupDescribeRequest::api_key] = -1;
  classic(error_code::none, "Empty");
  EXPECT_EQ(described().state, "Empty");
}

TEST_F(describing_groups, tells_an_assignment_that_is_no_consumers_as_unreadable) {
  brokers_.offered[ConsumerGroupDescribeRequest::api_key] = -1;
  const byte_string odd(5, std::byte{0x7f});
  classic(error_code::none, "Stable", odd);
  const group_description found = described();
  ASSERT_EQ(found.members.size(), 1u);
  EXPECT_FALSE(found.members[0].readable);
  EXPECT_TRUE(found.members[0].assignment.empty());
}

TEST_F(describing_groups, takes_a_dead_group_without_members_for_none) {
  brokers_.offered[ConsumerGroupDescribeRequest::api_key] = -1;
  brokers_.offered[DescribeGroupsRequest::api_key] = 5;
  classic(error_code::none, "Dead");
  EXPECT_TRUE(described().failure.is(error_code::group_id_not_found));
}

}  // namespace
}  // namespace ottla::test
