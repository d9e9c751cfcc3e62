// The embedder's executors: an io_context that handlers throw out of, strands with many threads behind them, and ends
// inside continuations.
#include <algorithm>
#include <asio/awaitable.hpp>
#include <asio/bind_executor.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/strand.hpp>
#include <asio/thread_pool.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/use_future.hpp>
#include <atomic>
#include <filesystem>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>

#include "with_asio.hpp"

namespace ottla::test {
namespace {

/// What handlers throw here.
struct thrown : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class on_an_executor : public with_asio {
 protected:
  static std::ptrdiff_t threads() {
    const std::filesystem::directory_iterator all("/proc/self/task");
    return std::distance(begin(all), end(all));
  }
};

TEST_F(on_an_executor, what_a_handler_throws_comes_out_of_run_and_the_next_run_goes_on) {
  asio::io_context loop(1);
  cluster on = open(threading::manual);
  asio_loop driver(loop.get_executor(), on);
  producer out(on);
  topic orders = out.topic("orders");
  std::vector<std::int64_t> told;
  orders.when_ready(10s, [&](const error& ready) {
    EXPECT_FALSE(ready);
    for (int i = 0; i < 10; ++i) {
      const auto taken = orders.send(of("v"), [&](const delivery& d) {
        told.push_back(d.offset);
        if (told.size() == 10) driver.stop();
        if (d.offset % 4 == 1) throw thrown("out of a handler");
      });
      EXPECT_TRUE(taken);
    }
    throw thrown("ready");
  });
  int exceptions = 0;
  for (bool over = false; !over;) {
    try {
      loop.run();
      over = true;
    } catch (const thrown&) {
      ++exceptions;
    }
  }
  EXPECT_EQ(exceptions, 4);
  EXPECT_EQ(told, (std::vector<std::int64_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
  EXPECT_TRUE(out.close(10s));
}

// Plain callbacks run where every handler does, and so does what they throw.
TEST_F(on_an_executor, what_a_callback_without_an_executor_throws_comes_out_of_run) {
  asio::io_context loop(1);
  cluster on = open(threading::manual);
  asio_loop driver(loop.get_executor(), on);
  producer out(on);
  topic orders = out.topic("orders");
  ASSERT_TRUE(orders.wait_ready(10s));
  int told = 0;
  async_deliver(orders, of("v"), [&](const delivery& d) {
    EXPECT_TRUE(d);
    ++told;
    driver.stop();
    throw thrown("a callback");
  });
  EXPECT_THROW(loop.run(), thrown);
  EXPECT_EQ(told, 1);
  loop.run();
  EXPECT_EQ(told, 1);
  EXPECT_TRUE(out.close(10s));
}

// A blocking call in a coroutine runs the handlers of others too: what they throw comes out of it.
TEST_F(on_an_executor, what_a_handler_throws_inside_a_blocking_call_comes_out_of_that_call) {
  asio::io_context loop(1);
  cluster on = open(threading::manual);
  asio_loop driver(loop.get_executor(), on);
  producer out(on);
  topic orders = out.topic("orders");
  std::string caught;
  asio::co_spawn(
      loop,
      [&]() -> asio::awaitable<void> {
        const error ready = co_await async_ready(orders, 10s, asio::use_awaitable);
        EXPECT_FALSE(ready) << ready.message();
        EXPECT_TRUE(orders.send(of("v"), [](const delivery&) { throw thrown("of another"); }));
        try {
          (void)out.flush(10s);
        } catch (const thrown& what) {
          caught = what.what();
        }
        EXPECT_TRUE(out.flush(10s));
        // The loop is woken by what comes after blocking calls as well.
        for (int i = 0; i < 5; ++i) {
          const delivery d = co_await async_deliver(orders, of("v"), asio::use_awaitable);
          EXPECT_EQ(d.offset, 2 * i + 1);
          EXPECT_TRUE(orders.deliver(of("v"), 10s));
        }
        driver.stop();
      },
      asio::detached);
  loop.run();
  EXPECT_EQ(caught, "of another");
  EXPECT_TRUE(out.close(10s));
}

TEST_F(on_an_executor, a_strand_of_many_threads_runs_it_one_at_a_time_and_no_thread_is_started) {
  constexpr int behind = 4;
  const auto before = threads();
  asio::thread_pool pool(behind);
  const auto strand = asio::make_strand(pool);
  cluster on = open(threading::manual);
  asio_loop driver(strand, on);
  producer out(on);
  topic orders = out.topic("orders");
  std::atomic<int> inside{0};
  std::ptrdiff_t seen = 0;
  int plain = 0;
  const auto alone = [&] {
    EXPECT_EQ(inside.fetch_add(1), 0) << "two at once";
    EXPECT_TRUE(strand.running_in_this_thread());
    std::this_thread::yield();
    inside.fetch_sub(1);
  };
  std::promise<int> over;
  asio::co_spawn(
      strand,
      [&]() -> asio::awaitable<void> {
        const error ready = co_await async_ready(orders, 10s, asio::use_awaitable);
        EXPECT_FALSE(ready) << ready.message();
        int stored = 0;
        for (int i = 0; i < 500; ++i) {
          EXPECT_TRUE(orders.send(of("v"), [&](const delivery&) {
            alone();
            ++plain;
          }));
          const delivery d = co_await async_deliver(orders, of("v"), asio::use_awaitable);
          alone();
          stored += d ? 1 : 0;
        }
        seen = threads();
        EXPECT_TRUE(out.close(10s));
        driver.stop();
        over.set_value(stored);
      },
      asio::detached);
  EXPECT_EQ(over.get_future().get(), 500);
  EXPECT_EQ(plain, 500);
  EXPECT_EQ(seen, before + behind);
  pool.join();
}

TEST_F(on_an_executor, a_strand_of_an_io_context_that_many_threads_run_does_as_well) {
  asio::io_context loop;
  auto strand = asio::make_strand(loop);
  cluster on = open(threading::manual);
  asio_loop driver(strand, on);
  producer out(on);
  topic orders = out.topic("orders");
  int left = 200;  // the strand's
  for (int line = 0; line < 4; ++line) {
    asio::co_spawn(
        strand,
        [&]() -> asio::awaitable<void> {
          const error ready = co_await async_ready(orders, 10s, asio::use_awaitable);
          EXPECT_FALSE(ready) << ready.message();
          for (int i = 0; i < 50; ++i) {
            const delivery d = co_await async_deliver(orders, of("v"), asio::use_awaitable);
            EXPECT_TRUE(d) << d.failure.message();
            if (--left == 0) driver.stop();
          }
        },
        asio::detached);
  }
  std::vector<std::thread> running;
  for (int i = 0; i < 4; ++i) running.emplace_back([&] { loop.run(); });
  for (std::thread& one : running) one.join();
  EXPECT_EQ(left, 0);
  EXPECT_TRUE(out.close(10s));
}

// Producer, driver and cluster go inside a continuation of theirs; the io_context is what is left.
TEST_F(on_an_executor, all_may_end_inside_a_continuation) {
  for (const bool plain : {false, true}) {
    asio::io_context loop(1);
    std::optional<cluster> on(open(threading::manual));
    const std::weak_ptr<cluster_state> state = on->state();
    auto driver = std::make_unique<asio_loop>(loop.get_executor(), *on);
    std::optional<producer> out(*on);
    topic orders = out->topic("orders");
    bool over = false;
    const auto end = [&](const delivery& d) {
      EXPECT_TRUE(d) << d.failure.message();
      on.reset();
      driver.reset();
      out.reset();
      orders = {};
      over = true;
    };
    ASSERT_TRUE(orders.wait_ready(10s));
    if (plain) {
      async_deliver(orders, of("v"), end);  // inside a handler of the cluster's
    } else {
      async_deliver(orders, of("v"), asio::bind_executor(loop.get_executor(), end));  // behind it
    }
    loop.run();
    EXPECT_TRUE(over);
    EXPECT_TRUE(state.expired());
  }
}

// In every order before the io_context's, with records under way; what waited is told.
TEST_F(on_an_executor, all_may_end_in_any_order_before_the_io_context) {
  int order[] = {0, 1, 2, 3};
  do {
    asio::io_context loop(1);
    std::optional<cluster> on(open(threading::manual));
    const std::weak_ptr<cluster_state> state = on->state();
    auto driver = std::make_unique<asio_loop>(loop.get_executor(), *on);
    std::optional<producer> out(*on);
    topic orders = out->topic("orders");
    ASSERT_TRUE(orders.wait_ready(10s));
    int told = 0;
    for (int i = 0; i < 5; ++i)
      async_deliver(orders, of("v"),
                    asio::bind_executor(loop.get_executor(), [&](const delivery& d) { told += d ? 1 : 0; }));
    loop.poll();
    for (const int which : order) {
      if (which == 0) on.reset();
      if (which == 1) driver.reset();
      if (which == 2) out.reset();
      if (which == 3) orders = {};
    }
    loop.run();
    EXPECT_EQ(told, 5);
    EXPECT_TRUE(state.expired());
  } while (std::next_permutation(std::begin(order), std::end(order)));
}

TEST_F(on_an_executor, a_cluster_closed_inside_a_handler_lets_the_loop_end) {
  asio::io_context loop(1);
  cluster on = open(threading::manual);
  asio_loop driver(loop.get_executor(), on);
  producer out(on);
  topic orders = out.topic("orders");
  int told = 0;
  orders.when_ready(10s, [&](const error&) {
    for (int i = 0; i < 3; ++i) {
      const auto taken = orders.send(of("v"), [&](const delivery& d) {
        EXPECT_TRUE(d.failure.is(client_code::closed));
        ++told;
      });
      EXPECT_TRUE(taken);
    }
    on.close();
    EXPECT_EQ(told, 0);  // behind this handler
    throw thrown("closing");
  });
  EXPECT_THROW(loop.run(), thrown);
  loop.run();
  EXPECT_EQ(told, 3);
}

}  // namespace
}  // namespace ottla::test
