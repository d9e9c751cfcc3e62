// Leaders that have not everything: what is lost with the old one, and how clients find out.
#include "fetch_support.hpp"
#include "kept_support.hpp"
#include "ottla/protocol/list_offsets.hpp"
#include "ottla/protocol/offset_for_leader_epoch.hpp"
#include "transaction_support.hpp"

namespace ottla::test {
namespace {

using protocol::error_code;
using ids = std::vector<std::int32_t>;
using texts = std::vector<std::string>;

class LostRecords : public testing::Test {
 protected:
  static mock::broker_options three() {
    return {.nodes = {{1, "a", 1, ""}, {2, "b", 2, ""}, {3, "c", 3, ""}}, .default_replication_factor = 3};
  }
  explicit LostRecords(const std::map<std::string, std::string>& settings = {}) {
    EXPECT_EQ(kafka.create_topic("t", 1, 3, settings), "");
    EXPECT_EQ(kafka.partition("t", 0)->leader, 1);
  }

  produced write(std::string value, std::int16_t acks = 1) {
    return produce(first, "t", 0, one_record(std::move(value)), acks);
  }
  /// The followers have "a" and, although they are in sync, not "b".
  void write_two_of_which_one_is_replicated() {
    ASSERT_EQ(write("a", -1).error, error_code::none);
    hold_followers();
    ASSERT_EQ(write("b").base_offset, 1);
  }
  told_partition read_at(client_end& by, std::int64_t offset, std::int32_t last_epoch = -1) {
    fetch_plan plan{{{.topic = "t", .offset = offset, .last_fetched_epoch = last_epoch}}};
    plan.max_wait = 0;
    return fetch(by, plan).parts.at(0);
  }
  void hold_followers() {
    for (const std::size_t node : {1u, 2u}) ASSERT_TRUE(kafka.lag("t", 0, node, std::nullopt, start));
  }
  /// Under the id "x", with whoever coordinates it.
  void begin_transaction() {
    for (std::size_t node = 0; node < 3; ++node) {
      coordinator = std::make_unique<transactional>(kafka, node);
      if (coordinator->init() == error_code::none) return;
    }
    FAIL() << "nobody coordinates";
  }
  bool write_in_transaction(std::int16_t acks) {
    const auto bytes = batch(
        {.producer_id = coordinator->id, .producer_epoch = coordinator->epoch, .sequence = 0, .more_attributes = 0x10});
    protocol::ProduceRequest::PartitionProduceData data;
    data.records = bytes;
    protocol::ProduceRequest::TopicProduceData of_topic;
    of_topic.name = "t";
    of_topic.partition_data = {&data, 1};
    protocol::ProduceRequest request;
    request.transactional_id = "x";
    request.acks = acks;
    request.topic_data = {&of_topic, 1};
    return first.ask(request, 12)->responses[0].partition_responses[0].error_code == error_code::none;
  }
  mock::partition_info state() const { return *kafka.partition("t", 0); }

  mock::broker kafka{three()};
  client_end first{kafka, 0}, second{kafka, 1};
  std::unique_ptr<transactional> coordinator;
};

TEST_F(LostRecords, WhatOnlyTheOldLeaderHadIsGone) {
  write_two_of_which_one_is_replicated();
  kafka.stop(0);
  EXPECT_EQ(state().leader, 2);
  EXPECT_EQ(values(kafka, "t"), texts{"a"});
  EXPECT_EQ(state().log_end_offset, 1);
  EXPECT_EQ(produce(second, "t", 0, one_record("c"), 1).base_offset, 1);
  EXPECT_EQ(kafka.records("t", 0)[1].leader_epoch, 1);
  kafka.start(0);
  EXPECT_EQ(state().logs[0].log_end_offset, 2) << "it has the new leader's log now";
  EXPECT_EQ(values(kafka, "t"), (texts{"a", "c"}));
}

TEST_F(LostRecords, WhoHasReadOrWrittenThemIsToldWhereTheLogsPart) {
  write_two_of_which_one_is_replicated();
  EXPECT_TRUE(kafka.move_leader("t", 0, 1, start));
  EXPECT_EQ(produce(second, "t", 0, one_record("c"), 1).base_offset, 1);
  const told_partition told = read_at(second, 2, 0);
  EXPECT_EQ(told.error, error_code::none);
  EXPECT_EQ(told.diverging_epoch, 0);
  EXPECT_EQ(told.diverging_end, 1);
  EXPECT_EQ(read_at(second, 3).error, error_code::offset_out_of_range);

  protocol::OffsetForLeaderEpochRequest::OffsetForLeaderPartition part;
  part.leader_epoch = 0;
  part.current_leader_epoch = 1;
  protocol::OffsetForLeaderEpochRequest::OffsetForLeaderTopic topic;
  topic.topic = "t";
  topic.partitions = {&part, 1};
  protocol::OffsetForLeaderEpochRequest request;
  request.topics = {&topic, 1};
  const auto ended = second.ask(request);
  EXPECT_EQ(ended->topics[0].partitions[0].leader_epoch, 0);
  EXPECT_EQ(ended->topics[0].partitions[0].end_offset, 1);
}

TEST_F(LostRecords, ACleanElectionKeepsWhatAllWereSaidToHave) {
  ASSERT_TRUE(kafka.lag("t", 0, 1, std::nullopt, start));
  send_produce(first, "t", 0, one_record("not acknowledged"), -1);
  ASSERT_TRUE(kafka.follow("t", 0, 1, start));
  EXPECT_EQ((*first.take<protocol::ProduceResponse>(12))->responses[0].partition_responses[0].error_code,
            error_code::none);
  ASSERT_TRUE(kafka.lag("t", 0, 2, std::nullopt, start));
  kafka.stop(0);
  EXPECT_EQ(values(kafka, "t").size(), 1u);
  kafka.stop(1);
  EXPECT_EQ(state().leader, 3) << "in sync, although it is held: it lacks nothing";
  EXPECT_EQ(values(kafka, "t").size(), 1u);
}

TEST_F(LostRecords, AnUncleanElectionLosesWhatTheNewLeaderLacks) {
  write("a", -1);
  ASSERT_TRUE(kafka.hold_out_of_sync("t", 0, {1, 2}, start));
  EXPECT_EQ(write("b", -1).error, error_code::none);
  EXPECT_EQ(state().high_watermark, 2);
  kafka.stop(0);
  EXPECT_EQ(state().leader, -1);
  EXPECT_EQ(values(kafka, "t"), (texts{"a", "b"})) << "as long as nobody else leads it may come back";
  ASSERT_TRUE(kafka.elect_unclean("t", 0, start));
  EXPECT_EQ(state().leader, 2);
  EXPECT_EQ(values(kafka, "t"), texts{"a"});
  EXPECT_EQ(state().high_watermark, 1);
  EXPECT_EQ(read_at(second, 2).error, error_code::offset_out_of_range);
  kafka.start(0);
  EXPECT_EQ(values(kafka, "t"), texts{"a"});
  EXPECT_EQ(state().in_sync, (ids{1, 2}));
  EXPECT_FALSE(kafka.elect_unclean("t", 0, start)) << "it has a leader";
}

TEST_F(LostRecords, TheLastOneInSyncComesBackWithAllThatItHad) {
  write("a", -1);
  ASSERT_TRUE(kafka.hold_out_of_sync("t", 0, {1, 2}, start));
  write("b", -1);
  kafka.stop(0);
  kafka.start(0);
  EXPECT_EQ(state().leader, 1);
  EXPECT_EQ(values(kafka, "t"), (texts{"a", "b"}));
}

TEST_F(LostRecords, ProducersAreKnownAsTheNewLeaderKnowsThem) {
  for (int i = 0; i < 2; ++i) ASSERT_EQ(produce(first, "t", 0, one_record("v", 9, i), -1).error, error_code::none);
  hold_followers();
  for (int i = 2; i < 8; ++i) ASSERT_EQ(produce(first, "t", 0, one_record("v", 9, i), 1).error, error_code::none);
  kafka.stop(0);
  EXPECT_EQ(produce(second, "t", 0, one_record("v", 9, 3), 1).error, error_code::out_of_order_sequence_number);
  EXPECT_EQ(produce(second, "t", 0, one_record("v", 9, 0), 1).base_offset, 0) << "known again, after five others";
  EXPECT_EQ(produce(second, "t", 0, one_record("v", 9, 2), 1).base_offset, 2) << "sent again, and not there yet";
}

TEST_F(LostRecords, AProducerWhoseRecordsAreGoneAtTheFrontIsStillKnown) {
  for (int i = 0; i < 3; ++i) ASSERT_EQ(produce(first, "t", 0, one_record("v", 9, i), -1).error, error_code::none);
  kafka.cut_front("t", 0, 3, start);
  hold_followers();
  ASSERT_EQ(produce(first, "t", 0, one_record("v", 9, 3), 1).base_offset, 3);
  kafka.stop(0);
  EXPECT_EQ(state().log_start_offset, 3);
  EXPECT_EQ(state().log_end_offset, 3);
  EXPECT_EQ(produce(second, "t", 0, one_record("v", 9, 2), 1).base_offset, 2);
  EXPECT_EQ(produce(second, "t", 0, one_record("v", 9, 3), 1).base_offset, 3);
}

TEST_F(LostRecords, ATransactionThatBeganInTheLostPartIsNotOpen) {
  begin_transaction();
  write("a", -1);
  hold_followers();
  ASSERT_TRUE(write_in_transaction(1));
  ASSERT_EQ(kafka.open_transactions("t", 0).size(), 1u);
  kafka.stop(0);
  EXPECT_TRUE(kafka.open_transactions("t", 0).empty());
  EXPECT_EQ(state().last_stable_offset, 1);
}

TEST_F(LostRecords, AMarkerThatANewLeaderLacksIsWrittenAgain) {
  begin_transaction();
  ASSERT_TRUE(write_in_transaction(-1));
  hold_followers();
  ASSERT_EQ(coordinator->end(true), error_code::none);
  EXPECT_EQ(kafka.transaction("x")->state, "PrepareCommit") << "the marker is not on all replicas in sync";
  EXPECT_EQ(state().log_end_offset, 2);
  EXPECT_EQ(state().high_watermark, 1);
  EXPECT_TRUE(kafka.move_leader("t", 0, 1, start));
  EXPECT_EQ(state().log_end_offset, 1);
  EXPECT_EQ(kafka.open_transactions("t", 0).size(), 1u);
  for (const std::size_t node : {0u, 2u}) kafka.follow("t", 0, node, start);
  kafka.step(later(start, 100ms));
  EXPECT_EQ(kafka.transaction("x")->state, "CompleteCommit");
  EXPECT_EQ(state().log_end_offset, 2);
  EXPECT_EQ(state().last_stable_offset, 2);
  EXPECT_TRUE(kafka.open_transactions("t", 0).empty());
}

TEST_F(LostRecords, APowerFailureOfOneOfThreeLosesNothing) {
  for (int i = 0; i < 20; ++i) write("v", -1);
  kafka.crash(0);
  EXPECT_EQ(state().leader, 2);
  EXPECT_EQ(values(kafka, "t").size(), 20u);
  kafka.start(0);
  EXPECT_EQ(state().in_sync, (ids{1, 2, 3}));
  EXPECT_EQ(state().logs[0].log_end_offset, 20);
}

TEST_F(LostRecords, APowerFailureOfTheLastOneInSyncLosesWhatWasNotFlushed) {
  ASSERT_EQ(kafka.create_topic("flushed", 1, 3, {{"flush.messages", "1"}}), "");
  ASSERT_EQ(kafka.create_topic("segments", 1, 3, {{"segment.ms", "1"}}), "");
  for (const char* name : {"t", "flushed", "segments"}) {
    const auto leader = static_cast<std::size_t>(kafka.partition(name, 0)->leader - 1);
    client_end to_leader(kafka, leader);
    for (int i = 0; i < 50; ++i) produce(to_leader, name, 0, one_record("v", -1, -1, start_wall_ms + i), 1);
  }
  for (const std::size_t node : {0u, 1u, 2u}) kafka.crash(node);
  EXPECT_EQ(state().leader, -1);
  EXPECT_EQ(values(kafka, "t").size(), 50u) << "nobody leads with less yet";
  kafka.start(2);
  EXPECT_EQ(state().leader, 3);
  EXPECT_LT(values(kafka, "t").size(), 50u);
  EXPECT_EQ(state().high_watermark, state().log_end_offset);
  EXPECT_EQ(values(kafka, "flushed").size(), 50u);
  EXPECT_GT(values(kafka, "segments").size(), 40u) << "a segment is flushed when the next one begins";
  const auto left = values(kafka, "t").size();
  kafka.start(0);
  EXPECT_EQ(values(kafka, "t").size(), left);
  EXPECT_EQ(state().in_sync, (ids{1, 3}));
}

TEST_F(LostRecords, ALogThatIsCutBackGoesOnInItsOlderSegments) {
  ASSERT_EQ(kafka.create_topic("u", 1, 3, {{"segment.ms", "1"}}), "");
  const auto leader = static_cast<std::size_t>(kafka.partition("u", 0)->leader - 1);
  client_end to_leader(kafka, leader);
  for (int i = 0; i < 4; ++i) produce(to_leader, "u", 0, one_record(std::to_string(i), -1, -1, start_wall_ms + i), -1);
  for (std::size_t node = 0; node < 3; ++node) kafka.lag("u", 0, node, std::nullopt, start);
  const auto size = kafka.partition("u", 0)->size_bytes;
  for (int i = 4; i < 20; ++i) produce(to_leader, "u", 0, one_record(std::to_string(i), -1, -1, start_wall_ms + i), 1);
  const std::size_t next = (leader + 1) % 3;
  ASSERT_TRUE(kafka.move_leader("u", 0, next, start));
  EXPECT_EQ(kafka.partition("u", 0)->size_bytes, size);
  client_end to_next(kafka, next);
  EXPECT_EQ(produce(to_next, "u", 0, one_record("new"), 1).base_offset, 4);
  EXPECT_EQ(values(kafka, "u"), (texts{"0", "1", "2", "3", "new"}));
}

}  // namespace
}  // namespace ottla::test
