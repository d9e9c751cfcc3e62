// A producer's life: linger, flush, close, purge, memory, handlers, and the ends that come from elsewhere.
#include "fixture.hpp"

namespace ottla {
namespace {

using test::acknowledge;
using test::refuse;

class lifecycle : public producing {
 protected:
  /// Brokers that store everything from now on.
  void auto_acknowledge() {
    brokers.world.answer = [this, inner = brokers.world.answer] {
      const bool any = inner();
      if (brokers.asked.empty()) return any;
      const auto one = test::read_produce(std::move(brokers.asked.front()));
      brokers.asked.pop_front();
      test::tell_produce(brokers, one, {{error_code::none, offset}});
      offset += static_cast<std::int64_t>(one.only().values.size());
      return true;
    };
  }
  std::int64_t offset = 0;
};

TEST_F(lifecycle, an_idle_leader_is_never_waited_for) {
  start([](producer_config& c) { c.linger = 10s; });
  send_now("a");
  EXPECT_EQ(waiting(), 1u);
}

TEST_F(lifecycle, a_busy_leader_is_waited_for_until_linger_is_over) {
  start([](producer_config& c) { c.linger = 50ms; });
  prove();
  send_now("a");
  send_now("b");
  brokers.advance(49ms);
  EXPECT_EQ(waiting(), 1u);
  brokers.advance(1ms);
  EXPECT_EQ(waiting(), 2u);
}

TEST_F(lifecycle, a_full_batch_does_not_wait_for_linger) {
  start([](producer_config& c) {
    c.linger = 10s;
    c.batch_size = 4096;
  });
  prove();
  send_now("a");
  for (int i = 0; i < 4; ++i) send(std::string(1500, 'x'));
  EXPECT_EQ(waiting(), 2u);
}

TEST_F(lifecycle, flush_ends_linger_and_comes_back_behind_the_handlers) {
  start([](producer_config& c) { c.linger = 60s; });
  auto_acknowledge();
  for (int i = 0; i < 5; ++i) send("v" + std::to_string(i));
  EXPECT_TRUE(made->flush(5s));
  EXPECT_EQ(told, (lines{"v0@0", "v1@1", "v2@2", "v3@3", "v4@4"}));
}

TEST_F(lifecycle, flush_is_bounded_and_says_what_is_left) {
  start();
  send("a");
  const steady_ns before = brokers.world.now;
  const auto flushed = made->flush(300ms);
  ASSERT_FALSE(flushed);
  EXPECT_TRUE(flushed.error().is(client_code::timed_out));
  EXPECT_EQ(brokers.world.now - before, 300ms);
  EXPECT_EQ(flushed.error().context().detail, "1 batches still have no outcome");
}

TEST_F(lifecycle, close_flushes_and_is_idempotent) {
  start();
  auto_acknowledge();
  send("a");
  EXPECT_TRUE(made->close(5s));
  EXPECT_EQ(told, (lines{"a@0"}));
  EXPECT_TRUE(made->close(5s));
  const auto late = orders.send({});
  ASSERT_FALSE(late);
  EXPECT_TRUE(late.error().is(client_code::closed));
}

TEST_F(lifecycle, close_is_bounded_and_counts_what_was_lost) {
  start();
  send_now("flying");
  send("queued");
  send("queued too");
  const auto closed = made->close(1s);
  ASSERT_FALSE(closed);
  EXPECT_EQ(closed.error().context().detail, "3 records had no outcome by the deadline and were failed");
  std::sort(told.begin(), told.end());
  EXPECT_EQ(told, (lines{"flying!CLOSED?", "queued too!CLOSED", "queued!CLOSED"}));
  EXPECT_EQ(made->stats().buffered_bytes, 0u);
}

TEST_F(lifecycle, the_clusters_close_settles_every_record_once) {
  start();
  send_now("flying");
  send("queued");
  clients->close();
  std::sort(told.begin(), told.end());
  EXPECT_EQ(told, (lines{"flying!CLOSED?", "queued!CLOSED"}));
  EXPECT_FALSE(orders.send({}));
  EXPECT_TRUE(made->flush(1s).error().is(client_code::closed));
  EXPECT_TRUE(made->close(1s).error().is(client_code::closed));
  made.reset();
  EXPECT_EQ(told.size(), 2u);
}

TEST_F(lifecycle, purge_fails_what_is_not_in_flight) {
  start();
  send_now("flying");
  send("queued");
  made->purge();
  brokers.settle();
  EXPECT_EQ(told, (lines{"queued!PURGED"}));
  acknowledge(brokers, next(), 3);
  EXPECT_EQ(told, (lines{"queued!PURGED", "flying@3"}));
}

TEST_F(lifecycle, a_full_buffer_says_so_after_max_block) {
  start([](producer_config& c) {
    c.batch_size = 4096;
    c.buffer_memory = 8192;
    c.max_block = 700ms;
  });
  record what;
  const std::string value(3000, 'x');
  what.value = value;
  EXPECT_TRUE(orders.send(what));
  EXPECT_TRUE(orders.send(what));
  const steady_ns before = brokers.world.now;
  const auto third = orders.send(what);
  ASSERT_FALSE(third);
  EXPECT_TRUE(third.error().is(client_code::buffer_full));
  EXPECT_EQ(brokers.world.now - before, 700ms);
  EXPECT_EQ(third.error().message(),
            "Produce to orders failed with BUFFER_FULL: 8192 of 8192 bytes are buffered, and none was freed in 700 ms; "
            "send slower, or raise "
            "buffer_memory");
}

TEST_F(lifecycle, a_full_buffer_waits_for_room) {
  start([](producer_config& c) {
    c.batch_size = 4096;
    c.buffer_memory = 8192;
  });
  auto_acknowledge();
  record what;
  const std::string value(3000, 'x');
  what.value = value;
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(orders.send(what));
  EXPECT_TRUE(made->flush(5s));
  EXPECT_EQ(made->stats().records_acked, 50u);
  EXPECT_EQ(made->stats().buffered_bytes, 0u);
}

TEST_F(lifecycle, a_record_that_can_never_fit_is_refused_at_once) {
  start([](producer_config& c) {
    c.batch_size = 4096;
    c.buffer_memory = 16384;
  });
  const std::string value(20'000, 'x');
  record what;
  what.value = value;
  const steady_ns before = brokers.world.now;
  const auto refused = orders.send(what);
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().is(client_code::record_too_large));
  EXPECT_EQ(brokers.world.now, before);
}

TEST_F(lifecycle, a_record_above_batch_size_goes_alone) {
  start([](producer_config& c) { c.batch_size = 4096; });
  send(std::string(10'000, 'x'));
  EXPECT_EQ(next().only().values.size(), 1u);
}

TEST_F(lifecycle, records_that_were_never_sent_fail_at_their_deadline) {
  start([](producer_config& c) {
    c.request_timeout = 1s;
    c.delivery_timeout = 2s;
  });
  brokers.world.io.down.insert("b1:9092");
  send("a");
  const steady_ns before = brokers.world.now;
  brokers.advance(1999ms);
  EXPECT_EQ(told, lines{});
  brokers.advance(1ms);
  EXPECT_EQ(told, (lines{"a!DELIVERY_TIMED_OUT"}));
  EXPECT_EQ(brokers.world.now - before, 2s);
}

TEST_F(lifecycle, records_fail_at_their_deadline_while_a_connection_hangs) {
  start([](producer_config& c) {
    c.request_timeout = 1s;
    c.delivery_timeout = 2s;
  });
  brokers.world.io.auto_accept = false;
  send("a");
  brokers.advance(2s);
  EXPECT_EQ(told, (lines{"a!DELIVERY_TIMED_OUT"}));
}

TEST_F(lifecycle, handlers_of_one_batch_run_in_order_then_the_batch_handler_with_its_cookies) {
  start([&](producer_config& c) {
    c.on_batch = [&](const batch_delivery& d) {
      std::string line =
          std::string(d.topic) + "-" + std::to_string(d.partition) + "@" + std::to_string(d.base_offset) + ":";
      for (const std::uint64_t cookie : d.cookies) line += " " + std::to_string(cookie);
      told.push_back(line);
    };
  });
  record what;
  what.partition = 0;
  ASSERT_TRUE(orders.send(what, 11));
  send("a");
  ASSERT_TRUE(orders.send(what, 13));
  send("b");
  acknowledge(brokers, next(), 40);
  EXPECT_EQ(told, (lines{"a@41", "b@43", "orders-0@40: 11 0 13 0"}));
}

TEST_F(lifecycle, deliver_waits_for_the_outcome) {
  start();
  auto_acknowledge();
  record what;
  what.value = "v";
  const auto one = orders.deliver(what, 5s);
  ASSERT_TRUE(one);
  EXPECT_EQ(one->offset, 0);
  EXPECT_EQ(one->topic, "orders");
  const record many[] = {what, what, what};
  const auto all = orders.deliver(many, 5s);
  ASSERT_TRUE(all);
  EXPECT_EQ((*all)[2].offset, 3);
}

TEST_F(lifecycle, delivers_deadline_ends_the_wait_and_not_the_record) {
  start();
  record what;
  what.value = "v";
  const auto late = orders.deliver(what, 1s);
  ASSERT_FALSE(late);
  EXPECT_TRUE(late.error().is(client_code::timed_out));
  acknowledge(brokers, next(), 0);
  EXPECT_EQ(made->stats().records_acked, 1u);
}

TEST_F(lifecycle, blocking_calls_in_a_handler_say_would_deadlock) {
  start();
  std::vector<client_code> codes;
  record what;
  ASSERT_TRUE(orders.send(what, [&](const delivery&) {
    codes.push_back(made->flush(1s).error().client());
    codes.push_back(made->close(1s).error().client());
    codes.push_back(orders.deliver(record{}, 1s).error().client());
    codes.push_back(made->topic("other").send(record{}).error().client());
  }));
  acknowledge(brokers, next(), 0);
  EXPECT_EQ(codes, (std::vector<client_code>(4, client_code::would_deadlock)));
}

TEST_F(lifecycle, a_send_in_a_handler_goes_out_without_further_help) {
  start();
  record what;
  ASSERT_TRUE(orders.send(what, [&](const delivery&) { send("from the handler"); }));
  acknowledge(brokers, next(), 0);
  acknowledge(brokers, next(), 1);
  EXPECT_EQ(told, (lines{"from the handler@1"}));
}

TEST_F(lifecycle, a_send_in_a_handler_does_not_wait_for_linger_at_an_idle_leader) {
  start([](producer_config& c) { c.linger = 10s; });
  record what;
  ASSERT_TRUE(orders.send(what, [&](const delivery&) { send("from the handler"); }));
  acknowledge(brokers, next(), 0);
  EXPECT_EQ(waiting(), 1u);
}

TEST_F(lifecycle, a_producer_may_end_in_a_handler) {
  start();
  record what;
  ASSERT_TRUE(orders.send(what, [&](const delivery&) {
    send("left behind");
    made.reset();
    orders = {};
  }));
  acknowledge(brokers, next(), 0);
  EXPECT_EQ(told, (lines{"left behind!CLOSED"}));
}

TEST_F(lifecycle, all_handles_may_go_in_a_handler) {
  start();
  record what;
  ASSERT_TRUE(orders.send(what, [&](const delivery&) {
    made.reset();
    orders = {};
    clients.reset();
    told.push_back("gone");
  }));
  acknowledge(brokers, next(), 0);
  EXPECT_EQ(told, (lines{"gone"}));
  EXPECT_EQ(brokers.world.io.open_links(), 0u);
}

TEST_F(lifecycle, a_bad_configuration_is_told_by_every_call) {
  clients.emplace(brokers.open());
  producer_config config;
  config.required_acks = acks::leader;
  producer bad(*clients, config);
  EXPECT_EQ(bad.valid().error().message(),
            "idempotence failed with INVALID_CONFIG: needs acks=all; set one or the other");
  EXPECT_TRUE(bad.topic("orders").send({}).error().is(client_code::invalid_config));
  EXPECT_TRUE(bad.flush(1s).error().is(client_code::invalid_config));
}

TEST_F(lifecycle, a_partition_that_the_topic_lacks_is_refused) {
  start();
  record what;
  what.partition = 7;
  const auto refused = orders.send(what);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message(),
            "Produce to orders failed with UNKNOWN_PARTITION: it has partitions 0 to 0, not 7");
}

TEST_F(lifecycle, an_idle_producer_sleeps) {
  start();
  auto_acknowledge();
  send("a");
  brokers.advance(1s);
  const int before = brokers.host().steps();
  brokers.advance(60s);
  EXPECT_LE(brokers.host().steps() - before, 3);
}

}  // namespace
}  // namespace ottla
