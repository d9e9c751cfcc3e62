// service with its threads, against a dev broker on a socket: run, signals, a handler that hangs, health.
#include <csignal>
#include <future>

#include "running.hpp"

namespace ottla::test {
namespace {

const check_report* find(const health_report& in, std::string_view name) {
  for (const check_report& one : in.checks) {
    if (one.name == name) return &one;
  }
  return nullptr;
}

TEST_F(running_service, works_until_a_signal_comes_and_ends_in_order) {
  service app = open();
  std::atomic<int> seen{0};
  ASSERT_TRUE(app.add_consumer(
      "orders", [&](const message&) { ++seen; }, from_start(2)));
  auto orders = app.add_producer("orders");
  ASSERT_TRUE(orders);
  stop_on_signals signals;
  ASSERT_TRUE(signals.valid());
  EXPECT_FALSE(stop_on_signals().valid());  // one at a time
  auto running = std::async(std::launch::async, [&] { return app.run(signals.token()); });
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(orders->produce({{.value = "v"}, {.value = "w"}}));
  while (seen < 100) std::this_thread::yield();
  ASSERT_EQ(::raise(SIGTERM), 0);
  EXPECT_TRUE(running.get());
  EXPECT_EQ(signals.signal(), SIGTERM);
  const auto closed = app.close(30s);
  EXPECT_TRUE(closed) << closed.error().message();
  EXPECT_EQ(seen, 100);
}

TEST_F(running_service, keeps_its_deadline_whatever_a_handler_does_and_names_it) {
  std::promise<void> let_go;
  std::shared_future<void> held(let_go.get_future());
  auto reached = std::make_shared<std::promise<void>>();
  auto inside = reached->get_future();
  {
    service app = open();
    ASSERT_TRUE(app.add_consumer(
        "orders",
        [held, reached](const message&) {
          reached->set_value();
          held.wait();
        },
        from_start()));
    auto orders = app.add_producer("orders");
    ASSERT_TRUE(app.start());
    ASSERT_TRUE(orders->produce({{.value = "a"}}));
    inside.wait();
    const auto before = std::chrono::steady_clock::now();
    const auto closed = app.close(2s);
    EXPECT_LT(std::chrono::steady_clock::now() - before, 6s);  // 2 s, and what a loaded machine adds
    ASSERT_FALSE(closed);
    EXPECT_NE(closed.error().message().find("consumer of orders: "), std::string::npos) << closed.error().message();
    EXPECT_NE(closed.error().message().find("handler of orders-"), std::string::npos) << closed.error().message();
  }
  let_go.set_value();
}

TEST_F(running_service, answers_health_with_all_its_checks) {
  service app = open();
  ASSERT_TRUE(app.add_consumer(
      "orders", [](const message&) {}, from_start()));
  ASSERT_TRUE(app.start());
  ASSERT_TRUE(app.checks()->add("mine", [](std::chrono::milliseconds) { return result<void>(); }));
  health_report report;
  for (int i = 0; i < 100 && !(report = app.health(5s)).up; ++i) std::this_thread::yield();
  EXPECT_TRUE(report.up) << report.json();
  for (const char* name : {"kafka", "core", "consumer:orders", "polling:orders", "mine"}) {
    EXPECT_NE(find(report, name), nullptr) << name;
  }
  std::promise<void> paused;
  server.post([&paused](mock::broker& broker, mock::instant) {
    broker.pause(0);
    paused.set_value();
  });
  ASSERT_EQ(paused.get_future().wait_for(30s), std::future_status::ready);
  const health_report sick = app.health(1s);
  EXPECT_FALSE(find(sick, "kafka")->up);
  EXPECT_TRUE(find(sick, "core")->up);
  EXPECT_TRUE(app.health(1s, health_question::liveness).up);
  server.post([](mock::broker& broker, mock::instant now) { broker.resume(0, now); });
  EXPECT_TRUE(app.close(20s));
  EXPECT_EQ(app.health(1s).checks.size(), 1u);  // the application's own
}

}  // namespace
}  // namespace ottla::test
