// rate_limiter: rates hold over time, bursts are bounded, what is larger than a burst is granted and paid for.
#include "ottla/service/rate_limiter.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <limits>
#include <thread>
#include <vector>

#include "moment.hpp"

namespace ottla {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t huge = std::numeric_limits<std::uint64_t>::max();

TEST(rate_limiter, limits_nothing_by_default) {
  rate_limiter limiter;
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(limiter.try_acquire(start, huge, huge));
}

TEST(rate_limiter, grants_a_burst_and_then_the_rate) {
  rate_limiter limiter({.messages = {.amount = 100, .burst = 10}});
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(limiter.try_acquire(start));
  EXPECT_EQ(limiter.try_acquire(start).wait, 10ms);
  EXPECT_FALSE(limiter.try_acquire(start + 10ms - 1ns));
  EXPECT_TRUE(limiter.try_acquire(start + 10ms));
  EXPECT_EQ(limiter.try_acquire(start + 10ms).wait, 10ms);
}

TEST(rate_limiter, waits_exactly_as_long_as_it_says) {
  rate_limiter limiter({.messages = {.amount = 7, .per = 1s, .burst = 3}});  // no whole number of nanoseconds
  steady_ns now = start;
  int granted = 0;
  while (now <= start + 1000s) {
    const auto answer = limiter.try_acquire(now);
    if (answer) {
      ++granted;
    } else {
      ASSERT_GT(answer.wait, 0ns);
      ASSERT_FALSE(limiter.try_acquire(now + answer.wait - 1ns));
      now += answer.wait;
    }
  }
  EXPECT_EQ(granted, 7003);  // the burst and the rate, without drift
}

TEST(rate_limiter, saves_up_no_more_than_the_burst) {
  rate_limiter limiter({.messages = {.amount = 5}});
  EXPECT_TRUE(limiter.try_acquire(start, 5));
  EXPECT_TRUE(limiter.try_acquire(start + 24h, 5));
  EXPECT_EQ(limiter.try_acquire(start + 24h).wait, 200ms);
}

TEST(rate_limiter, counts_messages_and_bytes_and_takes_from_both_or_from_neither) {
  rate_limiter limiter({.messages = {.amount = 10}, .bytes = {.amount = 1000}});
  EXPECT_TRUE(limiter.try_acquire(start, 1, 1000));
  EXPECT_EQ(limiter.try_acquire(start, 9, 500).wait, 500ms);
  EXPECT_TRUE(limiter.try_acquire(start, 9, 0));  // the nine were not taken by the refusal
  EXPECT_EQ(limiter.try_acquire(start, 1, 10).wait, 100ms);
}

TEST(rate_limiter, grants_more_than_a_burst_when_full_and_lets_the_next_pay) {
  rate_limiter limiter({.bytes = {.amount = 1000, .burst = 100}});
  EXPECT_TRUE(limiter.try_acquire(start, 1, 1));
  EXPECT_EQ(limiter.try_acquire(start, 1, 5000).wait, 1ms);  // until full, and not for ever
  EXPECT_TRUE(limiter.try_acquire(start + 1ms, 1, 5000));
  EXPECT_EQ(limiter.try_acquire(start + 1ms, 1, 1).wait, 4901ms);
  EXPECT_EQ(limiter.try_acquire(start + 1ms, 1, 5000).wait, 5s);
}

TEST(rate_limiter, takes_rates_below_one_a_second) {
  rate_limiter limiter({.messages = {.amount = 1, .per = 1min}});
  EXPECT_TRUE(limiter.try_acquire(start));
  EXPECT_EQ(limiter.try_acquire(start + 1s).wait, 59s);
}

TEST(rate_limiter, gives_back_what_was_not_used_but_not_more_than_full) {
  rate_limiter limiter({.messages = {.amount = 2}});
  EXPECT_TRUE(limiter.try_acquire(start, 2));
  limiter.give_back(1, 0);
  EXPECT_TRUE(limiter.try_acquire(start));
  limiter.give_back(100, 100);
  EXPECT_TRUE(limiter.try_acquire(start, 2));
  EXPECT_FALSE(limiter.try_acquire(start));
}

TEST(rate_limiter, is_not_fooled_by_time_that_goes_back) {
  rate_limiter limiter({.messages = {.amount = 1}});
  EXPECT_TRUE(limiter.try_acquire(start + 10s));
  EXPECT_EQ(limiter.try_acquire(start).wait, 11s);
  EXPECT_EQ(limiter.try_acquire(start + 10s).wait, 1s);
}

TEST(rate_limiter, does_not_overflow_at_the_ends_of_every_range) {
  const std::uint64_t most = std::uint64_t{1} << 40;
  rate_limiter fast({.messages = {.amount = most, .per = 1ms, .burst = most}});
  EXPECT_TRUE(fast.try_acquire(steady_ns::min(), huge));
  EXPECT_GT(fast.try_acquire(steady_ns::min(), 1).wait, 0ns);
  EXPECT_TRUE(fast.try_acquire(steady_ns(0ns), 1));
  rate_limiter slow({.bytes = {.amount = 1, .per = 24h}});
  EXPECT_TRUE(slow.try_acquire(start, 1, huge));
  EXPECT_EQ(slow.try_acquire(start, 1, 1).wait, std::chrono::nanoseconds::max());
  rate_limiter unchecked({.messages = {.amount = huge, .per = -1ms, .burst = huge}});
  EXPECT_TRUE(unchecked.try_acquire(start, huge));
  EXPECT_FALSE(unchecked.try_acquire(start, 1));
}

TEST(rate_limiter, grants_threads_no_more_than_one_would_get) {
  rate_limiter limiter({.messages = {.amount = 1000}});
  std::atomic<int> granted{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) granted += limiter.try_acquire(start).granted;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(granted, 1000);
}

TEST(rate_limiter, names_the_member_that_is_out_of_its_range) {
  const auto said = [](const rate_limiter_config& config) {
    const auto checked = config.validate();
    return checked ? std::string("valid") : checked.error().context().detail;
  };
  EXPECT_EQ(said({}), "valid");
  EXPECT_EQ(said({.messages = {.amount = huge}}), "messages.amount is above 2^40");
  EXPECT_EQ(said({.bytes = {.amount = 1, .burst = huge}}), "bytes.burst is above 2^40");
  EXPECT_EQ(said({.bytes = {.amount = 1, .per = 0ms}}), "bytes.per is not 1 ms to 24 h");
  EXPECT_EQ(said({.messages = {.burst = 1}}), "messages.burst is set, but not .amount");
}

}  // namespace
}  // namespace ottla
