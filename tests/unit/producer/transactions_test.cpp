// Transactions: what the coordinator hears and when, and what each of its answers makes of the transaction.
#include "transacting.hpp"

namespace ottla {
namespace {

using test::acknowledge;
using test::answer_produce;
using test::refuse;
using test::verdict;

using transactions = transacting;
using protocol::AddPartitionsToTxnRequest;
using protocol::EndTxnRequest;

std::string refusal(const result<void>& told) { return told ? "ok" : std::string(told.error().name()); }

// ---- who may call what

TEST_F(transactions, are_refused_before_they_are_initialised_and_without_an_id) {
  brokers.transaction_version = 2;
  start([](producer_config& c) { c.transactional_id = "copier"; });
  EXPECT_EQ(refusal(made->begin_transaction()), "INVALID_STATE");
  record what;
  what.partition = 0;
  EXPECT_EQ(refusal(orders.send(what)), "INVALID_STATE");
  commit();
  EXPECT_EQ(told, lines{"REFUSED INVALID_STATE"});
  producer plain(*clients, {.idempotence = false});
  EXPECT_EQ(refusal(plain.begin_transaction()), "INVALID_STATE");
}

TEST_F(transactions, take_records_between_begin_and_end_alone) {
  start_transactions(2);
  record what;
  what.partition = 0;
  EXPECT_EQ(refusal(orders.send(what)), "INVALID_STATE");
  begin();
  EXPECT_EQ(refusal(made->begin_transaction()), "INVALID_STATE");
  send_now("a");
  acknowledge(brokers, next(), 0);
  commit();
  EXPECT_EQ(refusal(orders.send(what)), "INVALID_STATE");
  EXPECT_EQ(refusal(made->begin_transaction()), "INVALID_STATE");
  answer_end(expect_end());
  EXPECT_EQ(refusal(orders.send(what)), "INVALID_STATE");
  begin();
  EXPECT_EQ(refusal(orders.send(what)), "ok");
  EXPECT_EQ(told, (lines{"a@0", "COMMITTED"}));
}

TEST_F(transactions, a_call_that_was_late_does_not_stand_in_the_way_of_the_next) {
  start_transactions(2);
  begin();
  send_now("a");
  acknowledge(brokers, next(), 0);
  // As by a caller that gave up on a core that stood still: it finds both calls, the first of them over.
  ASSERT_TRUE(made->abort_transaction_async(100ms, heard()));
  brokers.world.now += 200ms;
  ASSERT_TRUE(made->abort_transaction_async(10s, heard()));
  ASSERT_TRUE(made->abort_transaction_async(10s, heard()));
  brokers.settle();
  EXPECT_EQ(told, (lines{"a@0", "UNKNOWN TIMED_OUT", "REFUSED INVALID_STATE"})) << "one waits at a time";
  answer_end(expect_end());
  EXPECT_EQ(told.back(), "ABORTED");
}

TEST_F(transactions, without_records_end_without_a_request) {
  for (const std::int16_t version : {1, 2}) {
    start_transactions(version);
    begin();
    commit();
    begin();
    abort();
    EXPECT_EQ(asked<EndTxnRequest>(), 0u);
    EXPECT_EQ(told, (lines{"COMMITTED", "ABORTED"}));
    told.clear();
    made.reset();
    orders = {};
    clients.reset();
  }
}

TEST_F(transactions, an_unsupported_configuration_is_named) {
  clients.emplace(brokers.open());
  const producer out(*clients, {.idempotence = false, .transactional_id = "copier"});
  EXPECT_NE(out.valid().error().message().find("transactional_id"), std::string::npos);
}

// ---- C-19

TEST_F(transactions, C_19_under_v1_a_partition_is_added_before_its_first_batch) {
  brokers.topics["orders"].partitions.resize(2);
  start_transactions(1);
  begin();
  send("a", 0);
  send_now("b", 1);
  EXPECT_EQ(waiting(), 0u);
  EXPECT_EQ(answer_add(), "orders-0 orders-1");
  const auto first = next();
  EXPECT_EQ(first.wire.version, 11);
  EXPECT_TRUE(first.only().header.transactional());
  EXPECT_EQ(test::read_request<protocol::ProduceRequest>(first.wire)->transactional_id, "copier");
  acknowledge(brokers, first, 0);
  send_now("c", 0);
  EXPECT_EQ(asked<AddPartitionsToTxnRequest>(), 0u);  // once per transaction
  acknowledge(brokers, next(), 1);
  commit();
  const auto end = expect_end();
  EXPECT_EQ(end.wire.version, 4);
  EXPECT_TRUE(end.commit);
  answer_end(end);
  begin();
  send_now("d", 0);
  EXPECT_EQ(waiting(), 0u);
  EXPECT_EQ(answer_add(), "orders-0");  // and again in the next
  EXPECT_EQ(next().only().header.base_sequence, 2);
}

TEST_F(transactions, C_19_under_v2_produce_12_adds_the_partition_by_itself) {
  start_transactions(2);
  begin();
  send_now("a");
  EXPECT_EQ(asked<AddPartitionsToTxnRequest>(), 0u);
  const auto first = next();
  EXPECT_GE(first.wire.version, 12);
  acknowledge(brokers, first, 0);
}

TEST_F(transactions, C_19_a_partition_that_may_not_be_added_fails_the_transaction_and_not_the_producer) {
  start_transactions(1);
  begin();
  send_now("a");
  answer_add(error_code::topic_authorization_failed);
  EXPECT_EQ(told, lines{"a!TRANSACTION_FAILED"});
  commit();
  abort();
  answer_end(expect_end());  // whatever the coordinator made of it
  begin();
  EXPECT_EQ(told, (lines{"a!TRANSACTION_FAILED", "MUST_ABORT TOPIC_AUTHORIZATION_FAILED", "ABORTED"}));
}

// ---- C-20

TEST_F(transactions, C_20_a_transaction_that_is_being_completed_is_waited_for_20_ms_at_a_time) {
  brokers.transaction_version = 1;
  init_errors = {error_code::concurrent_transactions, error_code::concurrent_transactions};
  start([](producer_config& c) { c.transactional_id = "copier"; });
  init();
  EXPECT_EQ(inits_asked, 1);
  brokers.advance(20ms);
  EXPECT_EQ(inits_asked, 2);
  brokers.advance(20ms);
  EXPECT_EQ(told, lines{"init ok"});
  begin();
  send_now("a");
  answer_add(error_code::concurrent_transactions);
  brokers.advance(19ms);
  EXPECT_EQ(asked<AddPartitionsToTxnRequest>(), 0u);
  brokers.advance(1ms);
  answer_add();
  acknowledge(brokers, next(), 0);
  commit();
  answer_end(expect_end(), error_code::concurrent_transactions);
  brokers.advance(20ms);
  answer_end(expect_end());
  EXPECT_EQ(told.back(), "COMMITTED");
}

TEST_F(transactions, C_20_under_v2_a_leader_says_so_too) {
  start_transactions(2);
  begin();
  send_now("a");
  const auto first = next();
  refuse(brokers, first, error_code::concurrent_transactions);
  brokers.advance(20ms);
  const auto again = next();
  EXPECT_EQ(again.only().bytes, first.only().bytes);
  acknowledge(brokers, again, 0);
}

TEST_F(transactions, C_20_one_that_hangs_is_not_asked_about_fifty_times_a_second_for_ever) {
  start_transactions(1);
  begin();
  send_now("a");
  answer_add();
  acknowledge(brokers, next(), 0);
  commit();
  int times = 0;
  for (int i = 0; i < 3000; ++i) {
    brokers.advance(10ms);
    if (asked<EndTxnRequest>() == 0) continue;
    answer_end(expect_end(), error_code::concurrent_transactions);
    ++times;
  }
  EXPECT_LT(times, 150);  // 50 in the first second, then one a second
}

// ---- C-21

TEST_F(transactions, C_21_under_v2_each_transaction_has_the_epoch_that_the_end_of_the_last_one_gave) {
  start_transactions(2);
  begin();
  send_now("a");
  auto one = next();
  EXPECT_EQ(one.only().header.producer_epoch, 0);
  acknowledge(brokers, one, 0);
  commit();
  auto end = expect_end();
  EXPECT_EQ(end.wire.version, 5);
  answer_end(end);
  begin();
  send_now("b");
  one = next();
  EXPECT_EQ(one.only().header.producer_epoch, 1);
  EXPECT_EQ(one.only().header.base_sequence, 0);
  acknowledge(brokers, one, 2);
  abort();
  answer_end(expect_end());
  begin();
  send_now("c");
  EXPECT_EQ(next().only().header.producer_epoch, 2);
  EXPECT_EQ(inits_asked, 1);
}

TEST_F(transactions, C_21_the_feature_without_the_versions_is_not_enough) {
  brokers.offered[EndTxnRequest::api_key] = 4;
  start_transactions(2);
  begin();
  send_now("a");
  EXPECT_EQ(answer_add(), "orders-0");
  EXPECT_EQ(next().wire.version, 11);
}

TEST_F(transactions, C_21_the_versions_without_the_feature_are_not_enough) {
  start_transactions(0);
  begin();
  send_now("a");
  EXPECT_EQ(answer_add(), "orders-0");
  const auto one = next();
  EXPECT_EQ(one.wire.version, 11);
  acknowledge(brokers, one, 0);
  commit();
  EXPECT_EQ(expect_end().wire.version, 4);
}

TEST_F(transactions, C_21_an_upgrade_in_mid_life_begins_with_a_new_epoch) {
  start_transactions(1);
  begin();
  send_now("a");
  answer_add();
  acknowledge(brokers, next(), 0);
  brokers.transaction_version = 2;
  brokers.features_epoch = 2;
  for (test::virtual_link* link : brokers.links_to("b1")) brokers.world.io.end(*link);  // the broker was rolled
  brokers.settle();
  brokers.advance(2s);
  commit();
  EXPECT_EQ(expect_end().wire.version, 4);  // it ends as it began
  for (test::virtual_link* link : brokers.links_to("b1")) brokers.world.io.end(*link);
  brokers.advance(2s);
  answer_end(expect_end());
  EXPECT_EQ(told.back(), "COMMITTED");
  begin();
  send_now("b");
  EXPECT_EQ(inits_asked, 2);
  EXPECT_EQ(claimed_epoch, 0);
  const auto one = next();
  EXPECT_GE(one.wire.version, 12);
  EXPECT_EQ(one.only().header.producer_epoch, 1);
  EXPECT_EQ(one.only().header.base_sequence, 0);
}

// ---- C-22

TEST_F(transactions, C_22_transaction_abortable_costs_the_transaction_and_not_the_producer) {
  start_transactions(2);
  begin();
  send_now("a");
  acknowledge(brokers, next(), 0);
  commit();
  answer_end(expect_end(), error_code::transaction_abortable);
  commit();  // nothing else helps
  EXPECT_EQ(refusal(made->begin_transaction()), "TRANSACTION_FAILED");
  abort();
  answer_end(expect_end());
  begin();
  send_now("b");
  EXPECT_EQ(next().only().header.producer_epoch, 1);
  EXPECT_EQ(told, (lines{"a@0", "MUST_ABORT TRANSACTION_ABORTABLE", "MUST_ABORT TRANSACTION_ABORTABLE", "ABORTED"}));
}

TEST_F(transactions, C_22_from_a_leader_an_invalid_epoch_costs_the_transaction_and_not_the_producer) {
  start_transactions(2);
  begin();
  send_now("a");
  refuse(brokers, next(), error_code::invalid_producer_epoch);
  record what;
  what.partition = 0;
  EXPECT_EQ(refusal(orders.send(what)), "TRANSACTION_FAILED");
  abort();
  begin();
  send_now("b");
  EXPECT_EQ(next().only().header.producer_epoch, 1);
  EXPECT_EQ(told, (lines{"a!INVALID_PRODUCER_EPOCH", "ABORTED"}));
}

TEST_F(transactions, C_22_from_a_coordinator_an_invalid_epoch_is_the_end) {
  start_transactions(2);
  begin();
  send_now("a");
  acknowledge(brokers, next(), 0);
  commit();
  answer_end(expect_end(), error_code::invalid_producer_epoch);
  EXPECT_EQ(told, (lines{"a@0", "FATAL INVALID_PRODUCER_EPOCH"}));
  EXPECT_EQ(refusal(made->begin_transaction()), "FATAL_PRODUCER");
  abort();
  EXPECT_EQ(told.back(), "FATAL INVALID_PRODUCER_EPOCH");
  record what;
  what.partition = 0;
  EXPECT_EQ(refusal(orders.send(what)), "FATAL_PRODUCER");
}

TEST_F(transactions, C_22_a_fenced_producer_fails_what_it_has_and_takes_nothing_more) {
  start_transactions(2);
  begin();
  send_now("a");
  send("b");
  refuse(brokers, next(), error_code::producer_fenced);
  EXPECT_EQ(told, (lines{"a!PRODUCER_FENCED", "b!PRODUCER_FENCED"}));
  EXPECT_EQ(refusal(made->begin_transaction()), "FATAL_PRODUCER");
}

// ---- C-23

TEST_F(transactions, C_23_a_commit_whose_answer_got_lost_is_asked_for_again) {
  start_transactions(2);
  begin();
  send_now("a");
  acknowledge(brokers, next(), 0);
  commit();
  const auto first = expect_end();
  lose(first.wire);
  EXPECT_EQ(told, lines{"a@0"});
  brokers.advance(2s);
  const auto again = expect_end();
  EXPECT_EQ(again.epoch, first.epoch);
  answer_end(again);
  EXPECT_EQ(told.back(), "COMMITTED");
}

TEST_F(transactions, C_23_a_commit_without_an_answer_and_then_fenced_is_neither_committed_nor_aborted) {
  start_transactions(2);
  begin();
  send_now("a");
  acknowledge(brokers, next(), 0);
  commit();
  lose(expect_end().wire);
  brokers.advance(2s);
  answer_end(expect_end(), error_code::producer_fenced);
  EXPECT_EQ(told.back(), "UNKNOWN PRODUCER_FENCED");
  EXPECT_EQ(refusal(made->begin_transaction()), "FATAL_PRODUCER");
}

TEST_F(transactions, C_23_a_commit_that_never_reached_anybody_leaves_no_doubt) {
  start_transactions(2);
  begin();
  send_now("a");
  acknowledge(brokers, next(), 0);
  commit();
  answer_end(expect_end(), error_code::not_coordinator);
  brokers.advance(2s);
  answer_end(expect_end(), error_code::producer_fenced);
  EXPECT_EQ(told.back(), "FATAL PRODUCER_FENCED");
}

TEST_F(transactions, C_23_an_unknown_server_error_is_an_unknown_outcome_and_a_new_epoch_fences_it) {
  start_transactions(2);
  begin();
  send_now("a");
  acknowledge(brokers, next(), 0);
  commit();
  answer_end(expect_end(), error_code::unknown_server_error);
  EXPECT_EQ(told, (lines{"a@0", "UNKNOWN UNKNOWN_SERVER_ERROR"}));
  EXPECT_EQ(inits_asked, 2);
  EXPECT_EQ(claimed_epoch, 0);
  begin();
  send_now("b");
  const auto one = next();
  EXPECT_EQ(one.only().header.producer_epoch, 1);
  EXPECT_EQ(one.only().header.base_sequence, 0);
}

TEST_F(transactions, C_23_an_outcome_that_comes_late_is_kept_for_the_call_that_asks_again) {
  start_transactions(2);
  begin();
  send_now("a");
  acknowledge(brokers, next(), 0);
  commit(1s);
  const auto end = expect_end();
  // The core stands still, and finds the answer before it finds that nobody waits for it any more.
  brokers.world.now += 2s;
  answer_end(end);
  EXPECT_EQ(told, (lines{"a@0", "UNKNOWN TIMED_OUT"}));
  commit();
  EXPECT_EQ(told.back(), "COMMITTED");
  EXPECT_EQ(asked<EndTxnRequest>(), 0u) << "nothing more is asked";
}

TEST_F(transactions, C_23_a_commit_that_outlasts_its_deadline_can_be_asked_for_again_and_for_nothing_else) {
  start_transactions(2);
  begin();
  send_now("a");
  acknowledge(brokers, next(), 0);
  commit(1s);
  const auto end = expect_end();
  brokers.advance(1s);
  EXPECT_EQ(told.back(), "UNKNOWN TIMED_OUT");
  EXPECT_EQ(refusal(made->begin_transaction()), "INVALID_STATE");
  abort();
  EXPECT_EQ(told.back(), "REFUSED INVALID_STATE");
  answer_end(end);
  EXPECT_EQ(refusal(made->begin_transaction()), "INVALID_STATE");  // the outcome was not heard yet
  abort();
  EXPECT_EQ(told.back(), "REFUSED INVALID_STATE");
  commit();
  EXPECT_EQ(told.back(), "COMMITTED");
  begin();
}

TEST_F(transactions, C_23_an_abort_that_nobody_confirms_is_an_abort_all_the_same) {
  start_transactions(2);
  begin();
  send_now("a");
  acknowledge(brokers, next(), 0);
  abort();
  answer_end(expect_end(), error_code::unknown_server_error);
  EXPECT_EQ(told, (lines{"a@0", "ABORTED"}));
  EXPECT_EQ(inits_asked, 2);  // the new epoch ends what was left open
}

// ---- C-24

TEST_F(transactions, C_24_commit_sends_what_is_buffered_first_without_waiting_for_linger) {
  start_transactions(2, [](producer_config& c) { c.linger = 10s; });
  begin();
  send_now("a");
  const auto first = next();
  send_now("b");
  EXPECT_EQ(waiting(), 0u);  // the leader is busy: it lingers
  commit();
  EXPECT_EQ(asked<EndTxnRequest>(), 0u);
  acknowledge(brokers, first, 0);
  const auto second = next();
  EXPECT_EQ(asked<EndTxnRequest>(), 0u);  // not before its outcome is known
  acknowledge(brokers, second, 1);
  answer_end(expect_end());
  EXPECT_EQ(told, (lines{"a@0", "b@1", "COMMITTED"}));
}

TEST_F(transactions, C_24_abort_drops_what_is_buffered_and_waits_for_what_is_in_flight) {
  start_transactions(2);
  begin();
  send_now("a");
  const auto first = next();
  send_now("b");
  abort();
  EXPECT_EQ(told, lines{"b!PURGED"});
  EXPECT_EQ(asked<EndTxnRequest>(), 0u);
  refuse(brokers, first, error_code::not_enough_replicas);  // is not tried again
  EXPECT_EQ(told, (lines{"b!PURGED", "a!NOT_ENOUGH_REPLICAS", "ABORTED"}));
}

// The broker takes an EndTxn under the new epoch for a stranger's while the transaction before is being completed.
TEST_F(transactions, C_24_what_was_refused_for_the_transaction_before_is_aborted_without_a_request) {
  start_transactions(2);
  begin();
  send_now("a");
  refuse(brokers, next(), error_code::concurrent_transactions);
  abort();
  EXPECT_EQ(told, (lines{"a!PURGED", "ABORTED"}));
  EXPECT_EQ(asked<EndTxnRequest>(), 0u);
  EXPECT_EQ(inits_asked, 1);
  begin();
  send_now("b");
  brokers.advance(20ms);
  const auto one = next();
  EXPECT_EQ(one.only().header.producer_epoch, 0);
  EXPECT_EQ(one.only().header.base_sequence, 0);  // its number was never used
}

TEST_F(transactions, C_24_one_whose_every_produce_failed_must_be_aborted_and_does_not_hang) {
  brokers.topics["orders"].partitions.resize(2);
  for (const std::int16_t version : {1, 2}) {
    next_epoch = 0;
    start_transactions(version);
    begin();
    send("a", 0);
    send_now("b", 1);
    if (version == 1) answer_add();
    refuse(brokers, next(), error_code::invalid_record);
    commit();
    abort();
    // Under version 2 the coordinator may not have heard of it at all: a new epoch is all that is asked for.
    if (version == 1) answer_end(expect_end());
    EXPECT_EQ(asked<EndTxnRequest>(), 0u);
    EXPECT_EQ(told, (lines{"a!INVALID_RECORD", "b!INVALID_RECORD", "MUST_ABORT INVALID_RECORD", "ABORTED"}));
    told.clear();
    begin();
    send_now("c", 0);
    if (version == 1) answer_add();
    const auto one = next();
    EXPECT_EQ(one.only().header.producer_epoch, 1);  // numbers were lost (KIP-360)
    EXPECT_EQ(one.only().header.base_sequence, 0);
    EXPECT_EQ(claimed_epoch, 0);
    acknowledge(brokers, one, 0);
    abort();
    answer_end(expect_end());
    told.clear();
    made.reset();
    orders = {};
    clients.reset();
  }
}

TEST_F(transactions, C_24_a_failure_while_a_commit_waits_ends_the_wait_with_must_abort) {
  start_transactions(2);
  begin();
  send_now("a");
  const auto first = next();
  commit();
  refuse(brokers, first, error_code::invalid_record);
  EXPECT_EQ(told, (lines{"a!INVALID_RECORD", "MUST_ABORT INVALID_RECORD"}));
  EXPECT_EQ(asked<EndTxnRequest>(), 0u);
  abort();
  EXPECT_EQ(told.back(), "ABORTED");
}

TEST_F(transactions, C_24_a_record_that_is_not_taken_fails_the_transaction) {
  start_transactions(2);
  begin();
  record what;
  what.partition = 7;
  EXPECT_EQ(refusal(orders.send(what)), "UNKNOWN_PARTITION");
  what.partition = 0;
  EXPECT_EQ(refusal(orders.send(what)), "TRANSACTION_FAILED");
  commit();
  abort();
  EXPECT_EQ(told, (lines{"MUST_ABORT UNKNOWN_PARTITION", "ABORTED"}));
  begin();
}

TEST_F(transactions, C_24_a_record_that_gets_too_old_unsent_fails_the_transaction) {
  start_transactions(2, [](producer_config& c) {
    c.request_timeout = 1s;
    c.delivery_timeout = 2s;
  });
  begin();
  brokers.topics["orders"].partitions[0].leader = -1;
  send_now("a");
  refuse(brokers, next(), error_code::not_leader_or_follower);
  brokers.advance(5s);
  commit();
  EXPECT_EQ(told, (lines{"a!DELIVERY_TIMED_OUT", "MUST_ABORT DELIVERY_TIMED_OUT"}));
}

// ---- the coordinator

TEST_F(transactions, the_coordinator_is_looked_for_again_when_it_is_none) {
  brokers.brokers[2] = "b2";
  start_transactions(2);
  EXPECT_EQ(coordinators_asked, 1);
  begin();
  send_now("a");
  acknowledge(brokers, next(), 0);
  commit();
  coordinator = 2;
  const auto end = expect_end();
  EXPECT_EQ(end.wire.link->to.host, "b1");
  answer_end(end, error_code::not_coordinator);
  brokers.advance(1s);
  EXPECT_EQ(coordinators_asked, 2);
  const auto again = expect_end();
  EXPECT_EQ(again.wire.link->to.host, "b2");
  answer_end(again, error_code::coordinator_load_in_progress);
  brokers.advance(2s);
  answer_end(expect_end());
  EXPECT_EQ(coordinators_asked, 2);
  EXPECT_EQ(told.back(), "COMMITTED");
}

TEST_F(transactions, initialising_ends_with_the_reason_when_it_is_not_allowed) {
  init_errors = {error_code::transactional_id_authorization_failed};
  start([](producer_config& c) { c.transactional_id = "copier"; });
  init();
  EXPECT_EQ(told, lines{"init TRANSACTIONAL_ID_AUTHORIZATION_FAILED"});
  EXPECT_EQ(refusal(made->begin_transaction()), "FATAL_PRODUCER");
}

TEST_F(transactions, initialising_goes_on_behind_its_deadline) {
  for (int i = 0; i < 100; ++i) init_errors.push_back(error_code::coordinator_load_in_progress);
  start([](producer_config& c) { c.transactional_id = "copier"; });
  init();
  brokers.advance(10s);
  EXPECT_EQ(told, lines{"init TIMED_OUT"});
  init_errors.clear();
  brokers.advance(2s);
  init();
  EXPECT_EQ(told, (lines{"init TIMED_OUT", "init ok"}));
}

TEST_F(transactions, a_coordinator_that_forgot_the_id_is_given_it_again) {
  start_transactions(1);
  begin();
  send_now("a");
  answer_add(error_code::invalid_producer_id_mapping);
  abort();
  EXPECT_EQ(asked<EndTxnRequest>(), 0u);  // it would be refused
  EXPECT_EQ(told, (lines{"a!TRANSACTION_FAILED", "ABORTED"}));
  EXPECT_EQ(inits_asked, 2);
  begin();
  send_now("b");
  answer_add();
  EXPECT_EQ(next().only().header.producer_epoch, 1);
}

TEST_F(transactions, an_abort_of_what_the_coordinator_never_heard_of_is_no_error) {
  start_transactions(1);
  begin();
  send_now("a");
  lose(brokers.expect(AddPartitionsToTxnRequest::api_key));
  abort();
  brokers.advance(2s);
  answer_end(expect_end(), error_code::invalid_txn_state);
  EXPECT_EQ(told, (lines{"a!PURGED", "ABORTED"}));
  begin();
}

// ---- the end

TEST_F(transactions, close_aborts_what_is_open) {
  start_transactions(2);
  begin();
  send_now("a");
  acknowledge(brokers, next(), 0);
  bool aborted = false;
  brokers.answer_next = [&](const test::wire_request& one) {
    if (one.key != EndTxnRequest::api_key) return false;
    aborted = !test::read_request<EndTxnRequest>(one)->committed;
    test::answer(brokers.world.io, one, protocol::EndTxnResponse{});
    return true;
  };
  EXPECT_TRUE(made->close(5s));
  EXPECT_TRUE(aborted);
  EXPECT_EQ(refusal(made->begin_transaction()), "CLOSED");
}

TEST_F(transactions, close_keeps_its_deadline_when_nobody_answers) {
  start_transactions(2);
  begin();
  send_now("a");
  acknowledge(brokers, next(), 0);
  commit();
  const steady_ns before = brokers.world.now;
  (void)made->close(3s);
  EXPECT_LE(brokers.world.now - before, 3s + 500ms);
  EXPECT_EQ(told, (lines{"a@0", "UNKNOWN CLOSED"}));
}

}  // namespace
}  // namespace ottla
