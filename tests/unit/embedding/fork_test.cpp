// Forks with work under way: the child may let everything go and is told so by every call; the parent notices nothing.
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <optional>

#include "../../support/child_process.hpp"
#include "embedded.hpp"
#include "ottla/admin.hpp"

namespace ottla::test {
namespace {

class forked_in_a_handler : public embedded {};

class forked : public forked_in_a_handler, public ::testing::WithParamInterface<threading> {};

TEST_P(forked, a_child_is_told_by_every_call_and_may_let_all_go) {
  std::optional<cluster> on(open(GetParam()));
  std::optional<producer> out(*on);
  std::optional<consumer> in(std::in_place, *on, reading_as("billing"));
  topic orders = out->topic("orders");
  ASSERT_TRUE(orders.wait_ready(10s));
  ASSERT_TRUE(in->wait_assignment(10s));
  std::atomic<int> told{0};
  int sent = 0;
  for (int round = 0; round < 20; ++round) {
    // While the core is busy, wherever it may be; at rest now and then, when nothing under way keeps anything alive.
    for (int i = 0; i < 100; ++i, ++sent) {
      ASSERT_TRUE(orders.send(of("v", i % 2), [&](const delivery& d) { told += d ? 1 : 1000; }));
    }
    if (round % 4 < 2) {
      ASSERT_TRUE(out->flush(20s));
    }
    const pid_t child = ::fork();
    if (child == 0) {
      const int before = told;
      const auto is_forked = [](const auto& said) { return said.error().is(client_code::forked); };
      int wrong = 0;
      if (!is_forked(orders.send(of("v")))) wrong |= 1;
      if (!is_forked(orders.deliver(of("v"), 10s))) wrong |= 1;
      if (!is_forked(out->flush(10s)) || !is_forked(out->close(10s))) wrong |= 2;
      if (!is_forked(in->poll(10s)) || !is_forked(in->commit(10s)) || !is_forked(in->subscribe({"orders"}))) wrong |= 4;
      if (!is_forked(in->wait_assignment(10s)) || !is_forked(in->close(10s))) wrong |= 4;
      if (!is_forked(admin(*on).list_topics())) wrong |= 8;
      if (!is_forked(on->state()->usable())) wrong |= 16;
      on->run_for(10s);
      on->close();
      if (round % 2 == 0) {
        on.reset();
        orders = {};
        out.reset();
        in.reset();
      } else {
        in.reset();
        out.reset();
        orders = {};
        on.reset();
      }
      if (told != before) wrong |= 32;  // no outcome is told twice
      ::_exit(wrong);
    }
    EXPECT_EQ(status_of(child), 0);
  }
  EXPECT_TRUE(out->flush(20s));
  EXPECT_EQ(told, sent);
  EXPECT_TRUE(in->poll(0ms));
  EXPECT_TRUE(in->close(10s));
  EXPECT_TRUE(out->close(10s));
}

INSTANTIATE_TEST_SUITE_P(either_mode, forked, ::testing::Values(threading::manual, threading::own_thread),
                         [](const auto& of) { return of.param == threading::manual ? "manual" : "own_thread"; });

// The child comes back out of the handler and stands inside run_for, which is the parent's business.
TEST_F(forked_in_a_handler, nothing_more_is_called_or_sent_in_the_child) {
  cluster on = open(threading::manual);
  producer out(on);
  topic orders = out.topic("orders");
  ASSERT_TRUE(orders.wait_ready(10s));
  int told = 0;
  pid_t child = -1;
  bool is_child = false;
  for (int partition = 0; partition < 2; ++partition) {
    ASSERT_TRUE(orders.send(of("v", partition), [&](const delivery& d) {
      EXPECT_TRUE(d);
      if (++told > 1) return;
      child = ::fork();
      is_child = child == 0;
    }));
  }
  while (told == 0) on.run_for(1ms);
  if (is_child) {
    const bool quiet = told == 1;
    on.run_for(10s);
    ::_exit(quiet && told == 1 ? 0 : 1);
  }
  EXPECT_EQ(status_of(child), 0);
  EXPECT_TRUE(out.flush(10s));
  EXPECT_EQ(told, 2);
  ASSERT_TRUE(orders.deliver(of("v"), 10s));
}

// Its only thread is a copy of the core's: what the child is then told to do, it does in the handler.
TEST_F(forked_in_a_handler, of_the_clusters_own_thread_the_child_may_let_all_go) {
  auto on = std::make_unique<cluster>(open(threading::own_thread));
  auto out = std::make_unique<producer>(*on);
  topic orders = out->topic("orders");
  ASSERT_TRUE(orders.wait_ready(10s));
  std::promise<pid_t> forked_as;
  ASSERT_TRUE(orders.send(of("v"), [&](const delivery&) {
    const pid_t child = ::fork();
    if (child == 0) {
      const bool refused = orders.send(of("v")).error().is(client_code::forked);
      out.reset();
      orders = {};
      on.reset();
      ::_exit(refused ? 0 : 1);
    }
    forked_as.set_value(child);
  }));
  EXPECT_EQ(status_of(forked_as.get_future().get()), 0);
  ASSERT_TRUE(orders.deliver(of("v"), 10s));
}

}  // namespace
}  // namespace ottla::test
