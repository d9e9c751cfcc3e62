// What a replay tells: who said what to whom and when, decoded; and that telling it changes nothing.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "scenario.hpp"

namespace {

using namespace ottla::sim;

constexpr telling everything{.lines = std::numeric_limits<std::size_t>::max(), .messages = true};

report told(const char* profile, std::uint64_t seed, const telling& how = everything) {
  const fault_profile& faults = *find_profile(profile);
  return run_scenario(seed, faults, plan_of(seed, faults), how);
}

/// Whether a line has all of these, one behind the other.
testing::AssertionResult has(const report& of, const std::vector<std::string_view>& parts) {
  const auto fits = [&](const std::string& line) {
    std::size_t at = 0;
    return std::all_of(parts.begin(), parts.end(), [&](std::string_view part) {
      at = line.find(part, at);
      if (at != std::string::npos) at += part.size();
      return at != std::string::npos;
    });
  };
  if (std::any_of(of.trace.begin(), of.trace.end(), fits)) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "no line of " << of.trace.size() << " has " << parts.front() << " and the rest";
}

TEST(trace, tells_batches_by_producer_and_sequence_and_answers_by_offset) {
  const report calm = told("calm", 2);
  EXPECT_TRUE(has(calm, {" us  producer 0 -- node ", " #", " opens"}));
  EXPECT_TRUE(has(calm, {" us  producer 0 -> node ", "Produce v", " c=", "acks=-1", " | orders-0 batch at 0, ",
                         " records, ", ", magic 2, producer 1000 epoch 0 sequence 1"}));
  EXPECT_TRUE(
      has(calm, {" us  producer 0 <- node ", "Produce v", " ms  responses=", "topicId=orders ", "baseOffset=1"}));
  EXPECT_TRUE(has(calm, {" us  consumer 0 -> node ", "Fetch v", "fetchOffset=1"}));
  EXPECT_TRUE(
      has(calm, {" us  consumer 0 <- node ", "Fetch v", " | orders-", " batch at ", ", producer 1000 epoch 0 "}));
}

TEST(trace, tells_members_generations_and_errors_by_name) {
  const report group = told("rebalancing", 2);
  EXPECT_TRUE(has(group, {" us  fault: "}));
  EXPECT_TRUE(
      has(group, {" us  member 0 -> node ", "Heartbeat v4 ", "groupId=billing generationId=", " memberId=ottla-"}));
  EXPECT_TRUE(has(group, {" us  member ", " <- node ", "SyncGroup v5 ", " ms  REBALANCE_IN_PROGRESS"}));
  EXPECT_TRUE(has(group, {" us  member ", " -> node ", "OffsetCommit v", "committedOffset="}));
}

TEST(trace, tells_what_a_liar_said_as_what_it_is) {
  const report hostile = told("hostile-broker", 1);
  EXPECT_TRUE(has(hostile, {" <- node ", " undecoded"}));
  EXPECT_TRUE(has(hostile, {" -- node ", " ends"}));
}

TEST(trace, changes_nothing_of_what_happens) {
  for (const char* profile : {"lossy", "moving", "rebalancing"}) {
    const report silent = told(profile, 3, {});
    EXPECT_EQ(told(profile, 3).digest, silent.digest) << profile;
    EXPECT_FALSE(has(silent, {" -> node "}));
  }
}

TEST(trace, is_as_long_as_asked_for_and_in_the_order_of_time) {
  const report lossy = told("lossy", 1, {.lines = 50, .messages = true});
  EXPECT_EQ(lossy.trace.size(), 50u);
  EXPECT_TRUE(std::is_sorted(lossy.trace.begin(), lossy.trace.end(), [](const auto& a, const auto& b) {
    return std::atoll(a.c_str()) < std::atoll(b.c_str());
  }));
}

}  // namespace
