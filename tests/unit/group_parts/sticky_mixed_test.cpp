// sticky with different subscriptions: as balanced as possible and the fewest moves, against trying everything.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>

#include "groups.hpp"
#include "sticky.hpp"

namespace {

using namespace ottla_test;
using ottla::assign_partitions;
using ottla::assignor;
using ottla::group_plan;
using ottla::holders;
using ottla::nobody;
using ottla::plan_index;

struct quality {
  std::size_t squares = 0;
  std::size_t moves = 0;
  friend auto operator<=>(const quality&, const quality&) = default;
};

quality judge(const group_plan& plan, const holders& owner, const holders& got) {
  std::vector<std::size_t> load(plan.members.size());
  quality out;
  for (plan_index number = 0; number < got.size(); ++number) {
    if (got[number] == nobody) continue;
    ++load[got[number]];
    out.moves += owner[number] != nobody && owner[number] != got[number] ? 1 : 0;
  }
  for (const std::size_t one : load) out.squares += one * one;
  return out;
}

/// The best of all assignments there are.
quality best_of_all(const group_plan& plan, const holders& owner, holders& so_far, plan_index number) {
  if (number == so_far.size()) return judge(plan, owner, so_far);
  quality best{~std::size_t{0}, 0};
  for (const plan_index member : plan.topics[plan.topic_of[number]].subscribers) {
    so_far[number] = member;
    best = std::min(best, best_of_all(plan, owner, so_far, number + 1));
  }
  if (plan.topics[plan.topic_of[number]].subscribers.empty()) return best_of_all(plan, owner, so_far, number + 1);
  return best;
}

holders random_owners(std::mt19937_64& rng, const group_plan& plan) {
  holders owner(plan.partition_count(), nobody);
  for (plan_index number = 0; number < owner.size(); ++number) {
    const auto& subscribers = plan.topics[plan.topic_of[number]].subscribers;
    if (!subscribers.empty() && below(rng, 4) != 0) {  // crowded at the first ones, so that there is much to move
      owner[number] = subscribers[std::min(below(rng, subscribers.size()), below(rng, subscribers.size()))];
    }
  }
  return owner;
}

TEST(StickyMixed, NoAssignmentIsMoreBalancedAndNoneAsBalancedMovesLess) {
  std::mt19937_64 rng(11);
  for (int i = 0; i < 2000; ++i) {
    const random_group group = make_group(rng, 4, 4, 3, true);
    const group_plan plan(group.those, group.topics);
    if (plan.partition_count() > 8) continue;
    const holders owner = random_owners(rng, plan);
    holders trial(owner.size(), nobody);
    const quality best = best_of_all(plan, owner, trial, 0);
    const quality got = judge(plan, owner, ottla::assign_mixed_subscriptions(plan, owner));
    ASSERT_EQ(got.squares, best.squares) << "round " << i;
    ASSERT_EQ(got.moves, best.moves) << "round " << i;
  }
}

TEST(StickyMixed, WithEqualSubscriptionsBothWaysAreEquallyGood) {
  std::mt19937_64 rng(12);
  for (int i = 0; i < 300; ++i) {
    const random_group group = make_group(rng, 12, 5, 15, false);
    const group_plan plan(group.those, group.topics);
    const holders owner = random_owners(rng, plan);
    ASSERT_EQ(judge(plan, owner, ottla::assign_mixed_subscriptions(plan, owner)),
              judge(plan, owner, ottla::assign_equal_subscriptions(plan, owner)))
        << "round " << i;
  }
}

TEST(StickyMixed, AChainOfMembersPassesOneOnEach) {
  // a can rid itself of u only towards b, b of v only towards c.
  const members chain{member("a", {"t", "u"}, {{"t", 0}, {"t", 1}, {"u", 0}}, 1),
                      member("b", {"u", "v"}, {{"v", 0}, {"v", 1}}, 1), member("c", {"v"}, {{"v", 2}}, 1)};
  EXPECT_EQ(text(assign_partitions(assignor::sticky, chain, sizes{{"t", 2}, {"u", 1}, {"v", 3}})),
            "a: t-0 t-1; b: u-0 v-1; c: v-0 v-2");
}

// The bound is generous: it is there to catch what grows with the square of the group.
TEST(StickyMixed, TwoThousandPartitionsAmongTwoHundredMembersTakeNoTime) {
  std::mt19937_64 rng(13);
  members those;
  sizes topics;
  for (int t = 0; t < 100; ++t) topics.push_back({"t" + std::to_string(t), 20});
  for (int m = 0; m < 200; ++m) {
    std::vector<std::string> wanted;
    for (const topic_size& topic : topics) {
      if (below(rng, 4) == 0) wanted.push_back(topic.topic);
    }
    those.push_back(member("m" + std::to_string(m), std::move(wanted)));
  }
  for (const bool mixed : {true, false}) {
    if (!mixed) {
      for (auto& one : those) one.topics = {"t1", "t2", "t3", "t4", "t5", "t6", "t7", "t8"};
      for (auto& topic : topics) topic.partitions = 250;
    }
    for (const assignor which :
         {assignor::range, assignor::round_robin, assignor::sticky, assignor::cooperative_sticky}) {
      members half(those.begin(), those.begin() + 100);
      half = with_owned(half, assign_partitions(which, half, topics), 1);
      half.insert(half.end(), those.begin() + 100, those.end());
      const auto start = std::chrono::steady_clock::now();
      const assignment got = assign_partitions(which, half, topics);
      const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
      EXPECT_LT(took.count(), 5.0) << ottla::name_of(which);
      RecordProperty(std::string(ottla::name_of(which)) + (mixed ? "_mixed_us" : "_equal_us"), int(took.count() * 1e6));
      EXPECT_EQ(got.size(), 200u);
    }
  }
}

}  // namespace
