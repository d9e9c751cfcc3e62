// Groups of the consumer protocol (KIP-848), scripted: heartbeats in, epochs and partitions out.
#include "consumer_group_support.hpp"
#include "ottla/mock/memory_disk.hpp"
#include "ottla/protocol/join_group.hpp"
#include "ottla/protocol/list_groups.hpp"
#include "ottla/protocol/offset_fetch.hpp"

namespace {

using namespace ottla;
using namespace ottla::test;

TEST_F(ConsumerGroups, OneMemberGetsEverythingWithItsFirstHeartbeat) {
  reader a(kafka, "a");
  EXPECT_EQ(a.join(), error_code::none);
  EXPECT_EQ(a.epoch, 2);
  EXPECT_EQ(a.count(), 4u);
  EXPECT_EQ(a.beat(), error_code::none);
  EXPECT_FALSE(a.given) << "nothing is new";
  EXPECT_EQ(standing(kafka), stand("Stable", 2, 2));
}

TEST_F(ConsumerGroups, APartitionIsGivenToNobodyBeforeItsOwnerHasLetGo) {
  reader a(kafka, "a");
  reader b(kafka, "b");
  a.join();
  b.join();
  EXPECT_EQ(b.epoch, 3);
  EXPECT_EQ(b.count(), 0u);
  a.beat();
  EXPECT_EQ(a.epoch, 2) << "it stays in its epoch until it has let go";
  EXPECT_EQ(a.count(), 2u);
  b.beat();
  EXPECT_EQ(b.count(), 0u);
  EXPECT_EQ(std::get<0>(standing(kafka)), "Reconciling");
  a.own();
  EXPECT_EQ(a.epoch, 3);
  b.beat();
  EXPECT_EQ(b.count(), 2u);
  EXPECT_EQ(standing(kafka), stand("Stable", 3, 3));
}

TEST_F(ConsumerGroups, WhoDoesNotLetGoInItsRebalanceTimeoutIsFenced) {
  reader a(kafka, "a");
  reader b(kafka, "b");
  a.join();
  b.join();
  a.beat();
  for (int i = 0; i < 6; ++i) {
    pass({&a, &b}, 5s);
    if (i < 5) {
      EXPECT_EQ(a.beat(), error_code::none);
    }
    b.beat();
  }
  EXPECT_EQ(a.beat(), error_code::unknown_member_id);
  EXPECT_EQ(b.count(), 4u);
}

TEST_F(ConsumerGroups, AMemberThatIsSilentForASessionIsGivenUp) {
  reader a(kafka, "a");
  reader b(kafka, "b");
  a.join();
  b.join();
  pass({&a, &b}, 44s);
  b.beat();
  pass({&a, &b}, 2s);
  EXPECT_EQ(standing(kafka), stand("Assigning", 4, 3));
  b.beat();
  EXPECT_EQ(b.count(), 4u);
  EXPECT_EQ(a.beat(), error_code::unknown_member_id);
}

TEST_F(ConsumerGroups, EpochsFenceButForAnAnswerThatWasLost) {
  reader a(kafka, "a");
  reader b(kafka, "b");
  a.join();
  b.join();
  a.beat();
  a.own();
  ASSERT_EQ(a.epoch, 3);
  a.epoch = 2;
  EXPECT_EQ(a.own(), error_code::none) << "the epoch before, with nothing that it was not given";
  a.epoch = 2;
  EXPECT_EQ(a.beat(), error_code::fenced_member_epoch) << "it does not say what it has";
  a.epoch = 4;
  EXPECT_EQ(a.own(), error_code::fenced_member_epoch);
  EXPECT_EQ(a.join(), error_code::none) << "who joins anew is welcome";
  EXPECT_EQ(a.count(), 2u);
}

TEST_F(ConsumerGroups, LeavingHandsOverAndTheLastOneLeavesAnEmptyGroup) {
  reader a(kafka, "a");
  reader b(kafka, "b");
  a.join();
  b.join();
  EXPECT_EQ(a.leave(), error_code::none);
  b.beat();
  EXPECT_EQ(b.count(), 4u);
  EXPECT_EQ(b.leave(), error_code::none);
  EXPECT_EQ(std::get<0>(standing(kafka)), "Empty");
  EXPECT_EQ(b.leave(), error_code::unknown_member_id);
}

TEST_F(ConsumerGroups, AStaticMemberThatComesBackFindsWhatItHadAndNobodyNotices) {
  reader a(kafka, "a");
  reader b(kafka, "b");
  reader other(kafka, "c");
  a.instance = b.instance = "i";
  a.join();
  other.join();
  a.beat();
  a.own();
  other.beat();
  const auto had = a.indexes();
  EXPECT_EQ(b.join(), error_code::unreleased_instance_id);
  EXPECT_EQ(a.leave(-2), error_code::none);
  other.beat();
  EXPECT_EQ(other.count(), 2u);
  EXPECT_EQ(b.join(), error_code::none);
  EXPECT_EQ(b.indexes(), had);
  EXPECT_EQ(standing(kafka), stand("Stable", 3, 3));
  a.epoch = 3;
  EXPECT_EQ(a.beat(), error_code::fenced_instance_id);
}

TEST_F(ConsumerGroups, NewPartitionsAndTopicsReachTheMembers) {
  reader a(kafka, "a", {"t", "later"});
  a.join();
  EXPECT_EQ(a.count(), 4u);
  kafka.create_topic("later", 2);
  a.own();
  EXPECT_EQ(a.count(), 6u);
  EXPECT_EQ(a.epoch, 3);
  kafka.delete_topic("t");
  a.beat();
  EXPECT_EQ(a.count(), 2u);
}

TEST_F(ConsumerGroups, APatternTakesInWhatMatchesAsAWholeAndABadOneIsRefused) {
  kafka.create_topic("t-2", 3);
  kafka.create_topic("xt", 3);
  reader a(kafka, "a");
  ConsumerGroupHeartbeatRequest r = a.request();
  r.rebalance_timeout_ms = 30'000;
  r.subscribed_topic_regex = "t[";
  r.topic_partitions.emplace();
  EXPECT_EQ(a.send(r), error_code::invalid_regular_expression);
  EXPECT_EQ(std::get<0>(standing(kafka)), "GROUP_ID_NOT_FOUND");
  r.subscribed_topic_regex = "t.*";
  EXPECT_EQ(a.send(r), error_code::none);
  EXPECT_EQ(a.count(), 7u);
  kafka.create_topic("tt", 1);
  a.own();
  EXPECT_EQ(a.count(), 8u);
}

TEST_F(ConsumerGroups, ACommitNeedsTheEpochInWhichThePartitionWasGiven) {
  reader a(kafka, "a");
  reader b(kafka, "b");
  a.join();
  EXPECT_EQ(a.commit(0, 2), error_code::none);
  EXPECT_EQ(a.commit(0, 3), error_code::stale_member_epoch);
  EXPECT_EQ(a.commit(0, 1), error_code::stale_member_epoch);
  EXPECT_EQ(a.commit(0, 2, 8), error_code::unsupported_version);
  EXPECT_EQ(b.commit(0, 2), error_code::unknown_member_id);
  b.join();
  a.beat();
  const auto kept = a.indexes();
  a.own();
  b.beat();
  ASSERT_EQ(a.epoch, 3);
  EXPECT_EQ(a.commit(kept[0], 2), error_code::none) << "it has had it since then (KIP-1251)";
  EXPECT_EQ(a.commit(b.indexes()[0], 2), error_code::stale_member_epoch);
  EXPECT_EQ(b.commit(b.indexes()[0], 2), error_code::stale_member_epoch);
  EXPECT_EQ(b.commit(b.indexes()[0], 3), error_code::none);
}

TEST_F(ConsumerGroups, AGroupWithMembersIsClosedToTheOtherProtocolAndAnEmptyOneIsNot) {
  reader a(kafka, "a");
  a.join();
  protocol::JoinGroupRequest join;
  join.group_id = "g";
  join.session_timeout_ms = join.rebalance_timeout_ms = 10'000;
  join.protocol_type = "consumer";
  protocol::JoinGroupRequest::JoinGroupRequestProtocol offer;
  offer.name = "range";
  join.protocols = {&offer, 1};
  client_end classic(kafka);
  EXPECT_EQ(classic.ask(join, 3)->error_code, error_code::inconsistent_group_protocol);
  a.leave();
  classic.send(join, 3);
  kafka.step(later(now, 100ms));
  EXPECT_EQ(a.join(), error_code::group_id_not_found);
}

TEST_F(ConsumerGroups, ACoordinatorThatIsNewOrWasRestartedKnowsAllOfIt) {
  mock::memory_disk disk;
  partitions had;
  {
    mock::broker first{{}};
    ASSERT_EQ(first.open(disk).error, "");
    first.create_topic("t", 4);
    reader a(first, "a");
    reader b(first, "b");
    a.join();
    b.join();
    a.beat();
    had = a.has;
  }
  mock::broker second{{}};
  ASSERT_EQ(second.open(disk).error, "");
  reader a(second, "a");
  a.epoch = 2;
  a.has = had;
  EXPECT_EQ(a.own(), error_code::none);
  EXPECT_EQ(a.epoch, 3);
  reader b(second, "b");
  b.epoch = 3;
  EXPECT_EQ(b.beat(), error_code::none);
  EXPECT_EQ(b.count(), 2u);
  EXPECT_EQ(standing(second), stand("Stable", 3, 3));
}

TEST_F(ConsumerGroups, WithAnAssignmentIntervalWhoComesWithinItWaits) {
  mock::broker slow{{.groups = {.consumer_assignment_interval = 1s}}};
  slow.create_topic("t", 4);
  reader a(slow, "a");
  reader b(slow, "b");
  a.join();
  b.join();
  EXPECT_EQ(standing(slow), stand("Assigning", 3, 2));
  EXPECT_EQ(b.epoch, 2);
  a.client.now = b.client.now = later(now, 1s);
  b.beat();
  EXPECT_EQ(b.epoch, 3);
}

}  // namespace
