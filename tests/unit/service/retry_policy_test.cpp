// retry_policy: pauses grow, stay below their bound, and differ.
#include "ottla/service/retry_policy.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <set>

namespace ottla {
namespace {

using namespace std::chrono_literals;

TEST(retry_policy, has_the_defaults_of_the_document_and_they_are_valid) {
  const retry_policy policy;
  EXPECT_EQ(policy.count, 3);
  EXPECT_EQ(policy.backoff, 1s);
  EXPECT_EQ(policy.multiplier, 2.0);
  EXPECT_EQ(policy.max, 30s);
  EXPECT_TRUE(policy.validate());
}

TEST(retry_policy, doubles_the_pause_until_the_bound_and_draws_nothing_without_jitter) {
  const retry_policy policy{.jitter = 0};
  random_stream rng(1);
  const std::uint64_t untouched = random_stream(1).next();
  const std::chrono::seconds expected[] = {1s, 2s, 4s, 8s, 16s, 30s, 30s};
  for (int retry = 1; retry <= 7; ++retry) EXPECT_EQ(policy.delay(retry, rng), expected[retry - 1]) << retry;
  EXPECT_EQ(rng.next(), untouched);
}

TEST(retry_policy, takes_numbers_below_one_for_the_first_retry) {
  const retry_policy policy{.jitter = 0};
  random_stream rng(1);
  EXPECT_EQ(policy.delay(0, rng), 1s);
  EXPECT_EQ(policy.delay(std::numeric_limits<int>::min(), rng), 1s);
}

TEST(retry_policy, spreads_a_pause_to_both_sides_by_its_jitter) {
  const retry_policy policy{.jitter = 0.25};
  random_stream rng(7);
  std::chrono::nanoseconds least = std::chrono::hours(1), most{};
  for (int i = 0; i < 4'000; ++i) {
    const auto pause = policy.delay(2, rng);
    least = std::min(least, pause);
    most = std::max(most, pause);
  }
  EXPECT_GE(least, 1500ms);
  EXPECT_LE(most, 2500ms);
  EXPECT_LT(least, 1505ms);  // the whole range is used
  EXPECT_GT(most, 2495ms);
}

TEST(retry_policy, stays_at_the_bound_with_jitter_and_still_spreads_there) {
  const retry_policy policy{.jitter = 0.5};
  random_stream rng(7);
  std::set<std::chrono::nanoseconds> seen;
  for (int i = 0; i < 1'000; ++i) {
    const auto pause = policy.delay(50, rng);
    EXPECT_LE(pause, 30s);
    EXPECT_GE(pause, 15s);
    seen.insert(pause);
  }
  EXPECT_GT(seen.size(), 990u);  // those that wait longest do not come back together
}

TEST(retry_policy, does_not_overflow_at_the_ends_of_every_range) {
  random_stream rng(7);
  const retry_policy wide{
      .count = std::numeric_limits<int>::max(), .backoff = 24h, .multiplier = 100, .max = 24h, .jitter = 1};
  ASSERT_TRUE(wide.validate());
  for (int retry : {1, 2, 1'000, std::numeric_limits<int>::max()}) {
    const auto pause = wide.delay(retry, rng);
    EXPECT_GE(pause, 0ns);
    EXPECT_LE(pause, 24h);
  }
  const retry_policy slow{.backoff = 1ms, .multiplier = 1.0000001, .max = 24h, .jitter = 0};
  ASSERT_TRUE(slow.validate());
  EXPECT_LT(slow.delay(std::numeric_limits<int>::max(), rng), 2ms);  // and comes back soon
  const retry_policy none{.backoff = 0ms, .jitter = 1};
  EXPECT_EQ(none.delay(std::numeric_limits<int>::max(), rng), 0ns);
}

TEST(retry_policy, keeps_its_bounds_even_when_nobody_validated_it) {
  random_stream rng(7);
  const auto far = std::chrono::milliseconds::max();
  for (const retry_policy& wild :
       {retry_policy{.backoff = far, .max = far}, retry_policy{.backoff = -far, .max = -far},
        retry_policy{.multiplier = std::numeric_limits<double>::infinity()},
        retry_policy{.multiplier = std::nan(""), .jitter = std::nan("")}, retry_policy{.jitter = 1e300}}) {
    for (int retry : {1, 2, 100}) {
      const auto pause = wild.delay(retry, rng);
      EXPECT_GE(pause, 0ns);
      EXPECT_LE(pause, 24h);
    }
  }
}

TEST(retry_policy, counts_retries_beyond_the_first_try) {
  const retry_policy policy{.count = 2};
  EXPECT_TRUE(policy.allows(1));
  EXPECT_TRUE(policy.allows(2));
  EXPECT_FALSE(policy.allows(3));
  EXPECT_FALSE(retry_policy{.count = 0}.allows(1));
}

TEST(retry_policy, names_the_member_that_is_out_of_its_range) {
  const auto said = [](const retry_policy& policy) {
    const auto checked = policy.validate();
    return checked ? std::string() : checked.error().context().detail;
  };
  EXPECT_EQ(said({.count = -1}), "count is below 0");
  EXPECT_EQ(said({.multiplier = 0.5}), "multiplier is not 1 to 100");
  EXPECT_EQ(said({.multiplier = std::nan("")}), "multiplier is not 1 to 100");
  EXPECT_EQ(said({.jitter = 1.5}), "jitter is not 0 to 1");
  EXPECT_EQ(said({.jitter = std::nan("")}), "jitter is not 0 to 1");
  EXPECT_EQ(said({.max = 25h}), "max is not 0 to 24 h");
  EXPECT_EQ(said({.backoff = 31s}), "backoff is not 0 to max");
  EXPECT_EQ(said({.backoff = -1ms}), "backoff is not 0 to max");
  EXPECT_TRUE(retry_policy{.count = -1}.validate().error().is(client_code::invalid_config));
}

}  // namespace
}  // namespace ottla
