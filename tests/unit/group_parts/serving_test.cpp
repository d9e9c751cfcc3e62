// range and roundrobin: small groups with answers known by the rule, and the order in which members are served.
#include <gtest/gtest.h>

#include "groups.hpp"

namespace {

using namespace ottla_test;
using ottla::assign_partitions;
using ottla::assignor;

TEST(Assignors, NamesAreThoseOfKafkaAndNoOthersAreKnown) {
  for (const std::string_view name : {"range", "roundrobin", "sticky", "cooperative-sticky"}) {
    const auto which = ottla::assignor_named(name);
    ASSERT_TRUE(which) << name;
    EXPECT_EQ(ottla::name_of(*which), name);
  }
  for (const std::string_view name : {"", "Range", "round_robin", "cooperative_sticky", "uniform"}) {
    EXPECT_FALSE(ottla::assignor_named(name)) << name;
  }
}

TEST(RangeAssignor, GivesRunsOfNeighboursAndTheFirstMembersOneMore) {
  const auto got =
      assign_partitions(assignor::range, {member("b", {"t"}), member("a", {"t"}), member("c", {"t"})}, sizes{{"t", 7}});
  EXPECT_EQ(text(got), "a: t-0 t-1 t-2; b: t-3 t-4; c: t-5 t-6");
}

TEST(RangeAssignor, EqualTopicsWithEqualSubscribersMeetNumberByNumber) {
  const members both{member("a", {"t", "u"}), member("b", {"u", "t"})};
  EXPECT_EQ(text(assign_partitions(assignor::range, both, sizes{{"t", 3}, {"u", 3}})),
            "a: t-0 t-1 u-0 u-1; b: t-2 u-2");
}

TEST(RangeAssignor, StaticMembersComeFirstByTheirInstanceId) {
  members three{member("a", {"t"}), member("b", {"t"}), member("c", {"t"})};
  three[1].instance_id = "y";
  three[2].instance_id = "x";
  EXPECT_EQ(text(assign_partitions(assignor::range, three, sizes{{"t", 3}})), "a: t-2; b: t-1; c: t-0");
}

TEST(RangeAssignor, AStaticMemberThatComesBackUnderANewIdGetsTheSame) {
  members two{member("k", {"t"}), member("m", {"t"})};
  two[0].instance_id = "x";
  two[1].instance_id = "y";
  EXPECT_EQ(text(assign_partitions(assignor::range, two, sizes{{"t", 3}})), "k: t-0 t-1; m: t-2");
  two[0].member_id = "z";
  EXPECT_EQ(text(assign_partitions(assignor::range, two, sizes{{"t", 3}})), "m: t-2; z: t-0 t-1");
}

TEST(RangeAssignor, MoreMembersThanPartitionsLeaveSomeWithNothing) {
  EXPECT_EQ(text(assign_partitions(assignor::range, {member("a", {"t"}), member("b", {"t"})}, sizes{{"t", 1}})),
            "a: t-0; b:");
}

TEST(RoundRobinAssignor, GoesRoundOverAllTopicsTogether) {
  const members two{member("a", {"t", "u"}), member("b", {"t", "u"})};
  EXPECT_EQ(text(assign_partitions(assignor::round_robin, two, sizes{{"u", 3}, {"t", 3}})),
            "a: t-0 t-2 u-1; b: t-1 u-0 u-2");
}

TEST(RoundRobinAssignor, PassesOverThoseWhoDoNotSubscribe) {
  const members three{member("a", {"t"}), member("b", {"t", "u"}), member("c", {"t", "u", "v"})};
  EXPECT_EQ(text(assign_partitions(assignor::round_robin, three, sizes{{"t", 1}, {"u", 2}, {"v", 3}})),
            "a: t-0; b: u-0; c: u-1 v-0 v-1 v-2");
}

TEST(Assignors, WhatNobodyWantsOrWhatIsNotThereIsAssignedToNobody) {
  for (const assignor which :
       {assignor::range, assignor::round_robin, assignor::sticky, assignor::cooperative_sticky}) {
    const members two{member("a", {"gone", "empty"}), member("b", {})};
    EXPECT_EQ(text(assign_partitions(which, two, sizes{{"other", 3}, {"empty", 0}, {"worse", -1}})), "a:; b:");
    EXPECT_EQ(text(assign_partitions(which, {}, sizes{{"other", 3}})), "");
    EXPECT_EQ(text(assign_partitions(which, two, {})), "a:; b:");
  }
}

TEST(Assignors, TheOrderOfMembersTopicsAndTheirRepetitionsDoNotMatter) {
  std::mt19937_64 rng(5);
  for (const assignor which :
       {assignor::range, assignor::round_robin, assignor::sticky, assignor::cooperative_sticky}) {
    for (int i = 0; i < 50; ++i) {
      random_group group = make_group(rng, 8, 5, 9, i % 2 == 0);
      const std::string before = text(assign_partitions(which, group.those, group.topics));
      std::reverse(group.those.begin(), group.those.end());
      std::reverse(group.topics.begin(), group.topics.end());
      for (auto& one : group.those) one.topics.insert(one.topics.end(), one.topics.rbegin(), one.topics.rend());
      ASSERT_EQ(text(assign_partitions(which, group.those, group.topics)), before) << ottla::name_of(which);
    }
  }
}

TEST(Assignors, EveryPartitionThatSomebodyWantsGoesToOneWhoWantsIt) {
  std::mt19937_64 rng(7);
  for (const assignor which :
       {assignor::range, assignor::round_robin, assignor::sticky, assignor::cooperative_sticky}) {
    for (int i = 0; i < 200; ++i) {
      const random_group group = make_group(rng, 9, 6, 12, i % 2 == 0);
      const auto got = holders_of(assign_partitions(which, group.those, group.topics));
      std::map<std::string, std::vector<std::string>> wanted;
      for (const auto& one : group.those) wanted[one.member_id] = one.topics;
      for (const topic_size& topic : group.topics) {
        const bool somebody = std::any_of(wanted.begin(), wanted.end(), [&](const auto& entry) {
          return std::count(entry.second.begin(), entry.second.end(), topic.topic) != 0;
        });
        for (std::int32_t number = 0; number < topic.partitions; ++number) {
          const auto at = got.find({topic.topic, number});
          ASSERT_EQ(at != got.end(), somebody) << topic.topic << "-" << number;
          if (!somebody) continue;
          const std::vector<std::string>& his = wanted[at->second];
          ASSERT_EQ(std::count(his.begin(), his.end(), topic.topic), 1)
              << topic.topic << " is not what " << at->second << " reads";
        }
      }
    }
  }
}

}  // namespace
