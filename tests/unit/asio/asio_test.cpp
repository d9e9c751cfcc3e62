// The Asio adapter with every kind of completion token, on the cluster's own thread and on the test's io_context.
#include <asio/awaitable.hpp>
#include <asio/bind_cancellation_slot.hpp>
#include <asio/bind_executor.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/use_future.hpp>

#include "with_asio.hpp"

namespace ottla::test {
namespace {

TEST_F(with_asio, a_coroutine_awaits_deliveries_and_no_thread_is_started) {
  asio::io_context loop(1);
  cluster on = open(threading::manual);
  asio_loop driver(loop.get_executor(), on);
  producer out(on);
  topic orders = out.topic("orders");
  const auto here = std::this_thread::get_id();
  std::vector<std::int64_t> offsets;
  asio::co_spawn(
      loop,
      [&]() -> asio::awaitable<void> {
        const error ready = co_await async_ready(orders, 10s, asio::use_awaitable);
        EXPECT_FALSE(ready) << ready.message();
        for (int i = 0; i < 100; ++i) {
          const delivery d = co_await async_deliver(orders, of("v"), asio::use_awaitable);
          EXPECT_TRUE(d) << d.failure.message();
          EXPECT_EQ(d.topic, "orders");
          EXPECT_EQ(std::this_thread::get_id(), here);
          offsets.push_back(d.offset);
        }
        EXPECT_TRUE(out.close(10s));  // blocking calls drive the cluster from here
        driver.stop();
      },
      asio::detached);
  loop.run();
  ASSERT_EQ(offsets.size(), 100u);
  EXPECT_EQ(offsets.back(), 99);
}

TEST_F(with_asio, a_coroutine_goes_through_transactions) {
  asio::io_context loop(1);
  cluster on = open(threading::manual);
  asio_loop driver(loop.get_executor(), on);
  producer out(on, {.transactional_id = "awaited"});
  topic orders = out.topic("orders");
  std::vector<transaction_outcome> outcomes;
  asio::co_spawn(
      loop,
      [&]() -> asio::awaitable<void> {
        const error ready = co_await async_ready(orders, 10s, asio::use_awaitable);
        EXPECT_FALSE(ready) << ready.message();
        const error begun = co_await async_init_transactions(out, 10s, asio::use_awaitable);
        EXPECT_FALSE(begun) << begun.message();
        for (const bool commit : {true, false}) {
          EXPECT_TRUE(out.begin_transaction());
          const delivery d = co_await async_deliver(orders, of("v"), asio::use_awaitable);
          EXPECT_TRUE(d) << d.failure.message();
          // Braces inside of co_await are more than g++ 12 can take.
          std::vector<offset_to_commit> offsets(1, offset_to_commit(topic_partition{"orders", 0}, 1));
          group_metadata member;
          member.group = "readers";
          const error added =
              co_await async_send_offsets_to_transaction(out, std::move(offsets), member, 10s, asio::use_awaitable);
          EXPECT_FALSE(added) << added.message();
          if (commit) {
            const transaction_result how = co_await async_commit_transaction(out, 10s, asio::use_awaitable);
            outcomes.push_back(how.outcome);
          } else {
            const transaction_result how = co_await async_abort_transaction(out, 10s, asio::use_awaitable);
            outcomes.push_back(how.outcome);
          }
        }
        const transaction_result none = co_await async_commit_transaction(out, 10s, asio::use_awaitable);
        outcomes.push_back(none.outcome);
        EXPECT_TRUE(out.close(10s));
        driver.stop();
      },
      asio::detached);
  loop.run();
  using enum transaction_outcome;
  EXPECT_EQ(outcomes, (std::vector<transaction_outcome>{committed, aborted, refused}));
}

TEST_F(with_asio, a_future_waits_for_a_cluster_with_a_thread_of_its_own) {
  cluster on = open(threading::own_thread);
  producer out(on);
  topic orders = out.topic("orders");
  std::vector<std::future<delivery>> all;
  for (int i = 0; i < 50; ++i) all.push_back(async_deliver(orders, of("v"), asio::use_future));
  for (int i = 0; i < 50; ++i) EXPECT_EQ(all[static_cast<std::size_t>(i)].get().offset, i);
}

TEST_F(with_asio, a_callback_runs_on_its_executor) {
  cluster on = open(threading::own_thread);
  producer out(on);
  topic orders = out.topic("orders");
  asio::io_context loop(1);
  std::thread::id ran;
  async_deliver(orders, of("v"), asio::bind_executor(loop.get_executor(), [&](const delivery& d) {
                  EXPECT_TRUE(d);
                  ran = std::this_thread::get_id();
                }));
  loop.run();  // kept busy by the wait
  EXPECT_EQ(ran, std::this_thread::get_id());
}

TEST_F(with_asio, the_record_is_appended_before_async_deliver_returns) {
  cluster on = open(threading::own_thread);
  producer out(on);
  topic orders = out.topic("orders");
  asio::io_context loop(1);
  {
    std::string gone = "short-lived";
    auto lazy = async_deliver(orders, of(gone), asio::use_awaitable);  // never awaited
    gone.assign(gone.size(), '?');
  }
  EXPECT_TRUE(out.flush(10s));
  EXPECT_EQ(out.stats().records_acked, 1u);
}

TEST_F(with_asio, a_cancel_ends_the_wait_and_not_the_record) {
  cluster on = open(threading::own_thread);
  producer out(on);
  topic orders = out.topic("orders");
  ASSERT_TRUE(orders.wait_ready(10s));
  server.post([](mock::broker& broker, mock::instant) { broker.pause(0); });
  asio::io_context loop(1);
  asio::cancellation_signal signal;
  std::optional<error> outcome;
  async_deliver(
      orders, of("v"),
      asio::bind_cancellation_slot(
          signal.slot(), asio::bind_executor(loop.get_executor(), [&](const delivery& d) { outcome = d.failure; })));
  signal.emit(asio::cancellation_type::terminal);
  loop.run();
  ASSERT_TRUE(outcome);
  EXPECT_TRUE(outcome->is(client_code::cancelled));
  server.post([](mock::broker& broker, mock::instant now) { broker.resume(0, now); });
  EXPECT_TRUE(out.flush(10s));
  EXPECT_EQ(out.stats().records_acked, 1u);
}

TEST_F(with_asio, what_send_refuses_is_the_outcome) {
  cluster on = open(threading::own_thread);
  producer out(on);
  topic orders = out.topic("orders");
  record bad = of("v");
  bad.partition = 9;
  EXPECT_TRUE(async_deliver(orders, bad, asio::use_future).get().failure.is(client_code::unknown_partition));
  EXPECT_TRUE(async_ready(out.topic("missing"), 10s, asio::use_future).get().is(client_code::unknown_topic));
}

class committing_with_asio : public with_asio {
 protected:
  /// One record, read by a member of a group.
  consumer reading(cluster& on) {
    producer out(on);
    EXPECT_TRUE(out.topic("orders").deliver(of("v"), 10s));
    consumer_config config;
    config.group = "billing";
    config.topics = {"orders"};
    config.start = earliest;
    config.auto_commit = false;
    consumer in(on, std::move(config));
    for (int polls = 0; polls < 100; ++polls) {
      auto got = in.poll(1s);
      EXPECT_TRUE(got);
      if (!got || got->empty()) continue;
      end.assign(got->end().begin(), got->end().end());
      break;
    }
    EXPECT_EQ(end.size(), 1u);
    return in;
  }
  static std::int64_t committed(consumer& in) {
    const topic_partition which{"orders", 0};
    const auto known = in.committed({&which, 1}, 10s);
    return known ? known->front().offset : -2;
  }
  std::vector<partition_position> end;
};

TEST_F(committing_with_asio, a_coroutine_awaits_a_commit) {
  asio::io_context loop(1);
  cluster on = open(threading::manual);
  consumer in = reading(on);
  asio_loop driver(loop.get_executor(), on);
  asio::co_spawn(
      loop,
      [&]() -> asio::awaitable<void> {
        const error why = co_await async_commit(in, end, asio::use_awaitable);
        EXPECT_FALSE(why) << why.message();
        EXPECT_EQ(committed(in), 1);
        EXPECT_TRUE(in.close(10s));
        driver.stop();
      },
      asio::detached);
  loop.run();
}

TEST_F(committing_with_asio, a_cancel_ends_the_wait_and_not_the_commit) {
  cluster on = open(threading::own_thread);
  consumer in = reading(on);
  server.post([](mock::broker& broker, mock::instant) { broker.pause(0); });
  asio::io_context loop(1);
  asio::cancellation_signal signal;
  std::optional<error> outcome;
  async_commit(in, end,
               asio::bind_cancellation_slot(
                   signal.slot(), asio::bind_executor(loop.get_executor(), [&](const error& e) { outcome = e; })));
  signal.emit(asio::cancellation_type::terminal);
  loop.run();
  ASSERT_TRUE(outcome);
  EXPECT_TRUE(outcome->is(client_code::cancelled));
  server.post([](mock::broker& broker, mock::instant now) { broker.resume(0, now); });
  EXPECT_EQ(committed(in), 1);  // behind the commit, in one queue
}

TEST_F(committing_with_asio, what_cannot_be_committed_is_the_outcome) {
  cluster on = open(threading::own_thread);
  consumer in = reading(on);
  const auto refused = async_commit(in, std::vector<offset_to_commit>{{{"payments", 0}, 7}}, asio::use_future).get();
  EXPECT_TRUE(refused.is(client_code::partition_lost)) << refused.message();
}

TEST_F(with_asio, the_clusters_close_completes_what_waits) {
  cluster on = open(threading::own_thread);
  producer out(on);
  topic orders = out.topic("orders");
  ASSERT_TRUE(orders.wait_ready(10s));
  server.post([](mock::broker& broker, mock::instant) { broker.pause(0); });
  auto waits = async_deliver(orders, of("v"), asio::use_future);
  on.close();
  EXPECT_TRUE(waits.get().failure.is(client_code::closed));
}

}  // namespace
}  // namespace ottla::test
