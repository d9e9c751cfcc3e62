// Followers that lag: what consumers see, what producers wait for, who leaves the in-sync set and comes back.
#include "fetch_support.hpp"
#include "kept_support.hpp"
#include "ottla/protocol/incremental_alter_configs.hpp"
#include "ottla/protocol/list_offsets.hpp"
#include "ottla/protocol/produce.hpp"

namespace ottla::test {
namespace {

using protocol::error_code;
using ids = std::vector<std::int32_t>;

class Replication : public testing::Test {
 protected:
  static mock::broker_options three() {
    return {.nodes = {{1, "a", 1, "r1"}, {2, "b", 2, "r2"}, {3, "c", 3, "r3"}},
            .default_replication_factor = 3,
            .replicas_by_rack = true};
  }
  Replication() {
    EXPECT_EQ(kafka.create_topic("t", 1), "");
    EXPECT_EQ(kafka.partition("t", 0)->leader, 1);
  }

  /// Held where it is; the partition is the only one there is.
  void hold(std::size_t node) { ASSERT_TRUE(kafka.lag("t", 0, node, std::nullopt, now)); }
  void pass(std::chrono::milliseconds time) {
    now = later(now, time);
    client.now = reader.now = second.now = now;
    kafka.step(now);
  }
  produced write(const std::string& value, std::int16_t acks = 1) {
    return produce(client, "t", 0, one_record(value), acks);
  }
  std::optional<produced> answer() {
    const auto told = client.take<protocol::ProduceResponse>(12);
    if (!told) return std::nullopt;
    const auto& part = (*told)->responses[0].partition_responses[0];
    return produced{.error = part.error_code, .base_offset = part.base_offset, .message = "", .refused_records = {}};
  }
  told_partition read_at(client_end& by, std::int64_t offset, std::int32_t last_epoch = -1) {
    fetch_plan plan{{{.topic = "t", .offset = offset, .last_fetched_epoch = last_epoch}}};
    plan.max_wait = 0;
    return fetch(by, plan).parts.at(0);
  }
  protocol::ListOffsetsResponse::ListOffsetsPartitionResponse latest(client_end& by, std::int16_t version = 7) {
    protocol::ListOffsetsRequest::ListOffsetsPartition part;
    part.timestamp = -1;
    protocol::ListOffsetsRequest::ListOffsetsTopic topic;
    topic.name = "t";
    topic.partitions = {&part, 1};
    protocol::ListOffsetsRequest request;
    request.topics = {&topic, 1};
    return by.ask(request, version)->topics[0].partitions[0];
  }
  mock::partition_info state() const { return *kafka.partition("t", 0); }

  mock::instant now = start;
  mock::broker kafka{three()};
  client_end client{kafka, 0}, reader{kafka, 0}, second{kafka, 1};
};

TEST_F(Replication, ConsumersSeeWhatAllInSyncHave) {
  write("a");
  hold(1);
  EXPECT_EQ(write("b").base_offset, 1);
  EXPECT_EQ(state().high_watermark, 1);
  EXPECT_EQ(state().log_end_offset, 2);
  EXPECT_EQ(state().logs[1].log_end_offset, 1);
  EXPECT_EQ(state().logs[2].log_end_offset, 2);
  EXPECT_EQ(read_at(reader, 0).values, std::vector<std::string>{"a"});
  EXPECT_EQ(read_at(reader, 0).high_watermark, 1);
  EXPECT_EQ(latest(reader).offset, 1);
  const told_partition between = read_at(reader, 2);
  EXPECT_EQ(between.error, error_code::none) << "the leader has it, although nobody sees it yet";
  EXPECT_TRUE(between.values.empty());
  EXPECT_EQ(read_at(reader, 3).error, error_code::offset_out_of_range);
}

TEST_F(Replication, AWaitingFetchIsAnsweredWhenTheFollowerHasIt) {
  ASSERT_TRUE(kafka.lag("t", 0, 1, 200ms, now));
  ask_fetch(reader, {.partitions = {{.topic = "t"}}, .max_wait = 5000});
  write("a");
  EXPECT_FALSE(take_fetch(reader));
  EXPECT_EQ(kafka.step(now), now.mono + 200ms);
  pass(200ms);
  const auto told = take_fetch(reader);
  ASSERT_TRUE(told);
  EXPECT_EQ(told->parts[0].values, std::vector<std::string>{"a"});
  EXPECT_EQ(told->parts[0].high_watermark, 1);
}

TEST_F(Replication, AcksAllWaitsForAllInSync) {
  ASSERT_TRUE(kafka.lag("t", 0, 2, 200ms, now));
  EXPECT_EQ(write("at once").error, error_code::none);
  send_produce(client, "t", 0, one_record("a"), -1);
  EXPECT_FALSE(answer());
  pass(199ms);
  EXPECT_FALSE(answer());
  pass(1ms);
  const auto told = answer();
  ASSERT_TRUE(told);
  EXPECT_EQ(told->error, error_code::none);
  EXPECT_EQ(told->base_offset, 1);
}

TEST_F(Replication, AcksAllThatIsNotReplicatedInTimeSaysSoAndStays) {
  hold(1);
  protocol::ProduceRequest::PartitionProduceData data;
  const auto bytes = one_record("a");
  data.records = bytes;
  protocol::ProduceRequest::TopicProduceData of_topic;
  of_topic.name = "t";
  of_topic.partition_data = {&data, 1};
  protocol::ProduceRequest request;
  request.acks = -1;
  request.timeout_ms = 700;
  request.topic_data = {&of_topic, 1};
  client.send(request, 12);
  EXPECT_EQ(kafka.step(now), now.mono + 700ms);
  pass(700ms);
  const auto told = answer();
  ASSERT_TRUE(told);
  EXPECT_EQ(told->error, error_code::request_timed_out);
  EXPECT_EQ(told->base_offset, 0);
  ASSERT_TRUE(kafka.follow("t", 0, 1, now));
  EXPECT_EQ(read_at(reader, 0).values, std::vector<std::string>{"a"}) << "it was possibly persisted, and is";
}

TEST_F(Replication, ABatchThatIsThereAlreadyIsWaitedForAsWell) {
  ASSERT_TRUE(kafka.lag("t", 0, 1, 500ms, now));
  send_produce(client, "t", 0, one_record("a", 9, 0), -1);
  EXPECT_FALSE(answer());
  client_end again(kafka, 0, now);
  send_produce(again, "t", 0, one_record("a", 9, 0), -1);
  EXPECT_FALSE(again.take<protocol::ProduceResponse>(12));
  again.now = later(now, 500ms);
  pass(500ms);
  EXPECT_EQ((*again.take<protocol::ProduceResponse>(12))->responses[0].partition_responses[0].base_offset, 0);
  EXPECT_EQ(answer()->base_offset, 0);
}

TEST_F(Replication, RequestsBehindAWaitingOneWait) {
  ASSERT_TRUE(kafka.lag("t", 0, 1, 500ms, now));
  send_produce(client, "t", 0, one_record("a"), -1);
  send_produce(client, "t", 0, one_record("b"), 1);
  EXPECT_EQ(state().log_end_offset, 1);
  pass(500ms);
  EXPECT_EQ(answer()->base_offset, 0);
  EXPECT_EQ(answer()->base_offset, 1);
}

TEST_F(Replication, WhoLagsTooLongLeavesTheInSyncSetAndTheRestGoesOn) {
  hold(1);
  pass(1h);
  EXPECT_EQ(state().in_sync, (ids{1, 2, 3})) << "who lacks nothing does not lag";
  send_produce(client, "t", 0, one_record("a"), -1);
  pass(29'999ms);
  EXPECT_FALSE(answer());
  EXPECT_EQ(state().in_sync, (ids{1, 2, 3}));
  pass(1ms);
  EXPECT_EQ(answer()->error, error_code::none);
  EXPECT_EQ(state().in_sync, (ids{1, 3}));
  EXPECT_EQ(state().high_watermark, 1);
  ASSERT_TRUE(kafka.follow("t", 0, 1, now));
  EXPECT_EQ(state().in_sync, (ids{1, 2, 3}));
}

TEST_F(Replication, WhoIsOnlyLateStaysInSyncAndIsWaitedForOnItsWayBack) {
  ASSERT_TRUE(kafka.lag("t", 0, 1, 40'000ms, now));
  write("a");
  pass(30'000ms);
  EXPECT_EQ(state().in_sync, (ids{1, 3}));
  EXPECT_EQ(state().high_watermark, 1);
  pass(10'000ms);
  EXPECT_EQ(state().in_sync, (ids{1, 2, 3})) << "it has what it lacked";
  ASSERT_TRUE(kafka.lag("t", 0, 1, 1'000ms, now));
  write("b");
  pass(999ms);
  EXPECT_EQ(state().high_watermark, 1);
  pass(1ms);
  EXPECT_EQ(state().high_watermark, 2);
  EXPECT_EQ(state().in_sync, (ids{1, 2, 3}));
}

TEST_F(Replication, WithTooFewInSyncNothingCountsAsReplicated) {
  ASSERT_EQ(kafka.create_topic("safe", 1, 3, {{"min.insync.replicas", "2"}}), "");
  const std::int32_t leader = kafka.partition("safe", 0)->leader;
  client_end to_leader(kafka, static_cast<std::size_t>(leader - 1));
  std::vector<std::size_t> others;
  for (std::size_t i = 0; i < 3; ++i)
    if (kafka.node(i).id != leader) others.push_back(i);
  for (const std::size_t node : others) ASSERT_TRUE(kafka.lag("safe", 0, node, std::nullopt, now));
  send_produce(to_leader, "safe", 0, one_record("a"), -1);
  ASSERT_TRUE(kafka.hold_out_of_sync("safe", 0, others, now));
  EXPECT_EQ(kafka.partition("safe", 0)->in_sync, ids{leader});
  EXPECT_FALSE(to_leader.take<protocol::ProduceResponse>(12));
  EXPECT_EQ(kafka.partition("safe", 0)->high_watermark, 0) << "KIP-966";
  ASSERT_TRUE(kafka.hold_out_of_sync("safe", 0, {}, now));
  EXPECT_EQ(kafka.partition("safe", 0)->high_watermark, 1);
  EXPECT_EQ((*to_leader.take<protocol::ProduceResponse>(12))->responses[0].partition_responses[0].error_code,
            error_code::none);
}

TEST_F(Replication, FewerThatMustBeInSyncLetTheRestGoOn) {
  ASSERT_EQ(kafka.create_topic("safe", 1, 3, {{"min.insync.replicas", "3"}}), "");
  const auto leader = static_cast<std::size_t>(kafka.partition("safe", 0)->leader - 1);
  client_end to_leader(kafka, leader, now);
  kafka.stop((leader + 1) % 3);
  EXPECT_EQ(produce(to_leader, "safe", 0, one_record("a"), 1).error, error_code::none);
  EXPECT_EQ(kafka.partition("safe", 0)->high_watermark, 0);
  protocol::IncrementalAlterConfigsRequest::AlterableConfig lower{"min.insync.replicas", 0, "2", {}};
  protocol::IncrementalAlterConfigsRequest::AlterConfigsResource resource{2, "safe", {&lower, 1}, {}};
  protocol::IncrementalAlterConfigsRequest request;
  request.resources = {&resource, 1};
  EXPECT_EQ(to_leader.ask(request)->responses[0].error_code, error_code::none);
  EXPECT_EQ(kafka.partition("safe", 0)->high_watermark, 1);
}

TEST_F(Replication, WhoWaitsAtALeaderThatLeadsNoLongerHearsSo) {
  hold(1);
  send_produce(client, "t", 0, one_record("a"), -1);
  EXPECT_FALSE(answer());
  ASSERT_TRUE(kafka.move_leader("t", 0, 2, now));
  EXPECT_EQ(answer().value_or(produced{}).error, error_code::not_leader_or_follower);
  EXPECT_EQ(values(kafka, "t"), std::vector<std::string>{"a"}) << "the new leader has it all the same";
}

TEST_F(Replication, WhoHasWaitedHearsThatTooFewAreInSyncByNow) {
  ASSERT_EQ(kafka.create_topic("safe", 1, 3, {{"min.insync.replicas", "2"}}), "");
  const std::int32_t leader = kafka.partition("safe", 0)->leader;
  const auto node = static_cast<std::size_t>(leader - 1);
  const std::size_t one = (node + 1) % 3, other = (node + 2) % 3;
  client_end to_leader(kafka, node, now);
  ASSERT_TRUE(kafka.lag("safe", 0, one, std::nullopt, now));
  send_produce(to_leader, "safe", 0, one_record("a"), -1);
  kafka.pause(node);
  ASSERT_TRUE(kafka.follow("safe", 0, one, now));
  ASSERT_TRUE(kafka.hold_out_of_sync("safe", 0, {one, other}, now));
  kafka.resume(node, now);
  const auto told = to_leader.take<protocol::ProduceResponse>(12);
  ASSERT_TRUE(told);
  EXPECT_EQ((*told)->responses[0].partition_responses[0].error_code, error_code::not_enough_replicas_after_append);
  EXPECT_EQ((*told)->responses[0].partition_responses[0].base_offset, 0);
}

TEST_F(Replication, AReaderThatNamesItsRackIsSentToTheFollowerThereThatHasWhatItAsksFor) {
  ASSERT_EQ(write("a").error, error_code::none);
  const auto sent_to = [&](client_end& by, std::string rack, std::int64_t offset = 0, std::int16_t version = 12) {
    fetch_plan plan{{{.topic = "t", .offset = offset}}};
    plan.rack = std::move(rack);
    plan.max_wait = 10'000;  // no reason to wait
    plan.version = version;
    const told_partition told = fetch(by, plan).parts.at(0);
    EXPECT_EQ(told.error, error_code::none);
    EXPECT_EQ(told.values.empty(), told.preferred_replica != -1) << "either records, or where they are";
    EXPECT_EQ(told.high_watermark, 1);
    return told.preferred_replica;
  };
  EXPECT_EQ(sent_to(reader, "r2"), 2);
  EXPECT_EQ(sent_to(reader, "r3"), 3);
  EXPECT_EQ(sent_to(reader, "r1"), -1) << "the leader's own";
  EXPECT_EQ(sent_to(reader, "r4"), -1) << "nobody there";
  EXPECT_EQ(sent_to(reader, ""), -1);
  EXPECT_EQ(sent_to(reader, "r2", 0, 10), -1) << "racks came with version 11";
  EXPECT_EQ(sent_to(second, "r3"), -1) << "a follower sends nobody on";
  kafka.stop(2);
  EXPECT_EQ(sent_to(reader, "r3"), -1) << "it is down";
  hold(1);
  ASSERT_EQ(write("b").error, error_code::none);
  EXPECT_EQ(sent_to(reader, "r2", 1), 2) << "its end: there it waits";
  fetch_plan beyond{{{.topic = "t", .offset = 2}}};
  beyond.rack = "r2";
  beyond.max_wait = 0;
  EXPECT_EQ(fetch(reader, beyond).parts.at(0).preferred_replica, -1) << "it has not got so far";
}

TEST_F(Replication, ASessionTellsAReaderWhereItsRecordsAreWithoutANewOne) {
  ASSERT_EQ(write("a").error, error_code::none);
  fetch_plan plan{{{.topic = "t"}}};
  plan.session_epoch = 0;
  const told_fetch first = fetch(reader, plan);
  EXPECT_EQ(first.parts.at(0).values.size(), 1u);
  fetch_plan next;
  next.session_id = first.session_id;
  next.session_epoch = 1;
  next.rack = "r2";
  const told_fetch told = fetch(reader, next);
  ASSERT_EQ(told.parts.size(), 1u) << "which would be left out if there were no news";
  EXPECT_EQ(told.parts[0].preferred_replica, 2);
}

TEST_F(Replication, AFollowerGivesToReadersWhatItHasAndKnowsOf) {
  write("a");
  hold(1);
  write("b");
  pass(30'000ms);
  EXPECT_EQ(state().high_watermark, 2);
  const told_partition told = read_at(second, 0);
  EXPECT_EQ(told.values, std::vector<std::string>{"a"});
  EXPECT_EQ(told.high_watermark, 1);
  EXPECT_EQ(read_at(second, 2).error, error_code::offset_out_of_range);
  ASSERT_TRUE(kafka.follow("t", 0, 1, now));
  EXPECT_EQ(read_at(second, 0).values, (std::vector<std::string>{"a", "b"}));
}

TEST_F(Replication, ANodesReplicasLagTogether) {
  ASSERT_EQ(kafka.create_topic("u", 3), "");
  kafka.lag(1, std::nullopt, now);
  for (std::int32_t i = 0; i < 3; ++i) {
    const auto about = *kafka.partition("u", i);
    client_end to_leader(kafka, static_cast<std::size_t>(about.leader - 1), now);
    produce(to_leader, "u", i, one_record("v"), 1);
    EXPECT_EQ(kafka.partition("u", i)->high_watermark, about.leader == 2 ? 1 : 0) << i;
  }
  kafka.follow(1, now);
  for (std::int32_t i = 0; i < 3; ++i) EXPECT_EQ(kafka.partition("u", i)->high_watermark, 1) << i;
}

TEST_F(Replication, WhatDoesNotExistOrLeadsDoesNotLag) {
  EXPECT_FALSE(kafka.lag("t", 0, 0, std::nullopt, now));
  EXPECT_FALSE(kafka.lag("t", 1, 1, std::nullopt, now));
  EXPECT_FALSE(kafka.lag("none", 0, 1, std::nullopt, now));
  EXPECT_FALSE(kafka.lag("t", 0, 7, std::nullopt, now));
}

TEST_F(Replication, ANodeThatComesBackGetsAllThatItLacksAndIsInSync) {
  kafka.stop(1);
  EXPECT_EQ(state().in_sync, (ids{1, 3}));
  EXPECT_EQ(write("a", -1).error, error_code::none);
  EXPECT_EQ(state().logs[1].log_end_offset, 0);
  kafka.start(1);
  EXPECT_EQ(state().logs[1].log_end_offset, 1);
  EXPECT_EQ(state().in_sync, (ids{1, 2, 3}));
}

TEST_F(Replication, WhatIsNotReplicatedIsNotDroppedForItsAge) {
  ASSERT_EQ(kafka.create_topic("old", 1, 3, {{"retention.ms", "1"}}), "");
  const auto about = *kafka.partition("old", 0);
  const auto follower = static_cast<std::size_t>(about.leader % 3);
  client_end to_leader(kafka, static_cast<std::size_t>(about.leader - 1), now);
  ASSERT_TRUE(kafka.lag("old", 0, follower, std::nullopt, now));
  pass(45'000ms);
  to_leader.now = now;
  for (int i = 0; i < 3; ++i) produce(to_leader, "old", 0, one_record("v"), 1);
  pass(15'000ms);  // retention looks once a minute
  EXPECT_EQ(kafka.partition("old", 0)->log_start_offset, 0);
  pass(60'000ms);
  EXPECT_EQ(kafka.partition("old", 0)->in_sync.size(), 2u);
  EXPECT_EQ(kafka.partition("old", 0)->log_start_offset, 3);
  EXPECT_EQ(kafka.partition("old", 0)->logs[follower].log_end_offset, 3) << "there is nothing before it to be had";
}

}  // namespace
}  // namespace ottla::test
