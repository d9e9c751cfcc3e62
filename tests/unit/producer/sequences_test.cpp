// Idempotence: which sequence a batch carries, what a broken run of them leads to, and what is never sent twice.
#include "batch.hpp"
#include "fixture.hpp"

namespace ottla {
namespace {

using test::acknowledge;
using test::answer_produce;
using test::refuse;
using test::verdict;

using sequences = producing;

TEST(sequence_numbers, C_1_wrap_from_the_largest_int32_to_zero) {
  EXPECT_EQ(next_sequence(0, 10), 10);
  EXPECT_EQ(next_sequence(INT32_MAX, 1), 0);
  EXPECT_EQ(next_sequence(INT32_MAX - 2, 10), 7);
}

TEST_F(sequences, count_records_per_partition) {
  brokers.topics["orders"].partitions.resize(2);
  start();
  send("a", 0);
  send("b", 0);
  send_now("c", 1);
  auto request = next();
  ASSERT_EQ(request.batches.size(), 2u);
  EXPECT_EQ(request.batches[0].header.base_sequence, 0);
  EXPECT_EQ(request.batches[1].header.base_sequence, 0);
  EXPECT_EQ(request.batches[0].header.producer_id, 4711);
  acknowledge(brokers, request, 0);
  send_now("d", 0);
  EXPECT_EQ(next().only().header.base_sequence, 2);
}

TEST_F(sequences, C_2_a_retry_is_the_same_bytes_whatever_came_meanwhile) {
  start();
  send("a");
  send_now("b");
  const auto first = next();
  send("c");
  refuse(brokers, first, error_code::not_enough_replicas);
  brokers.advance(2s);
  const auto second = next();
  EXPECT_EQ(second.only().bytes, first.only().bytes);
  EXPECT_EQ(second.only().values, (lines{"a", "b"}));
}

TEST_F(sequences, C_3_one_batch_is_in_flight_until_the_leader_took_one) {
  start();
  send_now("a");
  send_now("b");
  EXPECT_EQ(waiting(), 1u);
  acknowledge(brokers, next(), 0);
  EXPECT_EQ(waiting(), 1u);  // b
  for (int i = 0; i < 9; ++i) {
    send("more");
    brokers.advance(1ms);
  }
  EXPECT_EQ(waiting(), 5u);
}

TEST_F(sequences, C_4_a_gap_behind_a_failed_batch_is_resent_in_order_under_the_same_numbers) {
  start();
  prove();
  send_now("a");
  send_now("b");
  auto a = next(), b = next();
  refuse(brokers, a, error_code::not_enough_replicas);
  refuse(brokers, b, error_code::out_of_order_sequence_number);
  brokers.advance(2s);
  EXPECT_EQ(waiting(), 1u);  // one by one
  auto again = next();
  EXPECT_EQ(again.only().bytes, a.only().bytes);
  acknowledge(brokers, again, 1);
  again = next();
  EXPECT_EQ(again.only().bytes, b.only().bytes);
  acknowledge(brokers, again, 2);
  EXPECT_EQ(told, (lines{"a@1", "b@2"}));
}

TEST_F(sequences, C_4_a_gap_in_front_of_the_oldest_batch_starts_a_new_epoch) {
  start();
  prove();
  send_now("a");
  auto a = next();
  EXPECT_EQ(a.only().header.producer_epoch, 0);
  refuse(brokers, a, error_code::out_of_order_sequence_number);
  brokers.advance(2s);
  auto again = next();
  EXPECT_EQ(again.only().header.producer_epoch, 1);
  EXPECT_EQ(again.only().header.base_sequence, 0);
  acknowledge(brokers, again, 1);
  EXPECT_EQ(told, (lines{"a@1"}));
}

TEST_F(sequences, C_5_a_duplicate_is_a_success_whose_offset_is_unknown) {
  start();
  send_now("a");
  refuse(brokers, next(), error_code::duplicate_sequence_number);
  EXPECT_EQ(told, (lines{"a@?"}));
}

TEST_F(sequences, C_6_a_forgotten_producer_starts_anew_if_the_batch_was_never_in_doubt) {
  start();
  prove(10);
  send_now("a");
  answer_produce(brokers, next(), {verdict{error_code::unknown_producer_id, -1, 0}});
  brokers.advance(2s);
  auto again = next();
  EXPECT_EQ(again.only().header.producer_epoch, 1);
  acknowledge(brokers, again, 11);
  EXPECT_EQ(told, (lines{"a@11"}));
}

TEST_F(sequences, C_6_a_forgotten_producer_fails_a_batch_in_doubt_while_its_records_could_still_be_there) {
  start();
  prove(10);
  send_now("a");
  refuse(brokers, next(), error_code::request_timed_out);
  brokers.advance(2s);
  answer_produce(brokers, next(), {verdict{error_code::unknown_producer_id, -1, 10}});
  EXPECT_EQ(told, (lines{"a!UNKNOWN_PRODUCER_ID?"}));
}

TEST_F(sequences, C_6_a_batch_in_doubt_goes_again_if_retention_took_all_that_was_acknowledged) {
  start();
  prove(10);
  send_now("a");
  refuse(brokers, next(), error_code::request_timed_out);
  brokers.advance(2s);
  answer_produce(brokers, next(), {verdict{error_code::unknown_producer_id, -1, 11}});
  brokers.advance(2s);
  acknowledge(brokers, next(), 20);
  EXPECT_EQ(told, (lines{"a@20"}));
}

TEST_F(sequences, C_7_a_new_epoch_waits_until_every_partition_is_settled) {
  brokers.topics["orders"].partitions.resize(2);
  brokers.topics["orders"].partitions[1].leader = 2;
  brokers.brokers[2] = "b2";
  start();
  send_now("a", 0);
  send_now("b", 1);
  auto a = next(), b = next();
  if (a.host() != "b1") std::swap(a, b);
  refuse(brokers, a, error_code::invalid_record);  // leaves a gap: the epoch must move
  send("c", 0);
  brokers.advance(1s);
  EXPECT_EQ(waiting(), 0u);  // b still holds a number of the old epoch
  acknowledge(brokers, b, 5);
  auto c = next();
  EXPECT_EQ(c.only().header.producer_epoch, 1);
  EXPECT_EQ(c.only().header.base_sequence, 0);
  acknowledge(brokers, c, 0);
  send_now("d", 1);
  auto d = next();
  EXPECT_EQ(d.only().header.producer_epoch, 1);
  EXPECT_EQ(d.only().header.base_sequence, 0);  // the other partition starts over as well
  EXPECT_EQ(told, (lines{"a!INVALID_RECORD", "b@5", "c@0"}));
}

TEST_F(sequences, C_8_a_later_acknowledgement_settles_an_earlier_batch_in_doubt) {
  start();
  prove();
  send_now("a");
  send_now("b");
  auto a = next(), b = next();
  answer_produce(brokers, a, {verdict{error_code::request_timed_out}});
  acknowledge(brokers, b, 2);
  EXPECT_EQ(told, (lines{"a@?", "b@2"}));
}

TEST_F(sequences, C_8_a_later_acknowledgement_does_not_settle_what_was_certainly_refused) {
  start();
  prove();
  send_now("a");
  send_now("b");
  auto a = next(), b = next();
  refuse(brokers, a, error_code::not_enough_replicas);
  acknowledge(brokers, b, 1);
  EXPECT_EQ(told, (lines{"b@1"}));
  brokers.advance(2s);
  EXPECT_EQ(next().only().values, (lines{"a"}));
}

TEST_F(sequences, C_9_what_may_be_stored_keeps_its_number_until_that_is_known) {
  start();
  for (const error_code unsure : {error_code::request_timed_out, error_code::not_enough_replicas_after_append}) {
    send_now("a");
    auto first = next();
    refuse(brokers, first, unsure);
    send("b");
    brokers.advance(2s);
    auto again = next();
    EXPECT_EQ(again.only().bytes, first.only().bytes);
    EXPECT_EQ(waiting(), 0u);
    acknowledge(brokers, again, 0);
    acknowledge(brokers, next(), 1);
  }
  EXPECT_EQ(told, (lines{"a@0", "b@1", "a@0", "b@1"}));
}

// Kafka answers what waited for followers with NOT_LEADER_OR_FOLLOWER when the leader changes, and says where it was.
TEST_F(sequences, C_9_a_leader_that_left_after_it_appended_leaves_a_doubt) {
  start();
  send_now("a");
  auto first = next();
  answer_produce(brokers, first, {verdict{error_code::not_leader_or_follower, 7}});
  brokers.advance(2s);
  auto again = next();
  EXPECT_EQ(again.only().bytes, first.only().bytes);
  refuse(brokers, again, error_code::out_of_order_sequence_number);
  EXPECT_EQ(told, (lines{"a!OUT_OF_ORDER_SEQUENCE_NUMBER?"}));
}

TEST_F(sequences, C_9_a_leader_that_left_before_it_appended_leaves_none) {
  start([](producer_config& c) {
    c.request_timeout = 1s;
    c.delivery_timeout = 3s;
  });
  send_now("a");
  for (int i = 0; i < 20 && told.empty(); ++i) {
    while (waiting() > 0) refuse(brokers, next(), error_code::not_leader_or_follower);
    brokers.advance(500ms);
  }
  EXPECT_EQ(told, (lines{"a!DELIVERY_TIMED_OUT"}));
}

TEST_F(sequences, C_9_a_client_time_out_is_a_doubt_as_well) {
  start([](producer_config& c) { c.request_timeout = 1s; });
  send_now("a");
  auto first = next();
  brokers.advance(3s);  // no answer: the connection goes
  auto again = next();
  EXPECT_NE(again.wire.link, first.wire.link);
  EXPECT_EQ(again.only().bytes, first.only().bytes);
  refuse(brokers, again, error_code::out_of_order_sequence_number);
  EXPECT_EQ(told, (lines{"a!OUT_OF_ORDER_SEQUENCE_NUMBER?"}));
}

TEST_F(sequences, C_10_a_record_that_gets_too_old_in_a_retry_leaves_a_gap_and_a_new_epoch) {
  start([](producer_config& c) {
    c.request_timeout = 1s;
    c.delivery_timeout = 3s;
  });
  send_now("a");
  refuse(brokers, next(), error_code::not_enough_replicas);
  for (int i = 0; i < 20 && told.empty(); ++i) {
    brokers.advance(500ms);
    while (waiting() > 0) refuse(brokers, next(), error_code::not_enough_replicas);
  }
  EXPECT_EQ(told, (lines{"a!DELIVERY_TIMED_OUT"}));
  send_now("b");
  brokers.advance(2s);
  EXPECT_EQ(next().only().header.producer_epoch, 1);
}

TEST_F(sequences, C_10_what_is_in_flight_waits_for_its_outcome_even_past_its_deadline) {
  start([](producer_config& c) {
    c.request_timeout = 3s;
    c.delivery_timeout = 3s;
  });
  send_now("a");
  auto a = next();
  brokers.advance(3500ms);
  EXPECT_EQ(told, lines{});
  acknowledge(brokers, a, 7);
  EXPECT_EQ(told, (lines{"a@7"}));
}

TEST_F(sequences, C_12_a_permanent_failure_lets_later_records_through_under_a_new_epoch) {
  start();
  prove();
  send_now("bad");
  send_now("good");
  auto bad = next(), good = next();
  refuse(brokers, bad, error_code::invalid_record);
  refuse(brokers, good, error_code::out_of_order_sequence_number);
  brokers.advance(2s);
  auto again = next();
  EXPECT_EQ(again.only().values, (lines{"good"}));
  EXPECT_EQ(again.only().header.producer_epoch, 1);
  acknowledge(brokers, again, 1);
  EXPECT_EQ(told, (lines{"bad!INVALID_RECORD", "good@1"}));
}

TEST_F(sequences, several_batches_in_doubt_behind_an_expired_one_fail_once_each) {
  start([](producer_config& c) {
    c.request_timeout = 1s;
    c.delivery_timeout = 4s;
  });
  prove();
  for (const char* value : {"a", "b", "c"}) send_now(value);
  EXPECT_EQ(waiting(), 3u);
  brokers.paused.insert("b1");  // all three time out, and so does every retry
  brokers.asked.clear();
  brokers.advance(10s);
  EXPECT_EQ(told, (lines{"a!DELIVERY_TIMED_OUT?", "b!REQUEST_TIMED_OUT?", "c!REQUEST_TIMED_OUT?"}));
}

TEST_F(sequences, a_producer_id_that_is_refused_for_now_is_asked_for_again) {
  brokers.identity_errors = {error_code::coordinator_load_in_progress, error_code::coordinator_not_available};
  start();
  send("a");
  brokers.advance(5s);
  EXPECT_EQ(brokers.identities_asked, 3);
  EXPECT_EQ(next().only().header.producer_id, 4711);
}

TEST_F(sequences, a_producer_id_that_is_refused_for_good_fails_records_with_the_reason) {
  brokers.identity_errors = {error_code::cluster_authorization_failed};
  start();
  send_now("a");
  EXPECT_EQ(told, (lines{"a!CLUSTER_AUTHORIZATION_FAILED"}));
}

}  // namespace
}  // namespace ottla
