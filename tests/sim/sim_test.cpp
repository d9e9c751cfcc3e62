// The seeds that every build runs: each profile, a range of seeds, no violation; and the same seed twice, the same
// history.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "scenario.hpp"

namespace {

using namespace ottla::sim;

// 2550 seeds over the seventeen profiles where the code is optimised; elsewhere, where a seed costs tenfold, enough to
// walk every path.
#if defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
constexpr std::uint64_t seeds_per_profile = 150, seeds_run_twice = 5;
#else
constexpr std::uint64_t seeds_per_profile = 8, seeds_run_twice = 1;
#endif

// What a profile proves nothing without; looked at where there are seeds enough.
const std::map<std::string, std::vector<std::string>> must_be_seen{
    {"service",
     {"crashes inside a handler", "crashes between two pieces of I/O", "breakers closed > open",
      "breakers open > half_open", "breakers half_open > closed", "breakers half_open > open",
      "calls refused inside a handler"}},
    {"lossy",
     {"sends inside a handler", "sends to another topic inside a handler", "calls refused inside a handler",
      "purges inside a handler", "producers dropped inside a handler"}},
    {"rebalancing",
     {"seeks inside a handler", "pauses inside a handler", "closes inside a handler",
      "commits from the handler of a commit"}},
    {"replicas", {"records lost that a leader had acknowledged"}},
    {"dlq-replay",
     {"replays killed", "replays stopped", "replays that found another", "letters found", "producers forgotten"}},
    {"power", {"deaths of the cluster"}},
    {"replaced", {"clients that forgot their brokers"}},
};

class every_profile : public testing::TestWithParam<std::string> {};

TEST_P(every_profile, keeps_each_acknowledged_record_once_and_in_order) {
  const fault_profile* profile = find_profile(GetParam());
  ASSERT_NE(profile, nullptr);
  std::uint64_t acked = 0;
  std::map<std::string, std::uint64_t> seen;
  for (std::uint64_t seed = 1; seed <= seeds_per_profile; ++seed) {
    const report outcome = run_scenario(seed, *profile, plan_of(seed, *profile));
    acked += outcome.acked;
    for (const auto& [what, times] : outcome.seen) seen[what] += times;
    for (const violation& one : outcome.violations) {
      ADD_FAILURE() << "seed " << seed << " " << one.invariant << ": " << one.detail
                    << "; replay with: tools/sim replay " << seed << " --profile " << profile->name;
    }
    if (testing::Test::HasFailure()) return;
  }
  EXPECT_GT(acked, seeds_per_profile * 100) << "the scenario hardly delivers anything: it proves nothing";
  const auto needed = must_be_seen.find(profile->name);
  if (seeds_per_profile < 100 || needed == must_be_seen.end()) return;
  for (const std::string& what : needed->second) EXPECT_GT(seen[what], seeds_per_profile / 20) << what;
}

INSTANTIATE_TEST_SUITE_P(simulation, every_profile,
                         testing::Values("calm", "lossy", "crashy", "rolling", "errors", "all", "rebalancing",
                                         "service", "hostile-broker", "slow-consumer", "dlq-replay", "transactional",
                                         "power", "partitioned", "moving", "replaced", "clocks", "replicas"),
                         [](const auto& one) {
                           std::string name = one.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(simulation, a_seed_decides_everything) {
  for (const char* name : {"all", "rebalancing", "service", "hostile-broker", "slow-consumer", "dlq-replay",
                           "transactional", "power", "partitioned", "moving", "replaced", "clocks"}) {
    const fault_profile* profile = find_profile(name);
    for (std::uint64_t seed = 1; seed <= seeds_run_twice; ++seed) {
      EXPECT_EQ(run_scenario(seed, *profile, plan_of(seed, *profile)).digest,
                run_scenario(seed, *profile, plan_of(seed, *profile)).digest);
    }
  }
}

}  // namespace
