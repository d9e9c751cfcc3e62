// Groups of consumers in scripted time: joining, generations, leaving, static members, coordinators that move.
#include "group_support.hpp"
#include "ottla/protocol/find_coordinator.hpp"

namespace ottla::test {
namespace {

using protocol::api_key;
using protocol::error_code;

class Groups : public testing::Test {
 protected:
  Groups() { EXPECT_EQ(kafka.create_topic("t", 2), ""); }

  /// Both in one stable generation, `a` its leader.
  void two_stable() {
    a.send_join();
    pass(kafka, {&a, &b}, 10ms);
    b.send_join();
    pass(kafka, {&a, &b}, 100ms);
    ASSERT_TRUE(a.take_join());
    ASSERT_TRUE(b.take_join());
    b.send_sync();
    a.send_sync({{a.id, "for a"}, {b.id, "for b"}});
    ASSERT_EQ(a.take_sync()->assignment, "for a");
    ASSERT_EQ(b.take_sync()->assignment, "for b");
  }

  mock::broker kafka;
  member a{kafka};
  member b{kafka};
};

TEST_F(Groups, TwoThatStartTogetherShareTheFirstGeneration) {
  a.send_join();
  pass(kafka, {&a, &b}, 30ms);
  b.send_join();
  EXPECT_FALSE(a.take_join()) << "the first rebalance waits for more";
  pass(kafka, {&a, &b}, 70ms);
  const auto leader = a.take_join();
  const auto follower = b.take_join();
  ASSERT_TRUE(leader && follower);
  EXPECT_EQ(leader->generation, 1);
  EXPECT_EQ(follower->generation, 1);
  EXPECT_EQ(leader->leader, a.id);
  EXPECT_EQ(follower->leader, a.id);
  EXPECT_EQ(leader->members.size(), 2u);
  EXPECT_TRUE(follower->members.empty()) << "the members are for the leader alone";
  b.send_sync();
  EXPECT_FALSE(b.take_sync()) << "it waits for the leader";
  EXPECT_EQ(b.client.closed(), false);
  a.send_sync({{a.id, "for a"}, {b.id, "for b"}});
  EXPECT_EQ(a.take_sync()->assignment, "for a");
  EXPECT_EQ(b.take_sync()->assignment, "for b");
  EXPECT_EQ(a.heartbeat(), error_code::none);
}

TEST_F(Groups, FromVersion4OnAnIdMustBeKnownFirst) {
  a.send_join(9);
  const auto told = a.take_join(9);
  ASSERT_TRUE(told);
  EXPECT_EQ(told->error, error_code::member_id_required);
  EXPECT_TRUE(told->member_id.starts_with("test-")) << told->member_id;
  a.send_join(9);
  pass(kafka, {&a}, 100ms);
  EXPECT_EQ(a.take_join(9)->error, error_code::none);
}

TEST_F(Groups, AnIdThatNobodyComesBackWithEndsWithItsSession) {
  a.session = 6s;
  a.send_join(9);
  ASSERT_EQ(a.take_join(9)->error, error_code::member_id_required);
  pass(kafka, {&a}, 6s);
  a.send_join(9);
  EXPECT_EQ(a.take_join(9)->error, error_code::unknown_member_id);
}

TEST_F(Groups, ANewcomerHasTheOthersJoinAgain) {
  a.join();
  pass(kafka, {&a, &b}, 100ms);
  a.take_join();
  a.send_sync({{a.id, "all"}});
  ASSERT_EQ(a.take_sync()->assignment, "all");
  b.send_join();
  EXPECT_FALSE(b.take_join());
  EXPECT_EQ(a.heartbeat(), error_code::rebalance_in_progress);
  EXPECT_EQ(a.commit(5), error_code::none) << "before joining again a member commits what it has done";
  EXPECT_EQ(a.join()->generation, 2);
  EXPECT_EQ(b.take_join()->generation, 2);
  EXPECT_EQ(a.commit(6), error_code::rebalance_in_progress);
  EXPECT_EQ(a.heartbeat(), error_code::none);
  a.generation = 1;
  EXPECT_EQ(a.heartbeat(), error_code::illegal_generation);
  EXPECT_EQ(a.commit(7), error_code::illegal_generation);
}

TEST_F(Groups, WhoDoesNotJoinAgainInTimeIsLeftOut) {
  two_stable();
  member c(kafka, "g", 0, a.client.now);
  c.send_join();
  b.send_join();
  pass(kafka, {&a, &b, &c}, 9s);
  EXPECT_EQ(a.heartbeat(), error_code::rebalance_in_progress);
  pass(kafka, {&a, &b, &c}, 9s);
  a.heartbeat();
  pass(kafka, {&a, &b, &c}, 9s);
  a.heartbeat();
  EXPECT_FALSE(b.take_join());
  pass(kafka, {&a, &b, &c}, 3s);
  const auto told = b.take_join();
  ASSERT_TRUE(told) << "30 s are over";
  EXPECT_NE(told->leader, a.id) << "a leader that is gone is replaced";
  EXPECT_EQ(c.take_join()->generation, 2);
  EXPECT_EQ(a.heartbeat(), error_code::unknown_member_id);
}

TEST_F(Groups, AMemberThatIsSilentOrLeavesIsTakenOut) {
  two_stable();
  pass(kafka, {&a, &b}, 6s);
  EXPECT_EQ(a.heartbeat(), error_code::none);
  pass(kafka, {&a, &b}, 6s);
  EXPECT_EQ(b.heartbeat(), error_code::unknown_member_id) << "its session of 10 s is over";
  EXPECT_EQ(a.heartbeat(), error_code::rebalance_in_progress);
  EXPECT_EQ(a.join()->generation, 2);
  EXPECT_EQ(a.leave(), error_code::none);
  EXPECT_EQ(a.leave(), error_code::unknown_member_id);
  b.id.clear();
  b.send_join();
  pass(kafka, {&a, &b}, 100ms);
  EXPECT_EQ(b.take_join()->generation, 4) << "the group was empty in generation 3";
}

TEST_F(Groups, WhoDoesNotSyncInTimeIsTakenOut) {
  a.rebalance = b.rebalance = 8s;
  a.send_join();
  b.send_join();
  pass(kafka, {&a, &b}, 200ms);
  a.take_join();
  b.take_join();
  member& follower = b;
  follower.send_sync();
  pass(kafka, {&a, &b}, 8s);
  EXPECT_EQ(follower.take_sync()->error, error_code::rebalance_in_progress);
  EXPECT_EQ(a.heartbeat(), error_code::unknown_member_id);
  EXPECT_EQ(b.join()->leader, b.id);
}

TEST_F(Groups, AFollowerWithNothingNewGetsTheGenerationAsItIsAndTheLeaderANewOne) {
  two_stable();
  EXPECT_EQ(b.join()->generation, 1);
  EXPECT_EQ(a.heartbeat(), error_code::none);
  a.send_join();
  EXPECT_FALSE(a.take_join());
  EXPECT_EQ(b.join()->generation, 2);
  EXPECT_EQ(a.take_join()->generation, 2);
}

TEST_F(Groups, TheProtocolIsOneThatAllKnowAndMostWant) {
  member c(kafka);
  a.offers = {{"range", "a"}, {"sticky", "a"}};
  b.offers = {{"sticky", "b"}, {"range", "b"}};
  c.offers = {{"mine", "c"}, {"sticky", "c"}, {"range", "c"}};
  a.send_join();
  b.send_join();
  c.send_join();
  pass(kafka, {&a, &b, &c}, 200ms);
  EXPECT_EQ(a.take_join()->protocol, "sticky");
  member stranger(kafka, "g", 0, a.client.now);
  stranger.offers = {{"mine", ""}};
  EXPECT_EQ(stranger.join()->error, error_code::inconsistent_group_protocol);
  stranger.offers = a.offers;
  stranger.type = "connect";
  EXPECT_EQ(stranger.join()->error, error_code::inconsistent_group_protocol);
}

TEST_F(Groups, ASessionOutsideTheBoundsIsRefused) {
  a.session = 5999ms;
  EXPECT_EQ(a.join()->error, error_code::invalid_session_timeout);
  a.session = 1'800'001ms;
  EXPECT_EQ(a.join()->error, error_code::invalid_session_timeout);
  member nameless(kafka, "");
  EXPECT_EQ(nameless.join()->error, error_code::invalid_group_id);
}

class StaticMembers : public Groups {
 protected:
  StaticMembers() {
    a.instance = "one";
    b.instance = "two";
  }
  void both_stable() {
    a.send_join(9);
    pass(kafka, {&a, &b}, 10ms);
    b.send_join(9);
    pass(kafka, {&a, &b}, 100ms);
    ASSERT_TRUE(a.take_join(9));
    ASSERT_TRUE(b.take_join(9));
    b.send_sync();
    a.send_sync({{a.id, "for a"}, {b.id, "for b"}});
    ASSERT_EQ(a.take_sync()->assignment, "for a");
    ASSERT_EQ(b.take_sync()->assignment, "for b");
  }
};

TEST_F(StaticMembers, AFollowerThatIsStartedAgainKeepsItsPlaceAndFencesItsFormerSelf) {
  both_stable();
  member again(kafka, "g", 0, a.client.now);
  again.instance = "two";
  const auto told = again.join(9);
  ASSERT_TRUE(told) << "without a rebalance";
  EXPECT_EQ(told->generation, 1);
  EXPECT_NE(again.id, b.id);
  EXPECT_FALSE(told->skip_assignment);
  again.send_sync();
  EXPECT_EQ(again.take_sync()->assignment, "for b");
  EXPECT_EQ(a.heartbeat(), error_code::none);
  EXPECT_EQ(b.heartbeat(), error_code::fenced_instance_id);
  EXPECT_EQ(b.commit(1), error_code::fenced_instance_id);
  EXPECT_EQ(b.join(9)->error, error_code::fenced_instance_id);
}

TEST_F(StaticMembers, ALeaderThatIsStartedAgainAssignsNothing) {
  both_stable();
  member again(kafka, "g", 0, a.client.now);
  again.instance = "one";
  const auto told = again.join(9);
  ASSERT_TRUE(told);
  EXPECT_EQ(told->leader, again.id);
  EXPECT_TRUE(told->skip_assignment);
  EXPECT_EQ(told->members.size(), 2u) << "it watches for them";
  member old_client(kafka, "g", 0, a.client.now);
  old_client.instance = "one";
  const auto old_told = old_client.join(8);
  ASSERT_TRUE(old_told);
  EXPECT_EQ(old_told->leader, again.id) << "a client that knows no skipping is told that another leads";
  EXPECT_TRUE(old_told->members.empty());
}

TEST_F(StaticMembers, AFormerSelfThatWaitsIsFenced) {
  a.send_join(9);
  member again(kafka);
  again.instance = "one";
  again.send_join(9);
  EXPECT_EQ(a.take_join(9)->error, error_code::fenced_instance_id);
  pass(kafka, {&again}, 200ms);
  EXPECT_EQ(again.take_join(9)->members.size(), 1u);
}

TEST_F(StaticMembers, AMemberThatIsAwayKeepsItsPlaceThroughARebalance) {
  a.rebalance = b.rebalance = 6s;
  both_stable();
  a.send_join(9);
  pass(kafka, {&a, &b}, 6s);
  const auto told = a.take_join(9);
  ASSERT_TRUE(told);
  EXPECT_EQ(told->members.size(), 2u);
  pass(kafka, {&a, &b}, 5s);
  EXPECT_EQ(b.heartbeat(), error_code::unknown_member_id) << "until its session is over";
}

TEST_F(Groups, AnAdministratorCommitsOnlyIntoAnEmptyGroup) {
  EXPECT_EQ(a.commit(17), error_code::none);
  EXPECT_EQ(a.committed(), 17);
  a.send_join();
  pass(kafka, {&a, &b}, 100ms);
  a.take_join();
  EXPECT_EQ(b.commit(18), error_code::unknown_member_id);
  EXPECT_EQ(b.committed(), 17);
}

TEST_F(Groups, CommitsAreCheckedOneByOne) {
  EXPECT_EQ(a.commit(1, std::string(4096, 'm')), error_code::none);
  EXPECT_EQ(a.commit(2, std::string(4097, 'm')), error_code::offset_metadata_too_large);
  EXPECT_EQ(a.committed(), 1);
  member stranger(kafka, "other");
  stranger.generation = 3;
  stranger.id = "x";
  EXPECT_EQ(stranger.commit(1, "", 8), error_code::illegal_generation);
  EXPECT_EQ(stranger.commit(1, "", 9), error_code::group_id_not_found);
  kafka.delete_topic("t");
  EXPECT_EQ(a.committed(), -1) << "what was committed for a topic goes with it";
  EXPECT_EQ(a.commit(3), error_code::unknown_topic_or_partition);
}

TEST_F(Groups, FaultsReachRequestsThatWait) {
  kafka.inject({.key = api_key::join_group, .error = error_code::coordinator_load_in_progress});
  EXPECT_EQ(a.join()->error, error_code::coordinator_load_in_progress);
  kafka.inject({.key = api_key::join_group, .action = mock::fault_action::close_after});
  a.send_join();
  EXPECT_FALSE(a.client.closed());
  pass(kafka, {&a}, 100ms);
  EXPECT_TRUE(a.client.closed());
}

TEST(GroupBounds, MembersGroupsAndBytesEnd) {
  mock::broker_options options;
  options.groups.max_members = 2;
  options.groups.max_groups = 2;
  options.groups.max_group_bytes = 100'000;
  mock::broker kafka(options);
  ASSERT_EQ(kafka.create_topic("t"), "");
  std::vector<std::unique_ptr<member>> crowd;
  for (int i = 0; i < 3; ++i) {
    crowd.push_back(std::make_unique<member>(kafka));
    crowd.back()->send_join();
  }
  EXPECT_EQ(crowd[2]->take_join()->error, error_code::group_max_size_reached);
  member second(kafka, "second");
  second.offers = {{"range", std::string(60'000, 'x')}};
  EXPECT_EQ(second.join()->error, error_code::unknown_server_error);
  EXPECT_EQ(second.commit(1), error_code::none);
  member third(kafka, "third");
  EXPECT_EQ(third.join()->error, error_code::coordinator_not_available);
}

class GroupsOnNodes : public testing::Test {
 protected:
  static mock::broker_options three() {
    mock::broker_options options;
    options.nodes = {{1, "a", 9092, ""}, {2, "b", 9092, ""}, {3, "c", 9092, ""}};
    options.default_replication_factor = 3;
    return options;
  }
  std::size_t coordinator() {
    for (std::size_t node = 0; node < 3; ++node) {
      if (!kafka.running(node)) continue;
      protocol::FindCoordinatorRequest request;
      request.key = "g";
      client_end asking(kafka, node);
      return static_cast<std::size_t>(asking.ask(request, 2)->node_id) - 1;
    }
    return 0;
  }
  mock::broker kafka{three()};
};

TEST_F(GroupsOnNodes, OnlyTheCoordinatorAnswersAndAStableGenerationOutlivesIt) {
  ASSERT_EQ(kafka.create_topic("t"), "");
  const std::size_t first = coordinator();
  member elsewhere(kafka, "g", (first + 1) % 3);
  EXPECT_EQ(elsewhere.join()->error, error_code::not_coordinator);
  EXPECT_EQ(elsewhere.commit(1), error_code::not_coordinator);
  member a(kafka, "g", first);
  a.send_join();
  pass(kafka, {&a}, 100ms);
  ASSERT_TRUE(a.take_join());
  a.send_sync({{a.id, "mine"}});
  ASSERT_TRUE(a.take_sync());
  ASSERT_EQ(a.commit(5), error_code::none);

  kafka.stop(first);
  EXPECT_TRUE(a.client.closed());
  const std::size_t next = coordinator();
  ASSERT_NE(next, first);
  member moved(kafka, "g", next, a.client.now);
  moved.id = a.id;
  moved.generation = a.generation;
  EXPECT_EQ(moved.heartbeat(), error_code::none);
  EXPECT_EQ(moved.committed(), 5);

  // A rebalance that was under way is lost, and the last generation with it comes back.
  member newcomer(kafka, "g", next, a.client.now);
  newcomer.send_join();
  EXPECT_EQ(moved.heartbeat(), error_code::rebalance_in_progress);
  kafka.start(first);
  pass(kafka, {&moved, &newcomer}, 1ms);
  ASSERT_EQ(coordinator(), first);
  EXPECT_EQ(newcomer.take_join()->error, error_code::not_coordinator);
  EXPECT_EQ(moved.heartbeat(), error_code::not_coordinator);
  member back(kafka, "g", first, moved.client.now);
  back.id = a.id;
  back.generation = a.generation;
  EXPECT_EQ(back.heartbeat(), error_code::none);
  pass(kafka, {&back}, 10s);
  EXPECT_EQ(back.heartbeat(), error_code::unknown_member_id) << "sessions run on the new coordinator";
}

}  // namespace
}  // namespace ottla::test
