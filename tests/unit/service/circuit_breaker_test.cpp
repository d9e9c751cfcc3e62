// circuit_breaker: what opens it, what lets probes through, what closes it again; and permits that come back in odd
// ways.
#include "ottla/service/circuit_breaker.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <optional>
#include <thread>
#include <vector>

#include "moment.hpp"

namespace ottla {
namespace {

using namespace std::chrono_literals;
using window_kind = circuit_breaker_config::window_kind;

// A breaker over ten calls that opens at half of them; 10 s open, 3 probes.
circuit_breaker_config ten_calls() {
  return {.window_calls = 10, .minimum_calls = 4, .slow_call = 1s, .open_for = 10s, .probes = 3, .probe_timeout = 5s};
}

struct circuit_breaker_run : testing::Test {
  explicit circuit_breaker_run(circuit_breaker_config config = ten_calls()) : breaker(config, "orders") {
    breaker.on_change([this](const breaker_change& change) {
      changes.push_back(std::string(name(change.from)) + " > " + std::string(name(change.to)));
      last = change;
    });
  }
  circuit_breaker::permit admitted() {
    auto permit = breaker.try_acquire(now);
    EXPECT_TRUE(permit) << permit.error().message();
    return permit ? std::move(*permit) : circuit_breaker::permit();
  }
  std::string refused() {
    auto permit = breaker.try_acquire(now);
    return permit ? "admitted" : permit.error().message();
  }
  void good(int times = 1) {
    for (int i = 0; i < times; ++i) admitted().success(now);
  }
  void bad(int times = 1) {
    for (int i = 0; i < times; ++i) admitted().failure(now);
  }
  void slow(int times = 1) {
    for (int i = 0; i < times; ++i) {
      auto permit = admitted();
      now += 1s;
      permit.success(now);
    }
  }
  void open_it() {
    bad(4);
    ASSERT_EQ(breaker.state(), breaker_state::open);
  }

  steady_ns now = start;
  circuit_breaker breaker;
  std::vector<std::string> changes;
  breaker_change last;
};

TEST_F(circuit_breaker_run, stays_closed_below_its_rate) {
  for (int i = 0; i < 50; ++i) good(6), bad(4);
  EXPECT_EQ(breaker.state(), breaker_state::closed);
  EXPECT_TRUE(changes.empty());
}

TEST_F(circuit_breaker_run, opens_at_its_failure_rate) {
  good(5);
  bad(4);
  EXPECT_EQ(breaker.state(), breaker_state::closed);
  bad();
  EXPECT_EQ(breaker.state(), breaker_state::open);
  EXPECT_EQ(changes, std::vector<std::string>{"closed > open"});
  EXPECT_EQ(last.breaker, "orders");
  EXPECT_EQ(last.at, start);
  EXPECT_EQ(last.calls, 10);
  EXPECT_EQ(last.failed, 5);
}

TEST_F(circuit_breaker_run, does_not_open_before_the_minimum_of_calls) {
  bad(3);
  EXPECT_EQ(breaker.state(), breaker_state::closed);
  bad();
  EXPECT_EQ(breaker.state(), breaker_state::open);
}

TEST_F(circuit_breaker_run, forgets_calls_that_left_the_window) {
  good(4);
  bad(3);
  good(10);  // the three are gone
  bad(4);
  EXPECT_EQ(breaker.state(), breaker_state::closed);
  bad();
  EXPECT_EQ(breaker.state(), breaker_state::open);
}

TEST_F(circuit_breaker_run, opens_when_all_are_slow_though_none_fails) {
  slow(3);
  EXPECT_EQ(breaker.state(), breaker_state::closed);
  slow();
  EXPECT_EQ(breaker.state(), breaker_state::open);
  EXPECT_EQ(last.slow, 4);
  EXPECT_EQ(last.failed, 0);
}

TEST_F(circuit_breaker_run, refuses_while_open_and_says_why_and_for_how_long) {
  open_it();
  now += 1s;
  EXPECT_EQ(
      refused(),
      "orders failed with CIRCUIT_OPEN: opened: 4 of 4 calls failed, 0 were slow; it lets probes through in 9000 ms");
}

TEST_F(circuit_breaker_run, lets_as_many_probes_through_as_it_is_told_and_closes_when_they_are_well) {
  open_it();
  now += 10s;
  auto first = admitted(), second = admitted(), third = admitted();
  EXPECT_EQ(breaker.state(), breaker_state::half_open);
  EXPECT_NE(refused().find("waits for its probes"), std::string::npos);
  first.success(now);
  second.success(now);
  EXPECT_NE(refused().find("waits for its probes"), std::string::npos);  // three calls in all, not three at once
  third.success(now);
  EXPECT_EQ(breaker.state(), breaker_state::closed);
  EXPECT_EQ(changes, (std::vector<std::string>{"closed > open", "open > half_open", "half_open > closed"}));
  bad(3);
  EXPECT_EQ(breaker.state(), breaker_state::closed);  // with an empty window
}

TEST_F(circuit_breaker_run, opens_again_as_soon_as_the_probes_cannot_be_well_any_more) {
  open_it();
  now += 10s;
  auto first = admitted(), second = admitted();
  first.failure(now);
  EXPECT_EQ(breaker.state(), breaker_state::half_open);
  second.failure(now);  // two of three
  EXPECT_EQ(breaker.state(), breaker_state::open);
  now += 9s;
  EXPECT_NE(refused(), "admitted");
  now += 1s;
  EXPECT_EQ(refused(), "admitted");
}

TEST_F(circuit_breaker_run, opens_again_when_the_probes_are_slow) {
  open_it();
  now += 10s;
  slow(3);
  EXPECT_EQ(breaker.state(), breaker_state::open);
}

TEST_F(circuit_breaker_run, gives_the_place_of_a_dropped_probe_to_another) {
  open_it();
  now += 10s;
  for (int i = 0; i < 20; ++i) admitted();  // dropped at once: says nothing
  EXPECT_EQ(breaker.state(), breaker_state::half_open);
  good(3);
  EXPECT_EQ(breaker.state(), breaker_state::closed);
}

TEST_F(circuit_breaker_run, opens_again_when_probes_never_come_back) {
  open_it();
  now += 10s;
  auto first = admitted(), second = admitted(), third = admitted();
  now += 4s;
  EXPECT_NE(refused().find("waits for its probes"), std::string::npos);
  now += 1s;
  EXPECT_NE(refused().find("lost its probes"), std::string::npos);
  EXPECT_EQ(breaker.state(), breaker_state::open);
  first.success(now), second.success(now), third.success(now);  // too late to say anything
  EXPECT_EQ(breaker.state(), breaker_state::open);
  now += 10s;
  good(3);
  EXPECT_EQ(breaker.state(), breaker_state::closed);
}

TEST_F(circuit_breaker_run, hears_nothing_from_calls_that_began_before_the_last_change) {
  std::vector<circuit_breaker::permit> before;
  for (int i = 0; i < 5; ++i) before.push_back(admitted());
  open_it();
  now += 10s;
  auto probe = admitted();
  for (auto& permit : before) permit.success(now);
  EXPECT_EQ(breaker.state(), breaker_state::half_open);
  good(2);
  EXPECT_EQ(breaker.state(), breaker_state::half_open);  // the first probe is still out
  probe.success(now);
  EXPECT_EQ(breaker.state(), breaker_state::closed);
}

TEST_F(circuit_breaker_run, counts_a_permit_once) {
  auto permit = admitted();
  for (int i = 0; i < 10; ++i) permit.failure(now);
  EXPECT_FALSE(permit);
  auto moved = admitted();
  circuit_breaker::permit elsewhere = std::move(moved);
  moved.failure(now);  // NOLINT: what was moved from is empty
  elsewhere.failure(now);
  elsewhere.drop();
  bad();
  EXPECT_EQ(breaker.state(), breaker_state::closed);  // three calls
  bad();
  EXPECT_EQ(breaker.state(), breaker_state::open);
}

TEST_F(circuit_breaker_run, gives_up_the_old_permit_when_another_is_assigned) {
  open_it();
  now += 10s;
  auto permit = admitted();
  permit = admitted();
  permit = admitted();
  permit = admitted();
  EXPECT_TRUE(permit);
  permit.success(now);
  good(2);
  EXPECT_EQ(breaker.state(), breaker_state::closed);
}

TEST_F(circuit_breaker_run, says_beforehand_what_it_would_say_and_changes_nothing) {
  EXPECT_TRUE(breaker.would_admit(now));
  open_it();
  EXPECT_TRUE(breaker.would_admit(now).error().is(client_code::circuit_open));
  now += 10s;
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(breaker.would_admit(now));
  EXPECT_EQ(breaker.state(), breaker_state::open);
}

TEST_F(circuit_breaker_run, takes_no_step_back_in_time) {
  open_it();
  now += 10s;
  EXPECT_EQ(refused(), "admitted");
  now -= 10s;
  good(3);
  EXPECT_EQ(breaker.state(), breaker_state::closed);
}

TEST_F(circuit_breaker_run, is_closed_and_empty_after_a_reset) {
  open_it();
  breaker.reset(now);
  bad(3);
  EXPECT_EQ(breaker.state(), breaker_state::closed);
  breaker.reset(now);  // no change of state: nobody is told
  EXPECT_EQ(changes, (std::vector<std::string>{"closed > open", "open > closed"}));
}

TEST_F(circuit_breaker_run, tells_changes_in_order_to_a_listener_that_causes_the_next_one) {
  std::vector<std::string> second;
  breaker.on_change([this](const breaker_change& change) {
    if (change.to == breaker_state::open) breaker.reset(now);
  });
  breaker.on_change([&](const breaker_change& change) { second.emplace_back(name(change.to)); });
  bad(4);
  EXPECT_EQ(breaker.state(), breaker_state::closed);
  EXPECT_EQ(second, (std::vector<std::string>{"open", "closed"}));
}

TEST(circuit_breaker_window, of_time_forgets_by_tenths) {
  circuit_breaker breaker({.window = window_kind::time, .window_time = 10s, .minimum_calls = 5});
  steady_ns now = start;
  const auto fail = [&] { breaker.try_acquire(now)->failure(now); };
  for (int i = 0; i < 4; ++i) fail();
  now += 9s;
  EXPECT_EQ(breaker.state(), breaker_state::closed);
  now += 1s;  // the four are gone
  fail();
  EXPECT_EQ(breaker.state(), breaker_state::closed);
  now += 1000s;
  for (int i = 0; i < 2; ++i) fail();
  now += 3s;
  for (int i = 0; i < 2; ++i) fail();
  EXPECT_EQ(breaker.state(), breaker_state::closed);
  now += 6s;
  fail();  // five within ten seconds
  EXPECT_EQ(breaker.state(), breaker_state::open);
}

TEST(circuit_breaker_window, permits_may_outlive_the_breaker) {
  std::optional<circuit_breaker> breaker(std::in_place);
  auto permit = breaker->try_acquire(start);
  breaker.reset();
  permit->failure(start);
}

TEST(circuit_breaker_threads, lose_no_probe_and_give_none_twice) {
  auto config = ten_calls();
  config.probes = 100;
  config.failure_rate = 1.0;
  circuit_breaker breaker(config);
  std::vector<breaker_state> told;  // no lock of its own: one at a time
  breaker.on_change([&](const breaker_change& change) { told.push_back(change.to); });
  for (int i = 0; i < 4; ++i) breaker.try_acquire(start)->failure(start);
  std::atomic<int> admitted{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 200; ++i) {
        auto permit = breaker.try_acquire(start + 20s);
        if (!permit) continue;
        if ((i + t) % 3 == 0) continue;  // dropped
        permit->success(start + 20s);
        ++admitted;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_GE(admitted, 100);
  EXPECT_EQ(told, (std::vector<breaker_state>{breaker_state::open, breaker_state::half_open, breaker_state::closed}));
}

TEST(circuit_breaker_config, names_the_member_that_is_out_of_its_range) {
  const auto said = [](const circuit_breaker_config& config) {
    const auto checked = config.validate();
    return checked ? std::string("valid") : checked.error().context().detail;
  };
  EXPECT_EQ(said({}), "valid");
  EXPECT_EQ(said({.window_calls = 0}), "window_calls is not 1 to 1000000");
  EXPECT_EQ(said({.window_time = 1ms}), "window_time is not 10 ms to 24 h");
  EXPECT_EQ(said({.minimum_calls = 0}), "minimum_calls is below 1");
  EXPECT_EQ(said({.minimum_calls = 101}), "minimum_calls is above window_calls: it would never open");
  EXPECT_EQ(said({.window = window_kind::time, .minimum_calls = 101}), "valid");
  EXPECT_EQ(said({.failure_rate = 0}), "failure_rate is not above 0, to 1");
  EXPECT_EQ(said({.failure_rate = std::nan("")}), "failure_rate is not above 0, to 1");
  EXPECT_EQ(said({.slow_call_rate = 1.1}), "slow_call_rate is not above 0, to 1");
  EXPECT_EQ(said({.slow_call = 0ms}), "slow_call is not above 0, to 24 h");
  EXPECT_EQ(said({.open_for = -1ms}), "open_for is not 0 to 24 h");
  EXPECT_EQ(said({.probes = 0}), "probes is not 1 to 10000");
  EXPECT_EQ(said({.probe_timeout = 0ms}), "probe_timeout is not above 0, to 24 h");
  EXPECT_TRUE(circuit_breaker({.probes = 0}).try_acquire(start).error().is(client_code::invalid_config));
}

}  // namespace
}  // namespace ottla
