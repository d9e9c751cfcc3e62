// Offsets as a part of transactions (KIP-447): who commits them, and what a refusal makes of the transaction.
#include "transacting.hpp"

namespace ottla {
namespace {

using transaction_offsets = transacting;
using protocol::EndTxnRequest;

TEST_F(transaction_offsets, C_25_carry_member_and_generation_and_under_v1_the_group_is_added_first) {
  start_transactions(1);
  begin();
  send_offsets();
  EXPECT_EQ(answer_add_offsets(), "readers");
  EXPECT_EQ(answer_offsets(), "readers m1 3 input-0@42/5");
  send_offsets();
  answer_offsets();  // the group is in the transaction already
  commit();
  answer_end(expect_end());
  EXPECT_EQ(told, (lines{"offsets ok", "offsets ok", "COMMITTED"}));
}

TEST_F(transaction_offsets, C_25_under_v2_the_commit_adds_the_group_by_itself) {
  start_transactions(2);
  begin();
  send_offsets();
  const auto wire = brokers.asked.front();
  EXPECT_EQ(wire.version, 5);
  EXPECT_EQ(answer_offsets(), "readers m1 3 input-0@42/5");
  commit();
  answer_end(expect_end());
  EXPECT_EQ(told, (lines{"offsets ok", "COMMITTED"}));
}

TEST_F(transaction_offsets, C_25_a_member_that_lost_its_place_loses_the_transaction_and_not_the_producer) {
  for (const error_code code :
       {error_code::illegal_generation, error_code::unknown_member_id, error_code::fenced_instance_id}) {
    next_epoch = 0;
    start_transactions(2);
    begin();
    send_offsets();
    answer_offsets(code);
    commit();
    abort();
    begin();
    const std::string why(protocol::name(code));
    EXPECT_EQ(told, (lines{"offsets " + why, "MUST_ABORT " + why, "ABORTED"}));
    told.clear();
    made.reset();
    orders = {};
    clients.reset();
  }
}

TEST_F(transaction_offsets, C_25_a_broker_that_cannot_check_the_member_is_not_given_its_offsets) {
  brokers.offered[protocol::TxnOffsetCommitRequest::api_key] = 2;
  start_transactions(1);
  begin();
  send_offsets();
  answer_add_offsets();
  EXPECT_EQ(told, lines{"offsets UNSUPPORTED_VERSION"});
}

TEST_F(transaction_offsets, C_25_a_group_coordinator_that_moved_is_looked_for_again) {
  brokers.brokers[2] = "b2";
  start_transactions(2);
  begin();
  coordinator = 2;
  send_offsets();
  coordinator = 1;
  EXPECT_EQ(brokers.asked.front().link->to.host, "b2");
  answer_offsets(error_code::not_coordinator);
  brokers.advance(1s);
  EXPECT_EQ(brokers.asked.front().link->to.host, "b1");
  answer_offsets(error_code::coordinator_load_in_progress);
  brokers.advance(2s);
  answer_offsets();
  EXPECT_EQ(told, lines{"offsets ok"});
}

TEST_F(transaction_offsets, C_24_are_waited_for_by_commit_and_dropped_by_abort) {
  start_transactions(2);
  begin();
  send_offsets();
  commit();
  EXPECT_EQ(asked<EndTxnRequest>(), 0u);
  answer_offsets();
  answer_end(expect_end());
  begin();
  send_offsets();
  abort();
  EXPECT_EQ(told, (lines{"offsets ok", "COMMITTED", "offsets PURGED"}));
  answer_offsets();  // it may be stored all the same: the abort waits for it
  EXPECT_EQ(told.back(), "ABORTED");
}

TEST_F(transaction_offsets, that_are_late_fail_the_transaction_which_must_not_be_committed_without_them) {
  start_transactions(2);
  begin();
  send_offsets({"readers", "m1", "", 3}, 1s);
  brokers.advance(1s);
  commit();
  EXPECT_EQ(told, (lines{"offsets TIMED_OUT", "MUST_ABORT TIMED_OUT"}));
}

TEST_F(transaction_offsets, are_refused_outside_of_a_transaction_and_when_they_make_no_sense) {
  start_transactions(2);
  send_offsets();
  EXPECT_EQ(told, lines{"offsets INVALID_STATE"});
  begin();
  const auto ignored = [](const error&) {};
  EXPECT_TRUE(made->send_offsets_to_transaction_async({{{"input", 0}, 1}}, {}, 1s, ignored)
                  .error()
                  .is(client_code::invalid_argument));
  EXPECT_TRUE(made->send_offsets_to_transaction_async({{{"input", 0}, -1}}, {"readers"}, 1s, ignored)
                  .error()
                  .is(client_code::invalid_argument));
  commit();
  EXPECT_EQ(told.back(), "COMMITTED");  // neither was part of it
}

}  // namespace
}  // namespace ottla
