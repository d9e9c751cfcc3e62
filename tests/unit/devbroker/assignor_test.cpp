// The assignors of the broker: even, sticky, and range as its name says.
#include <gtest/gtest.h>

#include <string>

#include "groups/assignor/server_assignor.hpp"

namespace {

using namespace ottla;

protocol::uuid id(int number) {
  protocol::uuid out;
  out.bytes[15] = static_cast<std::byte>(number);
  return out;
}

mock::assignor_member member(std::string name, std::set<int> topics, mock::assignment before = {}) {
  mock::assignor_member out{std::move(name), std::nullopt, {}, std::move(before)};
  for (const int topic : topics) out.topics.insert(id(topic));
  return out;
}

std::size_t load(const mock::assignment& of) {
  std::size_t sum = 0;
  for (const auto& [topic, partitions] : of) sum += partitions.size();
  return sum;
}

/// Each partition of what somebody reads is with one reader.
void expect_whole(const mock::assignor_input& in, const std::vector<mock::assignment>& out) {
  std::map<protocol::uuid, std::set<std::int32_t>> seen;
  ASSERT_EQ(out.size(), in.members.size());
  for (std::size_t m = 0; m < out.size(); ++m) {
    for (const auto& [topic, partitions] : out[m]) {
      EXPECT_TRUE(in.members[m].topics.contains(topic));
      for (const std::int32_t p : partitions) EXPECT_TRUE(seen[topic].insert(p).second) << "given twice";
    }
  }
  for (const auto& [topic, count] : in.partitions) EXPECT_EQ(seen[topic].size(), static_cast<std::size_t>(count));
}

std::vector<mock::assignment> again(mock::assignor_input& in, const std::vector<mock::assignment>& before,
                                    mock::assignor by) {
  for (std::size_t m = 0; m < before.size(); ++m) in.members[m].before = before[m];
  return by(in);
}

TEST(Assignors, RangeGivesEachTopicInOrderAndTheRestToTheFirst) {
  const mock::assignor_input in{{member("a", {1, 2}), member("b", {1, 2})}, {{id(1), 3}, {id(2), 5}}};
  const auto out = mock::assign_range(in);
  expect_whole(in, out);
  EXPECT_EQ(out[0], (mock::assignment{{id(1), {0, 1}}, {id(2), {0, 1, 2}}}));
  EXPECT_EQ(out[1], (mock::assignment{{id(1), {2}}, {id(2), {3, 4}}}));
}

TEST(Assignors, RangePutsStaticMembersFirstByTheirInstance) {
  mock::assignor_input in{{member("a", {1}), member("b", {1}), member("c", {1})}, {{id(1), 3}}};
  in.members[1].instance_id = "2";
  in.members[2].instance_id = "1";
  const auto out = mock::assign_range(in);
  EXPECT_EQ(out[2], (mock::assignment{{id(1), {0}}}));
  EXPECT_EQ(out[1], (mock::assignment{{id(1), {1}}}));
  EXPECT_EQ(out[0], (mock::assignment{{id(1), {2}}}));
}

TEST(Assignors, RangeCountsOnlyTheReadersOfATopic) {
  const mock::assignor_input in{{member("a", {1}), member("b", {1, 2})}, {{id(1), 2}, {id(2), 2}}};
  const auto out = mock::assign_range(in);
  expect_whole(in, out);
  EXPECT_EQ(out[1], (mock::assignment{{id(1), {1}}, {id(2), {0, 1}}}));
}

TEST(Assignors, MoreMembersThanPartitionsLeaveSomeWithNothing) {
  const mock::assignor_input in{{member("a", {1}), member("b", {1}), member("c", {1})}, {{id(1), 2}}};
  for (const mock::assignor by : {&mock::assign_range, &mock::assign_uniform}) {
    const auto out = by(in);
    expect_whole(in, out);
    EXPECT_TRUE(out[2].empty());
  }
}

TEST(Assignors, UniformIsEvenOverAllTopicsAndMovesNoMoreThanItMust) {
  mock::assignor_input in{{member("a", {1, 2}), member("b", {1, 2})}, {{id(1), 5}, {id(2), 6}}};
  const auto two = mock::assign_uniform(in);
  expect_whole(in, two);
  EXPECT_EQ(load(two[0]), 6u);
  EXPECT_EQ(load(two[1]), 5u);

  in.members.push_back(member("c", {1, 2}));
  const auto three = again(in, two, &mock::assign_uniform);
  expect_whole(in, three);
  std::size_t moved = 0;
  for (std::size_t m = 0; m < 2; ++m) {
    for (const auto& [topic, partitions] : three[m])
      for (const std::int32_t p : partitions) EXPECT_TRUE(two[m].at(topic).contains(p)) << "given to who was there";
    moved += load(two[m]) - load(three[m]);
  }
  EXPECT_EQ(moved, load(three[2]));
  EXPECT_EQ(load(three[2]), 3u);
}

TEST(Assignors, UniformDropsWhatIsGoneAndWhatIsNoLongerRead) {
  mock::assignor_input in{{member("a", {2}, {{id(1), {0}}, {id(2), {0, 7}}}), member("b", {2}, {{id(3), {1}}})},
                          {{id(2), 2}}};
  const auto out = mock::assign_uniform(in);
  expect_whole(in, out);
  EXPECT_EQ(out[0], (mock::assignment{{id(2), {0}}}));
}

TEST(Assignors, UniformWithDifferentSubscriptionsEvensOutWhereItCan) {
  // c alone reads topic 2, so all of topic 1 goes to the others.
  const mock::assignor_input in{{member("a", {1}), member("b", {1}), member("c", {1, 2})}, {{id(1), 6}, {id(2), 3}}};
  const auto out = mock::assign_uniform(in);
  expect_whole(in, out);
  EXPECT_EQ(load(out[0]), 3u);
  EXPECT_EQ(load(out[1]), 3u);
  EXPECT_EQ(out[2], (mock::assignment{{id(2), {0, 1, 2}}}));
}

TEST(Assignors, UniformWithDifferentSubscriptionsIsStickyAndMovesToWhoComes) {
  mock::assignor_input in{{member("a", {1, 2}), member("b", {2})}, {{id(1), 4}, {id(2), 4}}};
  const auto before = mock::assign_uniform(in);
  expect_whole(in, before);
  EXPECT_EQ(again(in, before, &mock::assign_uniform), before);
  in.members.push_back(member("c", {1}));
  const auto after = again(in, before, &mock::assign_uniform);
  expect_whole(in, after);
  EXPECT_EQ(load(after[0]), 3u);
  EXPECT_EQ(load(after[1]), 3u);
  EXPECT_EQ(load(after[2]), 2u);
  for (const std::int32_t p : after[1].at(id(2))) EXPECT_TRUE(before[1].at(id(2)).contains(p)) << "it only gave";
}

TEST(Assignors, ANameThatNobodyKnowsHasNone) {
  EXPECT_NE(mock::find_assignor("uniform"), nullptr);
  EXPECT_NE(mock::find_assignor("range"), nullptr);
  EXPECT_EQ(mock::find_assignor("sticky"), nullptr);
}

}  // namespace
