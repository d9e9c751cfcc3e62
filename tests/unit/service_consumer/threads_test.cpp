// service_consumer with its threads, over real sockets: what TSan has to see.
#include <atomic>
#include <optional>

#include "over_sockets.hpp"

namespace ottla::test {
namespace {

TEST_F(service_threads, workers_keep_the_order_of_keys_while_some_messages_fail) {
  constexpr int count = 3'000;
  history seen;
  auto with = options();
  with.order = message_order::key;
  with.workers = 4;
  with.dead_letter = "orders-dlq";
  const auto counts = std::make_shared<memory_metrics>(steady_ns{});
  with.counts = counts;
  cluster on = open();
  service_consumer in(on, with, [&](const message& what) -> verdict {
    const std::string key(what.key().text()), value(what.value().text());
    const int number = std::stoi(value);
    seen.enter(key);
    const bool poison = number % 500 == 7;
    const bool fails = poison || (number % 100 == 3 && what.tries() == 1);
    seen.leave(key, value, !fails);
    if (poison) return reject("poison");
    if (fails) return retry("busy");
    return done;
  });
  ASSERT_TRUE(in.start().has_value());
  fill(count);
  ASSERT_TRUE(eventually([&] { return committed() == count; }));
  ASSERT_TRUE(in.close(20s).has_value());
  EXPECT_EQ(seen.finished.size(), static_cast<std::size_t>(count - 6));
  EXPECT_FALSE(seen.overlapped);
  for (const auto& [key, values] : seen.by_key) EXPECT_TRUE(std::is_sorted(values.begin(), values.end())) << key;
  EXPECT_EQ(in.stats().dead_lettered, 6u);
  EXPECT_EQ(in.stats().retried, 30u);
  EXPECT_EQ(in.stats().handled, static_cast<std::uint64_t>(count - 6));
}

/// A gate that a handler stands at until the test opens it; it outlives both.
struct gate {
  std::mutex mutex;
  std::condition_variable changed;
  bool open = false;
  bool reached = false;
  bool passed = false;

  void stand() {
    std::unique_lock lock(mutex);
    reached = true;
    changed.notify_all();
    changed.wait(lock, [this] { return open; });
    passed = true;
    changed.notify_all();
  }
  void let_go() {
    const std::lock_guard lock(mutex);
    open = true;
    changed.notify_all();
  }
  bool wait_for(bool gate::*what) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, 60s, [&] { return this->*what; });
  }
};

TEST_F(service_threads, a_handler_that_hangs_holds_up_its_partition_alone_and_close_keeps_its_deadline_and_names_it) {
  fill(400);
  auto with = options();
  with.workers = 2;
  with.reading.session_timeout = 1'000ms;
  const auto stuck = std::make_shared<gate>();
  std::atomic<int> handled{0};
  {
    cluster on = open();
    service_consumer in(on, with, [&handled, stuck](const message& what) {
      if (what.partition() == 2 && what.offset() == 5) {
        stuck->stand();
        return;  // the test may be gone: nothing of it is touched any more
      }
      ++handled;
    });
    ASSERT_TRUE(in.start().has_value());
    ASSERT_TRUE(stuck->wait_for(&gate::reached));
    ASSERT_TRUE(eventually([&] { return handled == 305; })) << "three partitions, and five of the fourth";
    ASSERT_TRUE(eventually([&] { return committed() == 305; }));
    const std::int32_t generation = in.membership().generation;
    EXPECT_FALSE(in.wait(2'500ms).has_value());  // nobody stopped it: two sessions pass
    EXPECT_EQ(in.membership().generation, generation);
    EXPECT_EQ(in.assignment().size(), 4u);
    EXPECT_EQ(in.stats().running, 1u);
    const auto begin = std::chrono::steady_clock::now();
    const auto closed = in.close(1s);
    const auto took = std::chrono::steady_clock::now() - begin;
    EXPECT_LT(took, 3s);
    ASSERT_FALSE(closed.has_value());
    EXPECT_TRUE(closed.error().is(client_code::timed_out));
    EXPECT_NE(closed.error().message().find("handler of orders-2@5 has been running for "), std::string::npos)
        << closed.error().message();
  }
  EXPECT_EQ(committed(), 305);
  stuck->let_go();  // its thread outlived the consumer, and ends by itself
  EXPECT_TRUE(stuck->wait_for(&gate::passed));
}

TEST_F(service_threads, they_may_be_called_from_other_threads_at_once) {
  fill(400);
  for (int round = 0; round < 5; ++round) {
    auto with = options();
    with.workers = 3;
    with.reading.group = "billing" + std::to_string(round);
    cluster on = open();
    std::atomic<int> handled{0};
    service_consumer in(on, with, [&](const message&) { ++handled; });
    ASSERT_TRUE(in.start().has_value());
    ASSERT_TRUE(eventually([&] { return handled > 0; }));
    std::vector<std::thread> all;
    std::atomic<int> fine{0};
    for (int i = 0; i < 3; ++i) {
      all.emplace_back([&] {
        (void)in.stats();
        (void)in.trouble();
        (void)in.assignment();
        in.stop();
        if (in.wait(20s).has_value()) ++fine;
        if (in.close(20s).has_value()) ++fine;
      });
    }
    for (std::thread& one : all) one.join();
    EXPECT_EQ(fine, 6);
  }
}

TEST_F(service_threads, inside_the_handler_stop_is_fine_and_close_would_deadlock) {
  fill(10);
  cluster on = open();
  std::atomic<bool> refused{false};
  service_consumer* self = nullptr;
  service_consumer in(on, options(), [&](const message&) {
    const auto closed = self->close(1s);
    const auto waited = self->wait(1s);
    refused = !closed && closed.error().is(client_code::would_deadlock) && !waited &&
              waited.error().is(client_code::would_deadlock);
    self->stop();
  });
  self = &in;
  ASSERT_TRUE(in.start().has_value());
  ASSERT_TRUE(eventually([&] { return refused.load(); }));
  EXPECT_TRUE(in.wait(20s).has_value());
  EXPECT_TRUE(in.close(20s).has_value());
  EXPECT_GE(in.stats().handled, 1u);
}

TEST_F(service_threads, members_come_and_go_and_each_message_is_finished) {
  constexpr int count = 2'000;
  history seen;
  auto with = options();
  with.order = message_order::none;
  with.workers = 2;
  const auto handle = [&](const message& what) -> verdict {
    const std::string key(what.key().text()), value(what.value().text());
    seen.enter(key);
    seen.leave(key, value, true);
    return done;
  };
  cluster first_on = open(), second_on = open();
  service_consumer first(first_on, with, handle);
  ASSERT_TRUE(first.start().has_value());
  std::optional<service_consumer> second;
  second.emplace(second_on, with, handle);
  ASSERT_TRUE(second->start().has_value());
  ASSERT_TRUE(eventually([&] { return first.assignment().size() == 2 && second->assignment().size() == 2; }));
  fill(count);
  ASSERT_TRUE(second->close(20s).has_value());
  ASSERT_TRUE(eventually([&] { return committed() == count; }));
  ASSERT_TRUE(first.close(20s).has_value());
  EXPECT_EQ(seen.finished.size(), static_cast<std::size_t>(count));
  for (const auto& [value, times] : seen.finished) EXPECT_EQ(times, 1) << value << ": a clean end repeats nothing";
}

}  // namespace
}  // namespace ottla::test
