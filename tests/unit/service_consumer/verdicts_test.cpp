// What follows from each verdict.
#include <memory>
#include <stdexcept>

#include "flowing.hpp"

namespace ottla::test {
namespace {

class verdicts : public flowing {
 protected:
  verdicts() {
    where.cluster().create_topic("orders", 2);
    where.cluster().create_topic("orders-dlq", 1);
  }
};

TEST_F(verdicts, what_is_done_is_committed) {
  fill("orders", 0, 50);
  flowing_member& one = join(options(), [](const message&) { return done; });
  ASSERT_TRUE(turn_until([&] { return one.seen.size() == 50; }));
  EXPECT_EQ(one.seen, numbers(0, 50));
  turn_for(2s);
  EXPECT_EQ(committed("orders", 0), 50);
  EXPECT_TRUE(one.in->close(5s).has_value());
}

TEST_F(verdicts, a_retry_comes_again_after_the_policys_pauses) {
  fill("orders", 0, 2);
  flowing_member& one = join(options(), [](const message& what) -> verdict {
    if (what.offset() == 0 && what.tries() < 4) return retry("busy " + std::to_string(what.tries()));
    if (what.offset() == 0) {
      EXPECT_EQ(what.last_failure(), "busy 3");
    }
    return done;
  });
  ASSERT_TRUE(turn_until([&] { return one.finished.size() == 2; }));
  EXPECT_EQ(one.seen, (std::vector<std::string>{"0", "0", "0", "0", "1"}));
  const auto pause = [&](std::size_t i) { return (one.times[i + 1] - one.times[i]) / 1ms; };
  EXPECT_NEAR(static_cast<double>(pause(0)), 1'000, 10);
  EXPECT_NEAR(static_cast<double>(pause(1)), 2'000, 10);
  EXPECT_NEAR(static_cast<double>(pause(2)), 4'000, 10);
  EXPECT_EQ(one.in->stats().retried, 3u);
}

TEST_F(verdicts, a_reject_is_a_dead_letter_at_once_and_the_next_message_follows) {
  fill("orders", 0, 3);
  auto with = options();
  with.dead_letter = "orders-dlq";
  with.name = "unit";
  flowing_member& one = join(with, [](const message& what) -> verdict {
    if (what.offset() == 1) return reject("no amount").as("bad_order");
    return done;
  });
  ASSERT_TRUE(turn_until([&] { return one.seen.size() == 3; }));
  turn_for(2s);
  EXPECT_EQ(committed("orders", 0), 3);
  const auto letters = stored("orders-dlq");
  ASSERT_EQ(letters.size(), 1u);
  EXPECT_EQ(letters[0].value().text(), "1");
  EXPECT_EQ(header(letters[0], "x-retry-count"), "0");
  EXPECT_EQ(header(letters[0], "x-error-message"), "no amount");
  EXPECT_EQ(header(letters[0], "x-exception-type"), "bad_order");
  EXPECT_EQ(header(letters[0], "x-original-topic"), "orders");
  EXPECT_EQ(header(letters[0], "x-original-partition"), "0");
  EXPECT_EQ(header(letters[0], "x-original-offset"), "1");
  EXPECT_EQ(header(letters[0], "x-original-timestamp"), "1001");
  EXPECT_EQ(header(letters[0], "x-consumer-group"), "billing");
  EXPECT_EQ(header(letters[0], "x-consumer-id"), "unit");
  EXPECT_EQ(one.in->stats().dead_lettered, 1u);
}

TEST_F(verdicts, the_policys_last_try_is_followed_by_a_dead_letter) {
  fill("orders", 0, 2);
  auto with = options();
  with.dead_letter = "orders-dlq";
  with.retry.count = 2;
  with.dead_letter_headers = {.retry_count = "tries", .error_message = "why", .failed_timestamp = "when"};
  flowing_member& one = join(with, [](const message& what) -> verdict {
    if (what.offset() == 0) return retry("try " + std::to_string(what.tries()));
    return done;
  });
  ASSERT_TRUE(turn_until([&] { return one.finished.size() == 1; }));
  EXPECT_EQ(one.seen, (std::vector<std::string>{"0", "0", "0", "1"}));
  turn_for(2s);
  const auto letters = stored("orders-dlq");
  ASSERT_EQ(letters.size(), 1u);
  EXPECT_EQ(header(letters[0], "tries"), "2");
  EXPECT_EQ(header(letters[0], "why"), "try 3");
  EXPECT_NE(header(letters[0], "when"), "none");
  EXPECT_EQ(header(letters[0], "x-exception-type"), "temporary_error");
  EXPECT_EQ(committed("orders", 0), 2);
}

TEST_F(verdicts, a_retry_with_a_pause_of_its_own_waits_so_long) {
  fill("orders", 0, 1);
  flowing_member& one = join(options(), [](const message& what) -> verdict {
    if (what.tries() == 1) return retry_in(7s, "later");
    return done;
  });
  ASSERT_TRUE(turn_until([&] { return one.finished.size() == 1; }));
  EXPECT_NEAR(static_cast<double>((one.times[1] - one.times[0]) / 1ms), 7'000, 10);
}

TEST_F(verdicts, other_partitions_go_on_while_one_waits_and_nothing_behind_it_is_committed) {
  fill("orders", 0, 3);
  flowing_member& one = join(options(), [](const message& what) -> verdict {
    if (what.partition() == 0 && what.offset() == 1 && what.tries() == 1) return retry_in(20s, "later");
    return done;
  });
  ASSERT_TRUE(turn_until([&] { return one.seen.size() == 2; }));
  fill("orders", 1, 5);
  ASSERT_TRUE(turn_until([&] { return one.finished.size() == 6; }, 10s));
  turn_for(3s);
  EXPECT_EQ(committed("orders", 0), 1);
  EXPECT_EQ(committed("orders", 1), 5);
  ASSERT_TRUE(turn_until([&] { return one.finished.size() == 8; }));
  turn_for(2s);
  EXPECT_EQ(committed("orders", 0), 3);
  EXPECT_EQ(one.finished, (std::vector<std::string>{"0", "3", "4", "5", "6", "7", "1", "2"}));
}

TEST_F(verdicts, exceptions_ask_for_another_try_with_their_type) {
  fill("orders", 0, 2);
  auto with = options();
  with.dead_letter = "orders-dlq";
  with.retry.count = 1;
  with.retry.backoff = 1ms;
  flowing_member& one = join(with, [](const message& what) -> verdict {
    if (what.offset() == 0) throw std::out_of_range("no such customer");
    if (what.tries() == 1) throw 7;
    EXPECT_EQ(what.last_failure(), "threw something that is no std::exception");
    return done;
  });
  ASSERT_TRUE(turn_until([&] { return one.finished.size() == 1; }));
  turn_for(1s);
  const auto letters = stored("orders-dlq");
  ASSERT_EQ(letters.size(), 1u);
  EXPECT_EQ(header(letters[0], "x-error-message"), "no such customer");
  EXPECT_EQ(header(letters[0], "x-exception-type"), "std::out_of_range");
}

TEST_F(verdicts, handlers_may_return_what_makes_a_verdict_or_nothing) {
  fill("orders", 0, 1);
  int calls = 0;
  const auto run = [&](message_handler handler, const char* group) {
    cluster on = open();
    auto with = options();
    with.reading.group = group;
    service_consumer in(on, with, std::move(handler));
    const steady_ns until = where.now() + 5s;
    while (where.now() < until) EXPECT_TRUE(in.turn(100ms).has_value());
    return in.stats();
  };
  EXPECT_EQ(run([&](const message&) { ++calls; }, "a").handled, 1u);
  EXPECT_EQ(run([&](const message&) { return done; }, "b").handled, 1u);
  EXPECT_EQ(run([&](const message&) -> result<void> { return {}; }, "c").handled, 1u);
  EXPECT_EQ(run([own = std::make_unique<int>(1)](const message&) { return done; }, "d").handled, 1u);
  const auto failing = run([&](const message&) -> result<void> { return error(client_code::timed_out, {}); }, "e");
  EXPECT_EQ(failing.handled, 0u);
  EXPECT_GE(failing.retried, 2u);
  EXPECT_EQ(calls, 1);
}

TEST_F(verdicts, figures_equal_what_happened) {
  fill("orders", 0, 10);
  auto with = options();
  with.dead_letter = "orders-dlq";
  const auto counts = std::make_shared<memory_metrics>(where.now(), memory_metrics_config{.service = "unit"});
  with.counts = counts;
  flowing_member& one = join(with, [](const message& what) -> verdict {
    if (what.offset() == 3) return reject("bad");
    if (what.offset() == 5 && what.tries() < 3) return retry("busy");
    return done;
  });
  ASSERT_TRUE(turn_until([&] { return one.finished.size() == 9; }));
  turn_for(1s);
  const auto figure = [&](const std::string& name, const std::string& status = {}) {
    for (const metric_family& family : counts->snapshot(where.now())) {
      if (family.name != "unit_" + name) continue;
      for (const metric_sample& sample : family.samples) {
        bool matches = status.empty();
        for (const auto& [label, value] : sample.labels) matches = matches || (label == "status" && value == status);
        if (matches) return sample.value;
      }
    }
    return -1.0;
  };
  EXPECT_EQ(figure("messages_received_total"), 10);
  EXPECT_EQ(figure("messages_processed_total", "success"), 9);
  EXPECT_EQ(figure("messages_processed_total", "error"), 2);
  EXPECT_EQ(figure("messages_processed_total", "dead_letter"), 1);
  EXPECT_EQ(figure("retry_attempts_total"), 2);
  EXPECT_EQ(figure("dlq_messages_total"), 1);
  EXPECT_EQ(figure("active_consumers"), 1);
  ASSERT_TRUE(one.in->close(5s).has_value());
  EXPECT_EQ(figure("active_consumers"), 0);
}

TEST_F(verdicts, an_open_breaker_holds_messages_and_fails_none) {
  fill("orders", 0, 6);
  auto with = options();
  with.retry = {.count = 10, .backoff = 1ms, .multiplier = 1.0, .max = 1ms, .jitter = 0};
  with.breaker = std::make_shared<circuit_breaker>(
      circuit_breaker_config{.window_calls = 4, .minimum_calls = 4, .open_for = 5'000ms, .probes = 1});
  bool broken = true;
  flowing_member& one = join(with, [&](const message&) -> verdict {
    if (broken) return retry("database down");
    return done;
  });
  ASSERT_TRUE(turn_until([&] { return one.seen.size() == 4; }));
  EXPECT_EQ(with.breaker->state(), breaker_state::open);
  turn_for(4s);
  EXPECT_EQ(one.seen.size(), 4u) << "nobody calls while it is open";
  broken = false;
  ASSERT_TRUE(turn_until([&] { return one.finished.size() == 6; }));
  EXPECT_EQ(one.finished, numbers(0, 6));
  EXPECT_EQ(one.in->stats().retried, 4u);
}

TEST_F(verdicts, a_rate_limiter_spreads_the_calls) {
  fill("orders", 0, 6);
  auto with = options();
  with.limiter = std::make_shared<rate_limiter>(
      rate_limiter_config{.messages = {.amount = 1, .per = 1'000ms, .burst = 1}, .bytes = {}});
  flowing_member& one = join(with, [](const message&) { return done; });
  ASSERT_TRUE(turn_until([&] { return one.finished.size() == 6; }));
  for (std::size_t i = 0; i + 1 < 6; ++i)
    EXPECT_NEAR(static_cast<double>((one.times[i + 1] - one.times[i]) / 1ms), 1'000, 10);
}

}  // namespace
}  // namespace ottla::test
