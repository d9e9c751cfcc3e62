// bulkhead: places, the queue in front of them, and the end.
#include "ottla/service/bulkhead.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "moment.hpp"

namespace ottla {
namespace {

using namespace std::chrono_literals;

struct bulkhead_run : testing::Test {
  // Enters, and notes under that name what was said; who is let in stays.
  void enter(const std::string& who, steady_ns deadline = never) {
    house.enter(deadline, [this, who](result<bulkhead::place> outcome) {
      told.push_back(who + ": " + (outcome ? "in" : std::string(outcome.error().name())));
      if (outcome) inside.push_back(std::move(*outcome));
    });
  }
  // All who are inside leave; who is let in meanwhile stays.
  void all_leave() {
    std::vector<bulkhead::place> those;
    those.swap(inside);
  }
  using said = std::vector<std::string>;

  said told;
  std::vector<bulkhead::place> inside;
  bulkhead house{{.concurrent = 2, .queued = 2}, "house"};  // goes first, and tells who waits
};

TEST_F(bulkhead_run, lets_in_as_many_as_it_has_places_and_queues_the_next) {
  enter("a"), enter("b"), enter("c"), enter("d");
  EXPECT_EQ(told, (said{"a: in", "b: in"}));
  EXPECT_EQ(house.stats().running, 2u);
  EXPECT_EQ(house.stats().waiting, 2u);
}

TEST_F(bulkhead_run, refuses_when_the_queue_is_full_too) {
  enter("a"), enter("b"), enter("c"), enter("d"), enter("e");
  EXPECT_EQ(told.back(), "e: BULKHEAD_FULL");
  auto refused = house.try_enter();
  EXPECT_EQ(refused.error().message(), "house failed with BULKHEAD_FULL: 2 calls are under way and 2 wait");
}

TEST_F(bulkhead_run, lets_in_who_waited_longest_when_a_place_is_left) {
  enter("a"), enter("b"), enter("c"), enter("d");
  bulkhead::place first = std::move(inside.front());
  first.leave();
  EXPECT_EQ(told, (said{"a: in", "b: in", "c: in"}));
  all_leave();  // dropped is left
  EXPECT_EQ(told.back(), "d: in");
}

TEST_F(bulkhead_run, gives_a_place_back_once) {
  enter("a"), enter("b");
  bulkhead::place moved = std::move(inside[0]);
  inside[0].leave();  // NOLINT: what was moved from is empty
  moved.leave();
  moved.leave();
  EXPECT_EQ(house.stats().running, 1u);
  moved = std::move(inside[1]);
  EXPECT_EQ(house.stats().running, 1u);
  moved = bulkhead::place();
  EXPECT_EQ(house.stats().running, 0u);
}

TEST_F(bulkhead_run, tells_who_waits_that_the_deadline_passed) {
  enter("a"), enter("b"), enter("c", start + 5s), enter("d", start + 3s);
  EXPECT_EQ(house.expire(start), start + 3s);
  EXPECT_EQ(house.expire(start + 3s), start + 5s);
  EXPECT_EQ(told.back(), "d: TIMED_OUT");
  EXPECT_EQ(house.expire(start + 6s), never);
  EXPECT_EQ(told.back(), "c: TIMED_OUT");
  EXPECT_EQ(house.stats().waiting, 0u);
  enter("e");
  EXPECT_EQ(house.stats().waiting, 1u);  // there is room in the queue again
}

TEST_F(bulkhead_run, fails_who_waits_and_who_comes_when_closed_but_not_who_is_inside) {
  enter("a"), enter("b"), enter("c");
  house.close();
  EXPECT_EQ(told.back(), "c: CLOSED");
  enter("d");
  EXPECT_EQ(told.back(), "d: CLOSED");
  EXPECT_TRUE(house.try_enter().error().is(client_code::closed));
  EXPECT_EQ(house.stats().running, 2u);
  all_leave();
  EXPECT_EQ(house.stats().running, 0u);
}

TEST_F(bulkhead_run, lets_nobody_overtake_the_queue) {
  bulkhead narrow({.concurrent = 1, .queued = 1});
  auto first = narrow.try_enter();
  ASSERT_TRUE(first);
  std::optional<bulkhead::place> second;
  bool refused_inside = false;
  narrow.enter(never, [&](result<bulkhead::place> outcome) {
    refused_inside = !narrow.try_enter();
    second = std::move(*outcome);
  });
  first->leave();
  EXPECT_TRUE(second);
  EXPECT_TRUE(refused_inside);
}

TEST(bulkhead, takes_a_long_queue_of_calls_that_end_at_once_without_recursion) {
  constexpr int many = 200'000;
  bulkhead house({.concurrent = 1, .queued = many});
  auto door = house.try_enter();
  int done = 0;
  for (int i = 0; i < many; ++i)
    house.enter(never, [&](result<bulkhead::place> outcome) { done += outcome.has_value(); });
  door->leave();
  EXPECT_EQ(done, many);
}

TEST(bulkhead, may_be_called_from_a_continuation) {
  bulkhead house({.concurrent = 1, .queued = 4});
  std::vector<int> order;
  house.enter(never, [&](result<bulkhead::place>) {
    house.enter(never, [&](result<bulkhead::place>) { order.push_back(2); });
    order.push_back(1);
  });
  EXPECT_EQ(order, (std::vector<int>{1, 2}));
}

TEST(bulkhead, closes_when_it_is_destroyed_and_places_may_outlive_it) {
  std::optional<bulkhead> house(std::in_place, bulkhead_config{.concurrent = 1, .queued = 1});
  auto place = house->try_enter();
  std::string told;
  house->enter(never, [&](result<bulkhead::place> outcome) { told = outcome.error().name(); });
  house.reset();
  EXPECT_EQ(told, "CLOSED");
  place->leave();
}

TEST(bulkhead, holds_its_bound_among_threads) {
  bulkhead house({.concurrent = 3, .queued = 1000});
  std::atomic<int> now_inside{0}, most{0}, done{0}, refused{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 500; ++i) {
        house.enter(never, [&](result<bulkhead::place> outcome) {
          if (!outcome) return void(++refused);
          const int seen = ++now_inside;
          for (int old = most; seen > old && !most.compare_exchange_weak(old, seen);) {
          }
          --now_inside;
          ++done;
        });
        if (auto place = house.try_enter()) ++done, place->leave();
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_LE(most, 3);
  EXPECT_GE(done + refused, 2000);
  EXPECT_EQ(house.stats().running, 0u);
  EXPECT_EQ(house.stats().waiting, 0u);
}

TEST(bulkhead, tells_a_bad_configuration_with_each_entry) {
  EXPECT_EQ(bulkhead_config{.concurrent = 0}.validate().error().context().detail, "concurrent is not 1 to 1000000");
  EXPECT_EQ(bulkhead_config{.queued = 1'000'001}.validate().error().context().detail, "queued is not 0 to 1000000");
  bulkhead house({.concurrent = 0});
  EXPECT_TRUE(house.try_enter().error().is(client_code::invalid_config));
  bool told = false;
  house.enter(never, [&](result<bulkhead::place> outcome) { told = outcome.error().is(client_code::invalid_config); });
  EXPECT_TRUE(told);
}

}  // namespace
}  // namespace ottla
