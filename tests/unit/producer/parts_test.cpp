// The producer's parts alone: blocks under a bound, handlers in a slab, a partition table that grows.
#include <gtest/gtest.h>

#include <memory>
#include <thread>

#include "block_pool.hpp"
#include "handler_slab.hpp"
#include "topic_state.hpp"

namespace ottla {
namespace {

using namespace std::chrono_literals;

TEST(block_pool, charges_whole_size_classes_up_to_its_bound) {
  block_pool pool(70'000, 1'000'000);
  EXPECT_EQ(pool.capacity_for(1), 4096u);
  EXPECT_EQ(pool.capacity_for(4097), 16384u);
  EXPECT_EQ(pool.capacity_for(2'000'000), 2'000'000u);
  block a = pool.try_take(5000);
  EXPECT_EQ(a.capacity, 16384u);
  EXPECT_EQ(pool.charged(), 16384u);
  EXPECT_EQ(pool.try_take(60'000).capacity, 0u);
  pool.give_back(std::move(a));
  EXPECT_EQ(pool.charged(), 0u);
  EXPECT_EQ(pool.try_take(60'000).capacity, 65536u);
}

TEST(block_pool, gives_the_same_memory_again) {
  block_pool pool(1 << 20, 1 << 20);
  block a = pool.try_take(4096);
  const std::byte* memory = a.bytes.get();
  pool.give_back(std::move(a));
  EXPECT_EQ(pool.try_take(100).bytes.get(), memory);
}

TEST(block_pool, serves_waiters_in_their_order_and_nobody_past_them) {
  block_pool pool(8192, 8192);
  block all = pool.try_take(8192);
  block_pool::turn first(pool, 8192);
  block_pool::turn second(pool, 4096);
  pool.give_back(std::move(all));
  EXPECT_EQ(second.look().capacity, 0u);
  EXPECT_EQ(pool.try_take(4096).capacity, 0u);
  EXPECT_EQ(first.look().capacity, 8192u);
}

TEST(block_pool, a_waiter_wakes_when_memory_comes_back) {
  block_pool pool(4096, 4096);
  block all = pool.try_take(4096);
  block got;
  std::thread waiter([&] {
    block_pool::turn turn(pool, 4096);
    got = turn.wait(10s);
  });
  while (!pool.has_waiters()) std::this_thread::yield();
  pool.give_back(std::move(all));
  waiter.join();
  EXPECT_EQ(got.capacity, 4096u);
}

TEST(block_pool, what_is_taken_above_the_bound_leaves_others_less) {
  block_pool pool(8192, 8192);
  block a = pool.try_take(4096), b = pool.try_take(4096);
  block over = pool.overdraw(4096);
  EXPECT_EQ(pool.charged(), 12288u);
  pool.give_back(std::move(a));
  EXPECT_EQ(pool.try_take(4096).capacity, 0u);
  pool.give_back(std::move(over));
  EXPECT_EQ(pool.try_take(4096).capacity, 4096u);
}

/// Puts a handler that notes its number, and how many of them live.
template <std::size_t Padding>
void add_noting(handler_slab& slab, std::uint32_t record, std::vector<std::int64_t>& notes,
                std::shared_ptr<int> alive) {
  auto handler = [&notes, alive = std::move(alive), pad = std::array<char, Padding>{}](const delivery& d) {
    notes.push_back(d.offset + static_cast<std::int64_t>(pad[0]));
  };
  slab.add(record, outcome_handler::of(handler));
}

TEST(handler_slab, runs_each_handler_once_in_order_across_chunks) {
  handler_slab slab;
  std::vector<std::int64_t> notes, expected;
  auto alive = std::make_shared<int>();
  for (std::uint32_t i = 0; i < 500; ++i) {
    i % 3 == 0 ? add_noting<900>(slab, i, notes, alive) : add_noting<1>(slab, i, notes, alive);
    expected.push_back(i);
  }
  EXPECT_EQ(alive.use_count(), 501);
  delivery d;
  for (int round = 0; round < 2; ++round) {
    slab.finish_all([&](std::uint32_t record) -> const delivery& {
      d.offset = record;
      return d;
    });
  }
  EXPECT_EQ(notes, expected);
  EXPECT_EQ(alive.use_count(), 1);
  EXPECT_TRUE(slab.empty());
}

TEST(handler_slab, splits_at_any_record) {
  for (std::uint32_t at = 0; at <= 40; at += 4) {
    handler_slab slab, rest;
    std::vector<std::int64_t> notes;
    auto alive = std::make_shared<int>();
    for (std::uint32_t i = 0; i < 40; ++i) add_noting<700>(slab, i, notes, alive);
    slab.split_off(at, rest);
    delivery d;
    const auto run = [&](handler_slab& which, std::int64_t from) {
      which.finish_all([&](std::uint32_t record) -> const delivery& {
        d.offset = from + record;
        return d;
      });
    };
    run(slab, 0);
    EXPECT_EQ(notes.size(), at);
    run(rest, at);
    std::vector<std::int64_t> expected;
    for (std::int64_t i = 0; i < 40; ++i) expected.push_back(i);
    EXPECT_EQ(notes, expected);
    EXPECT_EQ(alive.use_count(), 1);
  }
}

TEST(topic_state, keeps_its_partitions_where_they_are_while_it_grows) {
  topic_state topic("orders", 1);
  topic.grow(3);
  partition_queue* third = &topic.partition(2);
  topic.grow(1000);
  EXPECT_EQ(&topic.partition(2), third);
  for (std::uint32_t i = 0; i < 1000; ++i) EXPECT_EQ(topic.partition(i).index, static_cast<std::int32_t>(i));
  topic.grow(10);
  EXPECT_EQ(topic.count(), 1000u);
}

TEST(topic_state, C_17_callers_never_see_a_part_of_the_partitions) {
  topic_state topic("orders", 1);
  std::atomic<bool> partial{false}, done{false};
  std::thread caller([&] {
    while (!done.load()) {
      const std::uint32_t count = topic.count();
      if (count != 0 && count != 5000) partial = true;
    }
  });
  topic.grow(5000);
  done = true;
  caller.join();
  EXPECT_FALSE(partial);
}

TEST(topic_state, the_sticky_partition_stays_until_left_and_moves_away_from_queues) {
  topic_state topic("orders", 1);
  topic.grow(3);
  for (std::uint32_t i = 0; i < 3; ++i) topic.partition(i).has_leader = true;
  const std::uint32_t first = topic.sticky(3);
  EXPECT_EQ(topic.sticky(3), first);
  topic.leave((first + 1) % 3);
  EXPECT_EQ(topic.sticky(3), first);  // somebody else's batch
  std::array<int, 3> taken{};
  topic.partition(0).closed_count = 50;
  for (int i = 0; i < 3000; ++i) {
    const std::uint32_t before = topic.sticky(3);
    topic.leave(before);
    EXPECT_NE(topic.sticky(3), before);
    ++taken[topic.sticky(3)];
  }
  EXPECT_LT(taken[0], taken[1] / 10);
  EXPECT_LT(taken[0], taken[2] / 10);
}

}  // namespace
}  // namespace ottla
