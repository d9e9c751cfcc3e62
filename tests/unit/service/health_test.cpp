// health: checks that answer, fail, hang, and are taken away; nobody waits longer than asked.
#include "ottla/service/health.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <nlohmann/json.hpp>
#include <thread>

namespace ottla {
namespace {

using namespace std::chrono_literals;

constexpr auto long_enough = 30'000ms;  // a bound that only a failing test reaches
result<void> well(std::chrono::milliseconds) { return {}; }
result<void> ill(std::chrono::milliseconds) {
  error_context context;
  context.asked = "asking the cluster";
  context.detail = "password=hunter2 refused";
  return error(client_code::broker_unreachable, context);
}

// A check that hangs until it is let go.
struct hanging {
  std::promise<void> let_go;
  std::shared_future<void> gate = let_go.get_future().share();
  std::shared_ptr<std::atomic<int>> calls = std::make_shared<std::atomic<int>>(0);

  health_check check() const {
    return [gate = gate, calls = calls](std::chrono::milliseconds) -> result<void> {
      ++*calls;
      gate.wait();
      return {};
    };
  }
};

TEST(health, is_up_when_all_checks_are) {
  health_registry registry;
  EXPECT_TRUE(registry.run(long_enough).up);
  ASSERT_TRUE(registry.add("kafka-producer", well));
  ASSERT_TRUE(registry.add("database", well));
  const auto report = registry.run(long_enough);
  EXPECT_TRUE(report.up);
  ASSERT_EQ(report.checks.size(), 2u);
  EXPECT_EQ(report.checks[0].name, "kafka-producer");
  EXPECT_EQ(report.checks[1].name, "database");
}

TEST(health, is_down_when_one_check_is_and_says_why) {
  health_registry registry;
  ASSERT_TRUE(registry.add("a", well));
  ASSERT_TRUE(registry.add("b", ill));
  const auto report = registry.run(long_enough);
  EXPECT_FALSE(report.up);
  EXPECT_TRUE(report.checks[0].up);
  EXPECT_FALSE(report.checks[1].up);
  EXPECT_EQ(report.checks[1].error, "asking the cluster failed with BROKER_UNREACHABLE: password=hunter2 refused");
}

TEST(health, tells_of_each_check_as_json_without_secrets) {
  health_report report;
  report.up = false;
  report.checks.push_back({"kafka", health_scope::readiness, true, 1'234'567ns, ""});
  report.checks.push_back({"db\xff", health_scope::readiness, false, 0ns, "password=hunter2 \xff"});
  EXPECT_EQ(
      report.json(),
      "{\"status\":\"down\",\"checks\":[{\"name\":\"kafka\",\"status\":\"up\",\"duration_ms\":1.235,\"error\":null},"
      "{\"name\":\"db\xef\xbf\xbd\",\"status\":\"down\",\"duration_ms\":0.0,\"error\":\"password=**** "
      "\xef\xbf\xbd\"}]}");
}

TEST(health, asks_only_what_the_question_is_about) {
  health_registry registry;
  ASSERT_TRUE(registry.add("loop", well, health_scope::liveness));
  ASSERT_TRUE(registry.add("kafka", ill, health_scope::readiness));
  EXPECT_TRUE(registry.run(long_enough, health_question::liveness).up);
  EXPECT_FALSE(registry.run(long_enough, health_question::readiness).up);
  EXPECT_EQ(registry.run(long_enough, health_question::readiness).checks.size(), 1u);
  EXPECT_EQ(registry.run(long_enough, health_question::health).checks.size(), 2u);
}

TEST(health, gives_checks_their_time_out) {
  health_registry registry;
  std::atomic<std::int64_t> told{0};
  ASSERT_TRUE(registry.add(
      "a", [&](std::chrono::milliseconds timeout) -> result<void> { return told = timeout.count(), result<void>(); }));
  (void)registry.run(12'345ms);
  EXPECT_EQ(told, 12'345);
}

TEST(health, does_not_hang_with_a_check_that_does_and_calls_it_again_when_it_is_back) {
  hanging stuck;
  health_registry registry;
  ASSERT_TRUE(registry.add("stuck", stuck.check()));
  ASSERT_TRUE(registry.add("well", well));
  auto report = registry.run(20ms);
  EXPECT_FALSE(report.up);
  EXPECT_NE(report.checks[0].error.find("did not answer within 20 ms"), std::string::npos) << report.checks[0].error;
  EXPECT_TRUE(report.checks[1].up);
  report = registry.run(1ms);
  EXPECT_FALSE(report.checks[0].up);
  EXPECT_EQ(*stuck.calls, 1);  // not called again while it hangs
  stuck.let_go.set_value();
  report = registry.run(long_enough);  // that call's own answer, or the next one's
  EXPECT_TRUE(report.up);
  EXPECT_TRUE(registry.run(long_enough).up);
  EXPECT_GE(*stuck.calls, 2);
}

TEST(health, shares_one_call_among_those_who_ask_at_once) {
  hanging slow;
  health_registry registry;
  ASSERT_TRUE(registry.add("slow", slow.check()));
  std::vector<std::thread> askers;
  std::atomic<int> up{0};
  EXPECT_FALSE(registry.run(1ms).up);  // the call is under way now, or about to be
  for (int i = 0; i < 4; ++i) askers.emplace_back([&] { up += registry.run(long_enough).up; });
  slow.let_go.set_value();
  for (auto& asker : askers) asker.join();
  EXPECT_EQ(up, 4);
}

TEST(health, refuses_checks_that_cannot_be_told_apart) {
  health_registry registry({.max_checks = 2});
  EXPECT_TRUE(registry.add("a", well));
  EXPECT_TRUE(registry.add("a", well).error().is(client_code::invalid_argument));
  EXPECT_TRUE(registry.add("", well).error().is(client_code::invalid_argument));
  EXPECT_TRUE(registry.add("b", nullptr).error().is(client_code::invalid_argument));
  EXPECT_TRUE(registry.add("b", well));
  EXPECT_TRUE(registry.add("c", well).error().is(client_code::invalid_argument));
}

TEST(health, removes_a_check_and_says_if_it_still_runs) {
  hanging stuck;
  health_registry registry;
  ASSERT_TRUE(registry.add("stuck", stuck.check()));
  ASSERT_TRUE(registry.add("ill", ill));
  EXPECT_FALSE(registry.run(5ms).up);
  EXPECT_TRUE(registry.remove("ill", long_enough));
  EXPECT_TRUE(registry.remove("ill", long_enough).error().is(client_code::invalid_argument));
  while (*stuck.calls == 0) std::this_thread::yield();  // the thread has begun the call
  EXPECT_TRUE(registry.remove("stuck", 1ms).error().is(client_code::timed_out));
  EXPECT_TRUE(registry.run(long_enough).up);
  stuck.let_go.set_value();
}

TEST(health, closes_within_its_deadline_and_names_what_hangs) {
  hanging stuck;
  health_registry registry;
  ASSERT_TRUE(registry.add("stuck", stuck.check()));
  ASSERT_TRUE(registry.add("well", well));
  (void)registry.run(5ms);
  while (*stuck.calls == 0) std::this_thread::yield();
  const auto closed = registry.close(5ms);
  EXPECT_EQ(closed.error().message(),
            "closing the health registry failed with TIMED_OUT: these checks still run: stuck");
  EXPECT_TRUE(registry.close(5ms));
  EXPECT_TRUE(registry.add("more", well).error().is(client_code::closed));
  stuck.let_go.set_value();
}

TEST(health, closes_at_once_when_nothing_runs) {
  health_registry registry;
  ASSERT_TRUE(registry.add("never run", well));
  ASSERT_TRUE(registry.add("ran", ill));
  (void)registry.run(long_enough);
  EXPECT_TRUE(registry.close(long_enough));
}

TEST(health, takes_runs_additions_and_removals_from_many_threads) {
  health_registry registry;
  ASSERT_TRUE(registry.add("always", well));
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&, t] {
      const std::string mine = "check " + std::to_string(t);
      for (int i = 0; i < 30; ++i) {
        EXPECT_TRUE(registry.add(mine, well));
        const auto report = registry.run(long_enough);
        EXPECT_TRUE(report.checks[0].up);
        EXPECT_TRUE(registry.remove(mine, long_enough));
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(registry.run(long_enough).checks.size(), 1u);
}

}  // namespace
}  // namespace ottla
