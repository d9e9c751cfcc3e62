// Where batches go: leaders that move, topics that are missing, versions that brokers lack, partitions that records
// without a key take.
#include "fixture.hpp"

#include <set>

namespace ottla {
namespace {

using test::acknowledge;
using test::answer_produce;
using test::refuse;
using test::verdict;

class routing : public producing {
 protected:
  routing() { brokers.brokers[2] = "b2"; }
  void move_leader(int to, int epoch, std::size_t partition = 0) {
    brokers.topics["orders"].partitions[partition] = {to, epoch, error_code::none};
  }
};

TEST_F(routing, C_11_a_new_leader_gets_nothing_while_the_old_one_owes_answers) {
  start();
  prove();
  send_now("a");
  send_now("b");
  auto a = next(), b = next();
  send("c");
  move_leader(2, 1);
  answer_produce(brokers, a, {verdict{error_code::not_leader_or_follower, -1, -1, 2, 1}});
  brokers.advance(2s);
  EXPECT_EQ(waiting(), 0u);  // b is still out
  refuse(brokers, b, error_code::not_leader_or_follower);
  brokers.advance(2s);
  auto again = next();
  EXPECT_EQ(again.host(), "b2");
  EXPECT_EQ(again.only().bytes, a.only().bytes);
  EXPECT_EQ(waiting(), 0u);  // the new leader is not proven
}

TEST_F(routing, C_11_holds_also_where_the_old_leader_acknowledges) {
  start();
  prove();
  send_now("a");
  send_now("b");
  auto a = next(), b = next();
  move_leader(2, 1);
  clients->state()->machine().meta().request_refresh();
  brokers.advance(1s);  // the metadata says so, nobody refused
  acknowledge(brokers, a, 1);
  send_now("c");
  EXPECT_EQ(waiting(), 0u);
  acknowledge(brokers, b, 2);
  EXPECT_EQ(next().host(), "b2");
}

TEST_F(routing, C_13_a_leader_that_moves_again_and_again_costs_no_record) {
  start();
  send_now("a");
  for (int epoch = 1; epoch <= 30; ++epoch) {
    const int to = epoch % 2 == 0 ? 1 : 2;
    move_leader(to, epoch);
    answer_produce(brokers, next(), {verdict{error_code::not_leader_or_follower, -1, -1, to, epoch}});
    brokers.advance(1s);
  }
  acknowledge(brokers, next(), 3);
  EXPECT_EQ(told, (lines{"a@3"}));
}

TEST_F(routing, a_hint_sends_the_batch_to_the_new_leader_without_waiting_for_metadata) {
  start();
  send_now("a");
  auto a = next();
  brokers.auto_metadata = false;
  answer_produce(brokers, a, {verdict{error_code::not_leader_or_follower, -1, -1, 2, 1}});
  EXPECT_EQ(next().host(), "b2");
}

TEST_F(routing, C_52_a_throttled_leader_gets_nothing_for_so_long) {
  start();
  prove();
  send_now("a");
  test::tell_produce(brokers, next(), {verdict{error_code::none, 1}}, 400ms);
  brokers.settle();
  EXPECT_EQ(told, (lines{"a@1"}));
  send_now("b");
  brokers.advance(350ms);
  EXPECT_EQ(waiting(), 0u);
  brokers.advance(100ms);
  acknowledge(brokers, next(), 2);
  EXPECT_EQ(told, (lines{"a@1", "b@2"}));
  EXPECT_EQ(made->stats().throttled, 400ms);
}

TEST_F(routing, C_14_a_missing_topic_is_an_error_after_a_few_answers) {
  start();
  const auto missing = made->topic("nowhere").wait_ready(60s);
  ASSERT_FALSE(missing);
  EXPECT_TRUE(missing.error().is(client_code::unknown_topic));
  EXPECT_EQ(missing.error().message(),
            "Metadata of topic nowhere failed with UNKNOWN_TOPIC: the cluster does not know it (tried 5 times); create "
            "the topic, or check its name");
}

TEST_F(routing, C_14_a_topic_that_appears_late_is_used) {
  start();
  topic late = made->topic("late");
  EXPECT_FALSE(late.wait_ready(200ms));
  brokers.topics["late"] = {};
  EXPECT_TRUE(late.wait_ready(5s));
}

TEST_F(routing, C_14_a_stale_answer_that_lost_the_topic_fails_no_record) {
  start();
  auto kept = brokers.topics;
  brokers.topics.clear();
  clients->state()->machine().meta().request_refresh();
  send_now("a");
  auto a = next();
  refuse(brokers, a, error_code::unknown_topic_or_partition);
  brokers.advance(10s);
  while (waiting() > 0) refuse(brokers, next(), error_code::unknown_topic_or_partition);
  brokers.topics = kept;
  brokers.advance(3s);
  acknowledge(brokers, next(), 8);
  EXPECT_EQ(told, (lines{"a@8"}));
}

TEST_F(routing, C_16_without_acks_records_are_done_when_they_are_written) {
  start([](producer_config& c) {
    c.idempotence = false;
    c.required_acks = acks::none;
  });
  for (int i = 0; i < 4; ++i) send("a" + std::to_string(i));
  brokers.settle();
  EXPECT_EQ(told, (lines{"a0@?", "a1@?", "a2@?", "a3@?"}));
  EXPECT_EQ(next().acks, 0);
}

TEST_F(routing, C_16_without_acks_several_batches_follow_each_other_without_help) {
  start([](producer_config& c) {
    c.idempotence = false;
    c.required_acks = acks::none;
    c.batch_size = 4096;
  });
  for (int i = 0; i < 20; ++i) send(std::string(1500, 'x'));
  brokers.settle();
  EXPECT_EQ(told.size(), 20u);
}

TEST_F(routing, C_16_without_acks_the_end_of_the_connection_is_noticed) {
  start([](producer_config& c) {
    c.idempotence = false;
    c.required_acks = acks::none;
  });
  send_now("a");
  auto a = next();
  brokers.world.io.end(*a.wire.link);
  brokers.settle();
  EXPECT_TRUE(a.wire.link->closed);
  brokers.advance(1s);
  send_now("b");
  EXPECT_NE(next().wire.link, a.wire.link);
}

TEST_F(routing, C_17_records_without_a_key_avoid_partitions_without_a_leader) {
  brokers.topics["orders"].partitions.resize(4);
  for (const std::size_t dead : {0u, 2u, 3u}) brokers.topics["orders"].partitions[dead].leader = -1;
  start();
  for (int i = 0; i < 30; ++i) {
    send("v", any_partition);
    brokers.settle();
  }
  while (waiting() > 0) {
    auto one = next();
    for (const auto& batch : one.batches) EXPECT_EQ(batch.partition, 1);
    acknowledge(brokers, one, 0);
  }
  EXPECT_EQ(told.size(), 30u);
}

TEST_F(routing, C_17_records_without_a_key_take_any_partition_if_none_has_a_leader) {
  brokers.topics["orders"].partitions.resize(2);
  for (auto& one : brokers.topics["orders"].partitions) one.leader = -1;
  start();
  send("v", any_partition);
  brokers.settle();
  for (auto& one : brokers.topics["orders"].partitions) one = {1, 1, error_code::none};
  brokers.advance(2s);
  acknowledge(brokers, next(), 0);
  EXPECT_EQ(told.size(), 1u);
}

TEST_F(routing, C_17_records_without_a_key_spread_even_where_each_is_a_batch_of_its_own) {
  brokers.topics["orders"].partitions.resize(8);
  start();
  std::set<std::int32_t> used;
  for (int i = 0; i < 100; ++i) {
    send("v", any_partition);
    auto one = next();
    used.insert(one.only().partition);
    acknowledge(brokers, one, i);
  }
  EXPECT_EQ(used.size(), 8u);
}

TEST_F(routing, C_17_an_answer_that_names_fewer_partitions_moves_no_key) {
  brokers.topics["orders"].partitions.resize(12);
  start();
  brokers.topics["orders"].partitions.resize(5);
  clients->state()->machine().meta().request_refresh();
  brokers.advance(1s);
  EXPECT_EQ(orders.partition_count(), 12);
}

TEST_F(routing, C_18_zstd_is_not_sent_to_a_broker_that_cannot_read_it) {
  brokers.offered[protocol::ProduceRequest::api_key] = 6;
  start([](producer_config& c) { c.compression = zstd(); });
  send_now("a");
  EXPECT_EQ(told, (lines{"a!UNSUPPORTED_VERSION"}));
}

TEST_F(routing, C_18_other_codecs_are) {
  brokers.offered[protocol::ProduceRequest::api_key] = 6;
  start([](producer_config& c) { c.compression = lz4(); });
  send_now(std::string(500, 'a'));
  auto request = next();
  EXPECT_EQ(request.wire.version, 6);
  EXPECT_EQ(request.only().header.compression(), protocol::codec::lz4);
  EXPECT_EQ(request.only().topic, "orders");
}

TEST_F(routing, C_51_topics_are_named_where_the_cluster_knows_no_ids) {
  brokers.offered[protocol::MetadataRequest::api_key] = 9;
  start();
  send_now("a");
  auto request = next();
  EXPECT_EQ(request.wire.version, 12);
  EXPECT_EQ(request.only().topic, "orders");
}

TEST_F(routing, C_60_a_partition_that_the_answer_leaves_out_is_tried_again_under_its_number) {
  start();
  send_now("a");
  auto a = next();
  answer_produce(brokers, a, {verdict{error_code::none, 0, -1, -1, -1, true}});
  brokers.advance(2s);
  EXPECT_EQ(next().only().bytes, a.only().bytes);
}

TEST_F(routing, an_answer_is_matched_by_the_id_that_was_sent_though_the_topic_was_created_anew) {
  start();
  send_now("a");
  auto a = next();
  brokers.topics["orders"].id = 9;
  clients->state()->machine().meta().request_refresh();
  brokers.advance(1s);
  acknowledge(brokers, a, 4);
  EXPECT_EQ(told, (lines{"a@4"}));
}

TEST_F(routing, a_full_request_does_not_starve_the_partitions_behind_its_end) {
  brokers.topics["orders"].partitions.resize(4);
  start([](producer_config& c) {
    c.idempotence = false;
    c.max_in_flight = 1;
    c.batch_size = 4096;
    c.max_request_size = 8192;
  });
  std::set<std::int32_t> served;
  for (int round = 0; round < 4; ++round) {
    for (std::int32_t p = 0; p < 4; ++p) {
      for (int i = 0; i < 4; ++i) send(std::string(1500, 'x'), p);
    }
    auto one = next();
    for (const auto& batch : one.batches) served.insert(batch.partition);
    acknowledge(brokers, one, 0);
  }
  EXPECT_EQ(served.size(), 4u);
}

}  // namespace
}  // namespace ottla
