// Ends: handles go in any order, with work under way, and inside the very handlers they called.
#include <poll.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <memory>
#include <optional>

#include "embedded.hpp"
#include "ottla/admin.hpp"
#include "reactor_host.hpp"

namespace ottla::test {
namespace {

/// All that a program holds.
struct handles {
  std::optional<cluster> on;
  std::optional<producer> out;
  std::optional<consumer> in;
  std::optional<admin> asks;
  topic orders;

  void drop(int which) {
    switch (which) {
      case 0:
        return on.reset();
      case 1:
        return out.reset();
      case 2:
        return in.reset();
      case 3:
        return asks.reset();
      default:
        orders = {};
    }
  }
  void drop_all() {
    for (int i = 0; i < 5; ++i) drop(i);
  }
};

std::string name_of(const ::testing::TestParamInfo<threading>& of) {
  return of.param == threading::manual ? "manual" : "own_thread";
}

class ends : public embedded, public ::testing::WithParamInterface<threading> {
 protected:
  std::unique_ptr<handles> hold_all(consumer_config reading) {
    auto out = std::make_unique<handles>();
    out->on.emplace(open(GetParam()));
    out->out.emplace(*out->on);
    out->orders = out->out->topic("orders");
    EXPECT_TRUE(out->orders.wait_ready(10s));
    out->in.emplace(*out->on, std::move(reading));
    out->asks.emplace(*out->on);
    return out;
  }
  static consumer_config by_hand() {
    consumer_config out;
    out.partitions = {{"orders", 0, earliest}, {"orders", 1, earliest}};
    return out;
  }
  /// Steps a manual cluster whose handles go inside, by its raw state: until they went, and not once more.
  template <class Over>
  static void run_until(const std::weak_ptr<cluster_state>& state, Over over) {
    cluster_state* raw = state.lock().get();
    while (!over()) dynamic_cast<reactor_host&>(raw->runner()).run_for(0ns);
    EXPECT_TRUE(state.expired());
  }
  static void expect_gone(const std::weak_ptr<cluster_state>& state) {
    const auto bound = std::chrono::steady_clock::now() + 20s;
    while (!state.expired() && std::chrono::steady_clock::now() < bound) std::this_thread::yield();
    EXPECT_TRUE(state.expired());
  }
};

TEST_P(ends, of_handles_come_in_any_order_and_each_record_has_one_outcome) {
  int order[] = {0, 1, 2, 3, 4};
  do {
    auto all = hold_all(by_hand());
    const std::weak_ptr<cluster_state> state = all->on->state();
    ASSERT_TRUE(all->asks->list_topics());
    std::atomic<int> told{0}, stored{0};
    for (int i = 0; i < 10; ++i) {
      ASSERT_TRUE(all->orders.send(of("v", i % 2), [&](const delivery& d) {
        ++told;
        stored += d ? 1 : 0;
      }));
    }
    auto got = all->in->poll(0ms);  // a Fetch is under way, and what it brought is kept beyond all
    for (const int which : order) all->drop(which);
    EXPECT_EQ(told, 10);
    EXPECT_EQ(stored, 10);  // the producer's end waits for them
    EXPECT_TRUE(state.expired());
  } while (std::next_permutation(std::begin(order), std::end(order)));
}

TEST_P(ends, of_a_group_member_come_in_any_order) {
  int order[] = {0, 1, 2, 3};
  do {
    auto all = hold_all(reading_as("billing"));
    const std::weak_ptr<cluster_state> state = all->on->state();
    ASSERT_TRUE(all->in->wait_assignment(10s));
    for (const int which : order) all->drop(which);
    all->orders = {};
    EXPECT_TRUE(state.expired());
  } while (std::next_permutation(std::begin(order), std::end(order)));
}

TEST_P(ends, of_all_handles_behind_a_closed_cluster_fail_what_was_under_way) {
  int order[] = {0, 1, 2, 3, 4};
  do {
    auto all = hold_all(by_hand());
    const std::weak_ptr<cluster_state> state = all->on->state();
    std::atomic<int> told{0};
    for (int i = 0; i < 10; ++i) ASSERT_TRUE(all->orders.send(of("v", i % 2), [&](const delivery&) { ++told; }));
    all->on->close();
    EXPECT_EQ(told, 10);
    for (const int which : order) all->drop(which);
    EXPECT_EQ(told, 10);
    EXPECT_TRUE(state.expired());
  } while (std::next_permutation(std::begin(order), std::end(order)));
}

TEST_P(ends, of_everything_inside_a_delivery_handler) {
  auto all = hold_all(by_hand());
  const std::weak_ptr<cluster_state> state = all->on->state();
  (void)all->in->poll(0ms);
  std::atomic<int> told{0};
  std::promise<void> begun;
  handles& mine = *all;
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(mine.orders.send(
        of("v", i % 2), [&, waits = i == 0 ? begun.get_future().share() : std::shared_future<void>()](const delivery&) {
          if (waits.valid()) {
            waits.wait();  // nobody else uses them any more
            mine.drop_all();
          }
          ++told;
        }));
  }
  if (GetParam() == threading::manual) {
    begun.set_value();
    run_until(state, [&] { return told > 0; });
  } else {
    begun.set_value();
  }
  expect_gone(state);
  EXPECT_EQ(told, 10);
}

TEST_P(ends, of_everything_inside_a_commit_handler) {
  auto all = hold_all(reading_as("billing"));
  const std::weak_ptr<cluster_state> state = all->on->state();
  ASSERT_TRUE(all->in->wait_assignment(10s));
  handles& mine = *all;
  std::promise<void> begun;
  std::atomic<int> told{0};
  ASSERT_TRUE(mine.in->commit_async(std::vector<offset_to_commit>{{{"orders", 0}, 0}},
                                    [&, waits = begun.get_future().share()](const error& why) {
                                      waits.wait();
                                      EXPECT_FALSE(why) << why.message();
                                      mine.drop_all();
                                      ++told;
                                    }));
  begun.set_value();
  if (GetParam() == threading::manual) run_until(state, [&] { return told > 0; });
  expect_gone(state);
  EXPECT_EQ(told, 1);
}

TEST_P(ends, of_everything_inside_a_rebalance_handler) {
  for (const bool assigned : {true, false}) {
    std::unique_ptr<handles> all;
    std::weak_ptr<cluster_state> state;
    int told = 0;
    consumer_config with = reading_as("billing");
    const rebalance_handler drop = [&](consumer&, std::span<const topic_partition>) {
      ++told;
      all->drop_all();
    };
    (assigned ? with.on_assigned : with.on_revoked) = drop;
    if (!assigned) with.assignors = {assignor::cooperative_sticky};
    all = hold_all(std::move(with));
    state = all->on->state();
    consumer& face = *all->in;
    if (assigned) {
      auto known = face.wait_assignment(10s);
      EXPECT_EQ(known.has_value(), false);
    } else {
      ASSERT_TRUE(face.wait_assignment(10s));
      cluster beside = open(threading::own_thread);
      consumer_config other = reading_as("billing");
      other.assignors = {assignor::cooperative_sticky};
      consumer second(beside, other);
      const auto bound = std::chrono::steady_clock::now() + 20s;
      while (told == 0 && std::chrono::steady_clock::now() < bound) {
        (void)second.poll(10ms);
        auto got = face.poll(10ms);
        if (told > 0) {
          EXPECT_TRUE(got.error().is(client_code::closed));
        }
      }
    }
    EXPECT_EQ(told, 1);
    expect_gone(state);
  }
}

TEST_P(ends, of_a_producer_in_the_handler_that_tells_of_its_transaction) {
  handles mine;
  mine.on.emplace(open(GetParam()));
  mine.out.emplace(*mine.on, producer_config{.transactional_id = "short"});
  const std::weak_ptr<cluster_state> state = mine.on->state();
  std::promise<void> begun;
  std::atomic<bool> over{false};
  ASSERT_TRUE(mine.out->init_transactions_async(10s, [&, waits = begun.get_future().share()](const error&) {
    waits.wait();
    mine.drop_all();
    over = true;
  }));
  begun.set_value();
  if (GetParam() == threading::manual) run_until(state, [&] { return over.load(); });
  expect_gone(state);
}

// In manual mode nobody steps any more: what was left for the core to do would keep all of it alive.
TEST_P(ends, of_a_closed_producer_leave_nothing_to_be_done) {
  auto all = hold_all(by_hand());
  const std::weak_ptr<cluster_state> state = all->on->state();
  ASSERT_TRUE(all->out->close(10s));
  all->out->purge();
  EXPECT_TRUE(all->out->flush(0ms));
  int told = 0;
  topic other = all->out->topic("letters");
  other.when_ready(10s, [&](const error& why) { told += why.is(client_code::closed) ? 1 : 0; });
  EXPECT_EQ(told, 1);
  EXPECT_TRUE(other.wait_ready(0ms).error().is(client_code::closed));
  other = {};
  all->drop_all();
  EXPECT_TRUE(state.expired());
}

INSTANTIATE_TEST_SUITE_P(either_mode, ends, ::testing::Values(threading::manual, threading::own_thread), name_of);

TEST_F(embedded, in_manual_mode_no_thread_is_started) {
  const auto threads = [] {
    const std::filesystem::directory_iterator all("/proc/self/task");
    return std::distance(begin(all), end(all));
  };
  const auto before = threads();
  cluster on = open(threading::manual);
  producer out(on);
  ASSERT_TRUE(out.topic("orders").deliver(of("v"), 10s));
  consumer in(on, reading_as("billing"));
  ASSERT_TRUE(in.wait_assignment(10s));
  ASSERT_TRUE(admin(on).list_topics());
  EXPECT_EQ(threads(), before);
  const cluster other = open(threading::own_thread);
  EXPECT_EQ(threads(), before + 1);  // they are counted
}

// Blocking calls drive the core; whoever sleeps on the descriptor between them is woken all the same.
TEST_F(embedded, behind_a_blocking_call_the_descriptor_tells_of_new_work) {
  cluster on = open(threading::manual);
  const int descriptor = on.descriptor();
  producer out(on);
  topic orders = out.topic("orders");
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(orders.deliver(of("v"), 10s));
    bool told = false;
    ASSERT_TRUE(orders.send(of("v"), [&](const delivery& d) { told = static_cast<bool>(d); }));
    for (int turns = 0; turns < 100 && !told; ++turns) {
      pollfd ready{descriptor, POLLIN, 0};
      ASSERT_EQ(::poll(&ready, 1, 5000), 1) << "nobody rang";
      on.run_for(0ns);
    }
    EXPECT_TRUE(told);
  }
}

}  // namespace
}  // namespace ottla::test
