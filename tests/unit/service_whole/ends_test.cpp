// A service's handles go in any order, with work under way, inside its own handlers, and in the child of a fork.
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <optional>

#include "../../support/child_process.hpp"
#include "running.hpp"

namespace ottla::test {
namespace {

class service_ends : public running_service {
 protected:
  static bool comes_true(const std::function<bool()>& what) {
    const auto bound = std::chrono::steady_clock::now() + 30s;
    for (; std::chrono::steady_clock::now() < bound; std::this_thread::sleep_for(1ms))
      if (what()) return true;
    return false;
  }
};

TEST_F(service_ends, of_its_handles_come_in_any_order_and_each_message_has_one_outcome) {
  int order[] = {0, 1, 2, 3}, round = 0;
  std::atomic<int> seen{0};
  do {
    const int before = seen;
    std::optional<service> app(open());
    auto reader = *app->add_consumer(
        "orders", [&](const message&) { ++seen; }, from_start());
    std::optional<topic_producer> waits(*app->add_producer("orders"));
    std::shared_ptr<async_producer> goes_on = *app->add_async_producer("orders");
    ASSERT_TRUE(app->start());
    ASSERT_TRUE(waits->produce({{.value = "v"}}));
    const auto told = std::make_shared<std::atomic<int>>(0);
    int taken = 0;
    for (int i = 0; i < 50; ++i)
      taken += goes_on->send({.value = "w"}, [told](const delivery&) { ++*told; }).has_value();
    // In the middle of the group's coming about, and of its work.
    if (round++ % 3 == 0) {
      EXPECT_TRUE(comes_true([&] { return seen > before; }));
    }
    for (const int which : order) {
      if (which == 0) app.reset();
      if (which == 1) reader.reset();
      if (which == 2) waits.reset();
      if (which == 3) goes_on.reset();
    }
    EXPECT_TRUE(comes_true([&] { return *told == taken; })) << *told << " of " << taken;
  } while (std::next_permutation(std::begin(order), std::end(order)));
}

TEST_F(service_ends, inside_its_own_handler_are_no_dead_lock) {
  auto app = std::make_unique<service>(open());
  std::atomic<bool> gone{false};
  ASSERT_TRUE(app->add_consumer(
      "orders",
      [&](const message&) {
        EXPECT_EQ(app->close(1s).error().name(), "WOULD_DEADLOCK");
        app.reset();
        gone = true;
      },
      from_start()));
  auto orders = app->add_producer("orders");
  ASSERT_TRUE(app->start());
  ASSERT_TRUE(orders->produce({{.value = "v"}}));
  EXPECT_TRUE(comes_true([&] { return gone.load(); }));
}

// Whatever locks the parent's threads hold at that moment, and they are never there.
TEST_F(service_ends, in_the_child_of_a_fork_are_told_and_the_parent_goes_on) {
  std::optional<service> app(open());
  std::atomic<int> seen{0};
  auto reader = *app->add_consumer(
      "orders", [&](const message&) { ++seen; }, from_start(2));
  auto orders = app->add_producer("orders");
  auto later = *app->add_async_producer("orders");
  ASSERT_TRUE(app->start());
  EXPECT_FALSE(app->health(10s).checks.empty());  // they have threads now
  std::atomic<int> told{0};
  int sent = 0;
  for (int round = 0; round < 30; ++round) {
    ASSERT_TRUE(orders->produce({{.value = "v"}}));
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(later->send({.value = "w"}, [&](const delivery&) { ++told; }));
    sent += 101;
    const pid_t child = ::fork();
    if (child == 0) {
      const auto is_forked = [](const auto& said) { return !said && said.error().is(client_code::forked); };
      const auto begun = std::chrono::steady_clock::now();
      const int before = told;
      int wrong = 0;
      if (orders->produce({{.value = "from the child"}}).has_value()) wrong |= 1;
      if (!is_forked(later->send({.value = "from the child"}))) wrong |= 2;
      if (round % 3 > 0 && (!is_forked(app->close(10s)) || !is_forked(reader->close(10s)))) wrong |= 4;
      if (round % 2 == 0) reader.reset(), later.reset(), app.reset();
      if (told != before) wrong |= 8;
      if (std::chrono::steady_clock::now() - begun > 5s) wrong |= 16;
      ::_exit(wrong);
    }
    EXPECT_EQ(status_of(child), 0) << "round " << round;
  }
  EXPECT_TRUE(comes_true([&] { return seen == sent; })) << seen << " of " << sent;
  EXPECT_TRUE(app->close(20s));
  EXPECT_EQ(seen, sent);
  EXPECT_EQ(told, sent - 30);
}

TEST_F(service_ends, a_signal_to_a_child_is_the_childs_alone) {
#if defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "ThreadSanitizer keeps signals back in the child of a process with threads";
#endif
  std::optional<stop_on_signals> signals(std::in_place);
  const pid_t waiting = ::fork();
  if (waiting == 0) {
    for (;;) ::sleep(1);
  }
  const pid_t leaving = ::fork();
  if (leaving == 0) {
    signals.reset();
    ::_exit(0);
  }
  EXPECT_EQ(status_of(leaving), 0);
  ASSERT_EQ(::kill(waiting, SIGTERM), 0);
  const int status = end_of(waiting);
  EXPECT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGTERM);
  EXPECT_FALSE(signals->token().stop_requested());
  ASSERT_EQ(::raise(SIGTERM), 0);
  EXPECT_TRUE(comes_true([&] { return signals->token().stop_requested(); }));
  EXPECT_EQ(signals->signal(), SIGTERM);
}

}  // namespace
}  // namespace ottla::test
