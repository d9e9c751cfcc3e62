// Offset look-ups of the caller: fan-out to leaders, merging, second tries, deadlines.
#include "scripted.hpp"

namespace ottla::test {
namespace {

class lookups : public scripted {
 protected:
  lookups() {
    add_topic("orders", 4);
    acts->topics["orders"].partitions[1].leader = 2;
    acts->topics["orders"].partitions[3].leader = 2;
    for (int i = 0; i < 4; ++i) append({"orders", i}, 10 * (i + 1));
  }
  const std::vector<topic_partition> all{{"orders", 3}, {"orders", 0}, {"orders", 2}, {"orders", 1}};
};

TEST_F(lookups, each_leader_is_asked_once_and_answers_stand_in_the_order_of_the_questions) {
  cluster on = open();
  consumer in(on);
  const auto ends = in.end_offsets(all, 2s);
  ASSERT_TRUE(ends.has_value()) << ends.error().message();
  ASSERT_EQ(ends->size(), 4u);
  EXPECT_EQ((*ends)[0].offset, 40);
  EXPECT_EQ((*ends)[1].offset, 10);
  EXPECT_EQ((*ends)[2].offset, 30);
  EXPECT_EQ((*ends)[3].offset, 20);
  EXPECT_EQ(offsets_asked.size(), 2u);
  logs[{"orders", 2}].start = 4;
  const auto starts = in.beginning_offsets(all, 2s);
  ASSERT_TRUE(starts.has_value());
  EXPECT_EQ((*starts)[2].offset, 4);
  const std::vector<timestamp_query> times{{{"orders", 2}, 5}};
  const auto found = in.offsets_for_times(times, 2s);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ((*found)[0].offset, 11);
}

TEST_F(lookups, C_58_answers_are_merged_and_each_partition_counts_once) {
  on_offsets = [](const protocol::ListOffsetsRequest&, protocol::ListOffsetsResponse& out, call& from) {
    using topic_type = protocol::ListOffsetsResponse::ListOffsetsTopicResponse;
    auto* twice = from.memory.make<topic_type>(2);
    twice[0] = out.topics[0];
    twice[1] = out.topics[0];
    auto* other =
        from.memory.make<protocol::ListOffsetsResponse::ListOffsetsPartitionResponse>(out.topics[0].partitions.size());
    for (std::size_t i = 0; i < out.topics[0].partitions.size(); ++i) {
      other[i] = out.topics[0].partitions[i];
      other[i].offset = 999;
    }
    twice[1].partitions = {other, out.topics[0].partitions.size()};
    out.topics = {twice, 2};
  };
  cluster on = open();
  consumer in(on);
  const auto ends = in.end_offsets(all, 2s);
  ASSERT_TRUE(ends.has_value());
  EXPECT_EQ((*ends)[0].offset, 40);
  EXPECT_EQ((*ends)[1].offset, 10);
}

TEST_F(lookups, C_60_partitions_that_an_answer_leaves_out_are_asked_for_again) {
  on_offsets = [this](const protocol::ListOffsetsRequest&, protocol::ListOffsetsResponse& out, call&) {
    if (offsets_asked.size() <= 2) out.topics[0].partitions = {out.topics[0].partitions.data(), 1};
  };
  cluster on = open();
  consumer in(on);
  const auto ends = in.end_offsets(all, 5s);
  ASSERT_TRUE(ends.has_value());
  for (const found_offset& one : *ends) EXPECT_EQ(one.offset, 10 * (one.where.partition + 1)) << one.failure.message();
  EXPECT_EQ(offsets_asked.size(), 4u);
}

TEST_F(lookups, a_partition_named_twice_is_answered_twice) {
  cluster on = open();
  consumer in(on);
  const std::vector<topic_partition> twice{{"orders", 1}, {"orders", 1}};
  const auto ends = in.end_offsets(twice, 2s);
  ASSERT_TRUE(ends.has_value());
  EXPECT_EQ((*ends)[0].offset, 20);
  EXPECT_EQ((*ends)[1].offset, 20);
}

TEST_F(lookups, a_stale_leader_is_looked_up_anew) {
  on_offsets = [this](const protocol::ListOffsetsRequest&, protocol::ListOffsetsResponse& out, call& from) {
    for (auto& one : out.topics[0].partitions) {
      if (one.partition_index != 1 || from.node == 0) continue;
      one.error_code = protocol::error_code::not_leader_or_follower;
      acts->topics["orders"].partitions[1] = {.leader = 1, .epoch = 2};
    }
  };
  cluster on = open();
  consumer in(on);
  const auto ends = in.end_offsets(all, 5s);
  ASSERT_TRUE(ends.has_value());
  EXPECT_EQ((*ends)[3].offset, 20);
  EXPECT_EQ(offsets_asked.back(), 0u);
}

TEST_F(lookups, what_cannot_be_answered_says_why_and_the_rest_is_answered) {
  cluster on = open();
  consumer in(on);
  const std::vector<topic_partition> some{{"orders", 0}, {"orders", 9}, {"nowhere", 0}};
  const auto ends = in.end_offsets(some, 20s);
  ASSERT_TRUE(ends.has_value());
  EXPECT_EQ((*ends)[0].offset, 10);
  EXPECT_TRUE((*ends)[1].failure.is(client_code::unknown_partition));
  EXPECT_TRUE((*ends)[2].failure.is(client_code::unknown_topic));
}

TEST_F(lookups, who_leads_meanwhile_is_asked_without_waiting_for_the_one_before) {
  metadata_age = 100ms;
  on_offsets = [this](const protocol::ListOffsetsRequest&, protocol::ListOffsetsResponse& out, call& from) {
    if (from.node != 1) return;
    from.hold = 3s;
    auto& partitions = acts->topics["orders"].partitions;
    partitions[1] = partitions[3] = {.leader = 1, .epoch = 1};
    for (auto& one : out.topics[0].partitions) one.offset = 999;
  };
  cluster on = open();
  consumer in(on);
  const steady_ns before = host->now().mono;
  const auto ends = in.end_offsets(all, 10s);
  EXPECT_LE(host->now().mono - before, 1s);
  ASSERT_TRUE(ends.has_value());
  for (const found_offset& one : *ends) EXPECT_EQ(one.offset, 10 * (one.where.partition + 1)) << one.failure.message();
  host->run_for(5s);
  EXPECT_EQ(offsets_asked, (std::vector<std::size_t>{0, 1, 0}));
}

TEST_F(lookups, the_deadline_holds_against_a_leader_that_does_not_answer) {
  on_offsets = [](const protocol::ListOffsetsRequest&, protocol::ListOffsetsResponse&, call& from) {
    if (from.node == 1) from.hold = 1h;
  };
  cluster on = open();
  consumer in(on);
  const steady_ns before = host->now().mono;
  const auto ends = in.end_offsets(all, 2s);
  EXPECT_LE(host->now().mono - before, 2300ms);
  ASSERT_TRUE(ends.has_value());
  EXPECT_EQ((*ends)[1].offset, 10);
  EXPECT_TRUE((*ends)[0].failure.is(client_code::timed_out));
}

}  // namespace
}  // namespace ottla::test
