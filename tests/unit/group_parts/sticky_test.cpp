// sticky and cooperative-sticky: balance, what moves and what does not, whose claim counts (C-45), what is held back.
#include <gtest/gtest.h>

#include <algorithm>

#include "groups.hpp"

namespace {

using namespace ottla_test;
using ottla::assign_partitions;
using ottla::assignor;

std::pair<std::size_t, std::size_t> least_and_most(const assignment& of) {
  std::size_t least = ~std::size_t{0}, most = 0;
  for (const member_assignment& one : of) {
    least = std::min(least, one.partitions.size());
    most = std::max(most, one.partitions.size());
  }
  return {least, most};
}

TEST(StickyAssignor, ANewGroupIsServedInTurns) {
  EXPECT_EQ(text(assign_partitions(assignor::sticky, {member("a", {"t"}), member("b", {"t"})}, sizes{{"t", 5}})),
            "a: t-0 t-2 t-4; b: t-1 t-3");
}

TEST(StickyAssignor, WithEqualSubscriptionsLoadsDifferByOneAtMost) {
  std::mt19937_64 rng(1);
  for (int i = 0; i < 300; ++i) {
    random_group group = make_group(rng, 12, 5, 20, false);
    for (auto& one : group.those) {  // any history, as wrong as it likes
      for (const topic_size& topic : group.topics) {
        for (std::int32_t n = 0; n < topic.partitions; ++n) {
          if (below(rng, 3) == 0) one.owned.push_back({topic.topic, n});
        }
      }
      one.generation = static_cast<std::int32_t>(below(rng, 3));
    }
    const auto [least, most] = least_and_most(assign_partitions(assignor::sticky, group.those, group.topics));
    ASSERT_LE(most, least + 1);
  }
}

TEST(StickyAssignor, AMemberThatLeavesMovesItsOwnPartitionsOnly) {
  std::mt19937_64 rng(2);
  for (int i = 0; i < 300; ++i) {
    const random_group group = make_group(rng, 12, 5, 20, false);
    const assignment before = assign_partitions(assignor::sticky, group.those, group.topics);
    members left = with_owned(group.those, before, 1);
    left.erase(left.begin() + static_cast<std::ptrdiff_t>(below(rng, left.size())));
    const assignment after = assign_partitions(assignor::sticky, left, group.topics);
    ASSERT_EQ(moved(before, after), 0u) << text(before) << "\n" << text(after);
  }
}

TEST(StickyAssignor, AMemberThatJoinsMovesAsManyAsItGets) {
  std::mt19937_64 rng(3);
  for (int i = 0; i < 300; ++i) {
    const random_group group = make_group(rng, 12, 5, 20, false);
    const assignment before = assign_partitions(assignor::sticky, group.those, group.topics);
    members more = with_owned(group.those, before, 1);
    more.push_back(member("new", group.those.front().topics));
    const assignment after = assign_partitions(assignor::sticky, more, group.topics);
    const auto [least, most] = least_and_most(after);
    ASSERT_LE(most, least + 1);
    ASSERT_EQ(moved(before, after), least) << text(before) << "\n" << text(after);
  }
}

TEST(StickyAssignor, NothingMovesWhenNothingChanged) {
  std::mt19937_64 rng(4);
  for (int i = 0; i < 300; ++i) {
    const random_group group = make_group(rng, 10, 6, 12, i % 2 == 0);
    const assignment before = assign_partitions(assignor::sticky, group.those, group.topics);
    const members again = with_owned(group.those, before, 1);
    ASSERT_EQ(text(assign_partitions(assignor::sticky, again, group.topics)), text(before));
    ASSERT_EQ(text(assign_partitions(assignor::cooperative_sticky, again, group.topics)), text(before));
  }
}

TEST(StickyAssignor, AClaimOfAnOlderGenerationLosesToANewerOneC45) {
  const members two{member("a", {"t"}, {{"t", 0}, {"t", 1}}, 4), member("b", {"t"}, {{"t", 0}, {"t", 2}}, 5)};
  EXPECT_EQ(text(assign_partitions(assignor::sticky, two, sizes{{"t", 4}})), "a: t-1 t-3; b: t-0 t-2");
  EXPECT_EQ(text(assign_partitions(assignor::cooperative_sticky, two, sizes{{"t", 4}})), "a: t-1 t-3; b: t-0 t-2");
}

TEST(StickyAssignor, TwoClaimsOfOneGenerationAreBothDroppedC45) {
  const members two{member("a", {"t"}, {{"t", 0}, {"t", 1}}, 5), member("b", {"t"}, {{"t", 0}, {"t", 2}}, 5)};
  EXPECT_EQ(text(assign_partitions(assignor::sticky, two, sizes{{"t", 3}})), "a: t-0 t-1; b: t-2");
  // Nobody knows who reads t-0, so both have to stop first.
  EXPECT_EQ(text(assign_partitions(assignor::cooperative_sticky, two, sizes{{"t", 3}})), "a: t-1; b: t-2");
}

TEST(StickyAssignor, AThirdAndNewerClaimSettlesTwoEqualOnesC45) {
  const members three{member("a", {"t"}, {{"t", 0}}, 5), member("b", {"t"}, {{"t", 0}}, 5),
                      member("c", {"t"}, {{"t", 0}}, 6)};
  EXPECT_EQ(text(assign_partitions(assignor::cooperative_sticky, three, sizes{{"t", 1}})), "a:; b:; c: t-0");
}

TEST(StickyAssignor, WhatIsClaimedButDoesNotExistIsIgnored) {
  const members one{member("a", {"t"}, {{"t", 7}, {"t", -1}, {"gone", 0}, {"t", 0}, {"t", 0}}, 1)};
  EXPECT_EQ(text(assign_partitions(assignor::cooperative_sticky, one, sizes{{"t", 2}})), "a: t-0 t-1");
}

TEST(CooperativeStickyAssignor, WhatMovesIsHeldBackForOneRound) {
  const sizes topic{{"t", 4}};
  const members first{member("a", {"t"}, {{"t", 0}, {"t", 1}, {"t", 2}, {"t", 3}}, 1), member("b", {"t"})};
  const assignment held = assign_partitions(assignor::cooperative_sticky, first, topic);
  EXPECT_EQ(text(held), "a: t-0 t-1; b:");
  EXPECT_EQ(text(assign_partitions(assignor::cooperative_sticky, with_owned(first, held, 2), topic)),
            "a: t-0 t-1; b: t-2 t-3");
}

TEST(CooperativeStickyAssignor, AnOwnerThatNoLongerSubscribesRevokesFirst) {
  const members two{member("a", {"u"}, {{"t", 0}}, 1), member("b", {"t"})};
  EXPECT_EQ(text(assign_partitions(assignor::cooperative_sticky, two, sizes{{"t", 1}, {"u", 1}})), "a: u-0; b:");
}

TEST(CooperativeStickyAssignor, NobodyIsGivenWhatAnotherReadsAndTwoRoundsAreEnough) {
  std::mt19937_64 rng(6);
  for (int i = 0; i < 400; ++i) {
    const bool mixed = i % 2 == 0;
    random_group group = make_group(rng, 9, 5, 12, mixed);
    const assignment start = assign_partitions(assignor::cooperative_sticky, group.those, group.topics);
    members next = with_owned(group.those, start, 1);
    if (below(rng, 2) == 0) next.erase(next.begin());
    if (below(rng, 2) == 0 || next.empty()) next.push_back(member("new", group.those.front().topics));
    for (auto& one : next) {
      if (mixed && below(rng, 3) == 0 && !one.topics.empty()) one.topics.pop_back();
    }
    const assignment first = assign_partitions(assignor::cooperative_sticky, next, group.topics);
    std::map<topic_partition, std::string> reads;
    for (const auto& one : next) {
      for (const auto& where : one.owned) reads[where] = one.member_id;
    }
    for (const auto& [where, id] : holders_of(first)) {
      const auto before = reads.find(where);
      ASSERT_TRUE(before == reads.end() || before->second == id) << where.topic << "-" << where.partition;
    }
    const assignment second = assign_partitions(assignor::cooperative_sticky, with_owned(next, first, 2), group.topics);
    ASSERT_EQ(moved(first, second), 0u) << text(first) << "\n" << text(second);
    const assignment third = assign_partitions(assignor::cooperative_sticky, with_owned(next, second, 3), group.topics);
    ASSERT_EQ(text(third), text(second));
    ASSERT_EQ(holders_of(second).size(), holders_of(assign_partitions(assignor::range, next, group.topics)).size());
  }
}

}  // namespace
