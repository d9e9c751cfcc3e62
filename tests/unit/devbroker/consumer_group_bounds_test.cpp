// What a group of the consumer protocol refuses and forgets: members beyond its size, assignors that are not there,
// offsets of transactions as of another epoch, offsets that nobody uses.
#include "consumer_group_support.hpp"
#include "transaction_support.hpp"

namespace {

using namespace ottla;
using namespace ottla::test;

TEST_F(ConsumerGroups, AGroupThatIsFullTakesNobodyUntilOneLeaves) {
  mock::broker small{{.groups = {.max_members = 1}}};
  small.create_topic("t", 4);
  reader a(small, "a");
  reader b(small, "b");
  ASSERT_EQ(a.join(), error_code::none);
  EXPECT_EQ(b.join(), error_code::group_max_size_reached);
  EXPECT_EQ(a.beat(), error_code::none) << "who is in stays in";
  EXPECT_EQ(a.join(), error_code::none) << "and may join again";
  EXPECT_EQ(a.leave(), error_code::none);
  EXPECT_EQ(b.join(), error_code::none);
  EXPECT_EQ(b.count(), 4u);
}

TEST_F(ConsumerGroups, AnAssignorThatIsNotThereIsRefusedAfterJoiningAsWell) {
  reader a(kafka, "a");
  ASSERT_EQ(a.join(), error_code::none);
  const std::int32_t epoch = a.epoch;
  ConsumerGroupHeartbeatRequest other = a.request();
  other.server_assignor = "fair";
  EXPECT_EQ(a.send(other), error_code::unsupported_assignor);
  EXPECT_EQ(a.beat(), error_code::none) << "the member is what it was";
  EXPECT_EQ(a.epoch, epoch);
  other = a.request();
  other.server_assignor = "range";
  EXPECT_EQ(a.send(other), error_code::none);
}

/// Offsets of partition 0 in the transaction of a producer, by a member as of an epoch.
error_code commit_in_transaction(transactional& by, std::string_view member, std::int32_t epoch) {
  protocol::TxnOffsetCommitRequest::TxnOffsetCommitRequestPartition part;
  part.committed_offset = 3;
  protocol::TxnOffsetCommitRequest::TxnOffsetCommitRequestTopic topic;
  topic.name = "t";
  topic.partitions = {&part, 1};
  protocol::TxnOffsetCommitRequest r;
  r.transactional_id = "x";
  r.group_id = "g";
  r.producer_id = ottla::protocol::producer_id{by.id};
  r.producer_epoch = by.epoch;
  r.member_id = member;
  r.generation_id = epoch;
  r.topics = {&topic, 1};
  return by.client.ask(r, 5)->topics[0].partitions[0].error_code;
}

TEST_F(ConsumerGroups, OffsetsOfATransactionAreTakenFromAMemberInItsEpochAlone) {
  reader a(kafka, "a");
  ASSERT_EQ(a.join(), error_code::none);
  transactional by(kafka);
  ASSERT_EQ(by.init(), error_code::none);
  EXPECT_EQ(commit_in_transaction(by, "a", a.epoch), error_code::none);
  EXPECT_EQ(commit_in_transaction(by, "stranger", a.epoch), error_code::unknown_member_id);
  EXPECT_EQ(commit_in_transaction(by, "a", a.epoch + 1), error_code::illegal_generation)
      << "this API has no word for a stale epoch";
  EXPECT_EQ(by.end(true), error_code::none);
  EXPECT_EQ(kafka.committed("g").size(), 1u);
}

TEST_F(ConsumerGroups, AnEarlierEpochIsGoodForWhatWasAssignedInIt) {
  reader a(kafka, "a");
  reader b(kafka, "b");
  a.join();
  const std::int32_t first = a.epoch;
  b.join();
  a.beat();
  a.own();
  b.beat();
  ASSERT_GT(a.epoch, first);
  const auto kept = a.indexes();
  const bool has_0 = std::find(kept.begin(), kept.end(), 0) != kept.end();
  transactional by(kafka);
  ASSERT_EQ(by.init(), error_code::none);
  reader& owner = has_0 ? a : b;
  EXPECT_EQ(commit_in_transaction(by, owner.id, owner.epoch), error_code::none);
  EXPECT_EQ(commit_in_transaction(by, "a", first), has_0 ? error_code::none : error_code::illegal_generation)
      << "KIP-1251";
}

TEST_F(ConsumerGroups, OffsetsAreForgottenWhenNobodyReadsTheTopicAnyMore) {
  mock::broker_options options;
  options.groups.offsets_retention = 1h;
  mock::broker keeps(options);
  keeps.create_topic("t", 4);
  mock::instant at = start;
  reader a(keeps, "a");
  ASSERT_EQ(a.join(), error_code::none);
  ASSERT_EQ(a.commit(0, a.epoch), error_code::none);
  for (int i = 0; i < 3 * 120; ++i) {  // three hours of heartbeats
    at = later(at, 30s);
    keeps.step(at);
    a.client.now = at;
    ASSERT_EQ(a.beat(), error_code::none);
  }
  EXPECT_EQ(keeps.committed("g").size(), 1u) << "it is still read";
  ASSERT_EQ(a.leave(), error_code::none);
  at = later(at, 11min);
  keeps.step(at);
  EXPECT_TRUE(keeps.committed("g").empty()) << "its commit is three hours old";
}

}  // namespace
