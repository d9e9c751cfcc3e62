// reliability: one call through all guards, in their order, in virtual time.
#include "ottla/service/reliability.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <string>
#include <thread>
#include <vector>

#include "moment.hpp"

namespace ottla {
namespace {

using namespace std::chrono_literals;
using attempt = reliability::attempt;

using list = std::vector<std::string>;
const retry_policy plain_retry{.count = 3, .jitter = 0};

struct reliability_run {
  explicit reliability_run(reliability_config config) : guard(std::move(config), 1) {
    guard.on_earlier([this](steady_ns at) { woken = std::min(woken, at); });
  }
  // Calls; each try is noted as "name1" and left open.
  void call(const std::string& name, reliability::call_options options = {}) {
    guard.call(
        [this, name](attempt one) {
          events.push_back(name + std::to_string(one.number()));
          open.push_back(std::move(one));
        },
        [this, name](const call_outcome& outcome) {
          std::string said = outcome           ? "ok"
                             : outcome.refusal ? std::string(outcome.refusal.name())
                                               : outcome.last.why();
          events.push_back(name + " " + said + " after " + std::to_string(outcome.tries));
        },
        options, now);
  }
  void finish(const verdict& said) {
    attempt one = std::move(open.front());
    open.pop_front();
    one.finish(said, now);
  }
  // Steps at each deadline that comes until `until`.
  void advance(std::chrono::nanoseconds by) {
    const steady_ns until = now + by;
    for (steady_ns next = guard.step(now); next <= until; next = guard.step(now)) now = std::max(now, next);
    now = until;
    (void)guard.step(now);
  }
  std::vector<std::string> told() { return std::exchange(events, {}); }

  steady_ns now = start;
  steady_ns woken = never;
  std::vector<std::string> events;
  std::deque<attempt> open;
  reliability guard;  // goes first
};

TEST(reliability, makes_one_try_without_guards) {
  reliability_run run({});
  run.call("a");
  EXPECT_EQ(run.told(), (list{"a1"}));
  run.finish(done);
  EXPECT_EQ(run.told(), (list{"a ok after 1"}));
  run.call("b");
  run.finish(retry("busy"));
  EXPECT_EQ(run.told(), (list{"b1", "b busy after 1"}));
  EXPECT_EQ(run.guard.calls(), 0u);
}

TEST(reliability, retries_after_the_policys_pauses_and_says_when_to_step) {
  reliability_run run({.retry = plain_retry});
  run.call("a");
  EXPECT_EQ(run.guard.step(run.now), never);
  run.finish(retry("busy"));
  EXPECT_EQ(run.woken, start + 1s);
  EXPECT_EQ(run.guard.step(run.now), start + 1s);
  run.advance(999ms);
  EXPECT_EQ(run.told(), (list{"a1"}));
  run.advance(1ms);
  EXPECT_EQ(run.told(), (list{"a2"}));
  run.finish(retry("busy"));
  run.advance(2s);
  run.finish(retry_in(10s, "very busy"));  // its own pause
  run.advance(9s);
  EXPECT_EQ(run.told(), (list{"a3"}));
  run.advance(1s);
  run.finish(retry("still busy"));
  EXPECT_EQ(run.told(), (list{"a4", "a still busy after 4"}));
  EXPECT_EQ(run.guard.step(run.now), never);
}

TEST(reliability, never_retries_a_rejection) {
  reliability_run run({.retry = plain_retry});
  run.call("a");
  run.finish(reject("bad"));
  EXPECT_EQ(run.told(), (list{"a1", "a bad after 1"}));
}

TEST(reliability, does_not_wait_for_a_retry_beyond_the_deadline) {
  reliability_run run({.retry = plain_retry});
  run.call("a", {.deadline = start + 1s});
  run.finish(retry("busy"));
  EXPECT_EQ(run.told(), (list{"a1", "a busy after 1"}));
  run.call("b", {.deadline = start});
  EXPECT_EQ(run.told(), (list{"b TIMED_OUT after 0"}));
}

TEST(reliability, takes_a_dropped_try_for_a_failed_one) {
  reliability_run run({.retry = plain_retry});
  run.call("a");
  run.open.clear();
  run.advance(1s);
  run.finish(done);
  EXPECT_EQ(run.told(), (list{"a1", "a2", "a ok after 2"}));
}

TEST(reliability, waits_for_tokens_in_turn_and_large_calls_are_not_overtaken) {
  reliability_run run({.rate = rate_limiter_config{.bytes = {.amount = 100}}});
  run.call("a", {.bytes = 100});
  run.call("large", {.bytes = 90});
  run.call("small", {.bytes = 1});
  EXPECT_EQ(run.woken, start + 900ms);
  run.advance(899ms);
  EXPECT_EQ(run.told(), (list{"a1"}));
  run.advance(1ms);
  EXPECT_EQ(run.told(), (list{"large1"}));
  run.advance(10ms);
  EXPECT_EQ(run.told(), (list{"small1"}));
}

TEST(reliability, refuses_who_cannot_pay_before_the_deadline) {
  reliability_run run({.rate = rate_limiter_config{.messages = {.amount = 1}}});
  run.call("a");
  run.call("b", {.deadline = start + 500ms});
  EXPECT_EQ(run.told(), (list{"a1", "b RATE_LIMITED after 0"}));
  run.call("c", {.deadline = start + 5s});
  run.call("d", {.deadline = start + 1100ms});  // behind c, and so too late
  run.advance(1s);
  EXPECT_EQ(run.told(), (list{"c1", "d RATE_LIMITED after 0"}));
}

TEST(reliability, queues_before_the_bulkhead_and_ends_at_the_deadline) {
  reliability_run run({.bulkhead = bulkhead_config{.concurrent = 1, .queued = 2}});
  run.call("a");
  run.call("b", {.deadline = start + 1s});
  run.call("c");
  run.call("d");
  EXPECT_EQ(run.told(), (list{"a1", "d BULKHEAD_FULL after 0"}));
  EXPECT_EQ(run.woken, start + 1s);
  run.advance(1s);
  EXPECT_EQ(run.told(), (list{"b TIMED_OUT after 0"}));
  run.finish(done);
  EXPECT_EQ(run.told(), (list{"c1", "a ok after 1"}));
}

TEST(reliability, holds_no_place_during_a_pause) {
  reliability_run run({.retry = plain_retry, .bulkhead = bulkhead_config{.concurrent = 1, .queued = 1}});
  run.call("a");
  run.call("b");
  run.finish(retry("busy"));
  EXPECT_EQ(run.told(), (list{"a1", "b1"}));
  run.advance(1s);  // a waits for the place now
  run.finish(done);
  EXPECT_EQ(run.told(), (list{"a2", "b ok after 1"}));
}

TEST(reliability, refuses_at_once_while_the_breaker_is_open_and_spends_nothing) {
  reliability_run run(
      {.rate = rate_limiter_config{.messages = {.amount = 3}},
       .breaker = circuit_breaker_config{.window_calls = 2, .minimum_calls = 2, .open_for = 100ms, .probes = 1}});
  for (const char* name : {"a", "b"}) run.call(name), run.finish(retry("down"));
  run.told();
  for (int i = 0; i < 5; ++i) run.call("c");
  EXPECT_EQ(run.told(), (list(5, "c CIRCUIT_OPEN after 0")));
  run.advance(100ms);
  run.call("probe");  // the third token is still there
  EXPECT_EQ(run.told(), (list{"probe1"}));
  run.finish(done);
  EXPECT_EQ(run.guard.breaker()->state(), breaker_state::closed);
}

TEST(reliability, does_not_retry_a_refusal) {
  reliability_run run({.retry = plain_retry, .breaker = circuit_breaker_config{.window_calls = 1, .minimum_calls = 1}});
  run.call("a");
  run.finish(retry("down"));
  run.advance(1s);
  EXPECT_EQ(run.told(), (list{"a1", "a CIRCUIT_OPEN after 1"}));
}

TEST(reliability, gives_tokens_back_when_the_breaker_opened_while_a_call_queued) {
  reliability_run run(
      {.rate = rate_limiter_config{.messages = {.amount = 3, .per = 24h}},
       .bulkhead = bulkhead_config{.concurrent = 1, .queued = 5},
       .breaker = circuit_breaker_config{.window_calls = 1, .minimum_calls = 1, .open_for = 1s, .probes = 2}});
  run.call("a");
  run.call("b");  // has paid, and queues
  run.finish(retry("down"));
  EXPECT_EQ(run.told(), (list{"a1", "b CIRCUIT_OPEN after 0", "a down after 1"}));
  run.now += 1s;
  for (const char* name : {"c", "d"}) run.call(name), run.finish(done);
  run.call("e");  // of three tokens a, c and d had one each
  EXPECT_EQ(run.told(), (list{"c1", "c ok after 1", "d1", "d ok after 1"}));
}

TEST(reliability, counts_a_rejection_as_an_answer_for_the_breaker) {
  reliability_run run({.breaker = circuit_breaker_config{.window_calls = 2, .minimum_calls = 2}});
  for (int i = 0; i < 5; ++i) run.call("a"), run.finish(reject("bad"));
  EXPECT_EQ(run.guard.breaker()->state(), breaker_state::closed);
}

TEST(reliability, bounds_all_calls_that_are_under_way) {
  reliability_run run({.retry = plain_retry, .max_calls = 2});
  run.call("a");
  run.finish(retry("busy"));  // pauses, and counts
  run.call("b");
  run.call("c");
  EXPECT_EQ(run.told(), (list{"a1", "b1", "c BULKHEAD_FULL after 0"}));
  EXPECT_EQ(run.guard.calls(), 2u);
  run.finish(done);
  run.call("d");
  EXPECT_EQ(run.told(), (list{"b ok after 1", "d1"}));
}

TEST(reliability, ends_what_waits_when_closed_and_lets_tries_under_way_end) {
  reliability_run run({.retry = plain_retry,
                       .rate = rate_limiter_config{.messages = {.amount = 3}},
                       .bulkhead = bulkhead_config{.concurrent = 1, .queued = 1}});
  run.call("pausing");
  run.finish(retry("busy"));
  run.call("running");
  run.call("queued");
  run.call("for tokens");
  run.told();
  run.guard.close();
  EXPECT_EQ(run.told(), (list{"for tokens CLOSED after 0", "pausing CLOSED after 1", "queued CLOSED after 0"}));
  run.call("late");
  run.finish(retry("busy"));  // no other try
  EXPECT_EQ(run.told(), (list{"late CLOSED after 0", "running busy after 1"}));
  EXPECT_EQ(run.guard.calls(), 0u);
}

TEST(reliability, tells_a_bad_configuration_with_each_call) {
  reliability_run run({.retry = retry_policy{.count = -1}});
  run.call("a");
  EXPECT_EQ(run.told(), (list{"a INVALID_CONFIG after 0"}));
  EXPECT_TRUE(reliability_config{.max_calls = 0}.validate().error().is(client_code::invalid_config));
}

TEST(reliability, ends_each_call_once_among_threads) {
  reliability guard({.retry = retry_policy{.count = 2, .backoff = 0ms},
                     .rate = rate_limiter_config{.messages = {.amount = 1'000'000}},
                     .bulkhead = bulkhead_config{.concurrent = 2, .queued = 50},
                     .breaker = circuit_breaker_config{.minimum_calls = 100, .failure_rate = 1.0}},
                    5);
  constexpr int each = 400;
  std::atomic<int> ends{0}, tries{0};
  std::atomic<std::int64_t> clock{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < each; ++i) {
        const steady_ns now = start + std::chrono::microseconds(++clock);
        guard.call(
            [&, i, t, now](attempt one) {
              ++tries;
              if ((i + t) % 3 == 0) return;  // dropped
              one.finish((i + t) % 3 == 1 ? verdict(done) : retry("busy"), now);
            },
            [&](const call_outcome&) { ++ends; }, {}, now);
        (void)guard.step(now);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  while (guard.step(start + std::chrono::microseconds(++clock)) != never) {
  }
  EXPECT_EQ(ends, 3 * each);
  EXPECT_GE(tries, each);
  EXPECT_EQ(guard.calls(), 0u);
}

}  // namespace
}  // namespace ottla
