// stop, wait and close in virtual time; what a configuration may be.
#include "flowing.hpp"

namespace ottla::test {
namespace {

class service_closing : public flowing {
 protected:
  service_closing() { where.cluster().create_topic("orders", 2); }
};

TEST_F(service_closing, stop_lets_the_message_end_that_runs_and_begins_no_other) {
  fill("orders", 0, 10);
  flowing_member& one = join(options(), [&](const message& what) -> verdict {
    if (what.offset() == 3) {
      EXPECT_FALSE(what.abandoned());
      all.front().in->stop();
      EXPECT_TRUE(what.abandoned());
    }
    return done;
  });
  ASSERT_TRUE(turn_until([&] { return one.seen.size() >= 4; }));
  turn_for(2s);
  EXPECT_EQ(one.finished, numbers(0, 4));
  EXPECT_EQ(one.in->assignment().size(), 2u) << "it is a member until close";
  EXPECT_TRUE(one.in->wait(1s).has_value());
  ASSERT_TRUE(one.in->close(5s).has_value());
  EXPECT_EQ(committed("orders", 0), 4);
}

TEST_F(service_closing, close_commits_and_leaves_so_that_others_go_on_at_once) {
  fill("orders", 0, 10);
  auto with = options();
  with.commit_interval = 3'600'000ms;
  flowing_member& one = join(with, [](const message&) { return done; });
  ASSERT_TRUE(turn_until([&] { return one.finished.size() == 10; }));
  const steady_ns begin = where.now();
  ASSERT_TRUE(one.in->close(10s).has_value());
  EXPECT_LT(where.now() - begin, 1s);
  EXPECT_EQ(committed("orders", 0), 10);
  flowing_member& next = join(with, [](const message&) { return done; });
  ASSERT_TRUE(turn_until([&] { return next.in->assignment().size() == 2; }, 10s)) << "not the session's 45 s";
  EXPECT_TRUE(next.seen.empty());
}

TEST_F(service_closing, each_of_them_may_be_called_again) {
  fill("orders", 0, 3);
  flowing_member& one = join(options(), [](const message&) { return done; });
  ASSERT_TRUE(turn_until([&] { return one.finished.size() == 3; }));
  one.in->stop();
  one.in->stop();
  EXPECT_TRUE(one.in->wait(1s).has_value());
  EXPECT_TRUE(one.in->wait(1s).has_value());
  EXPECT_TRUE(one.in->close(5s).has_value());
  EXPECT_TRUE(one.in->close(5s).has_value());
  one.in->stop();
  EXPECT_TRUE(one.in->wait(1s).has_value());
  const auto turned = one.in->turn(10ms);
  ASSERT_FALSE(turned.has_value());
  EXPECT_TRUE(turned.error().is(client_code::closed));
}

TEST_F(service_closing, before_the_first_turn_too) {
  flowing_member& one = join(options(), [](const message&) { return done; });
  one.in->stop();
  EXPECT_TRUE(one.in->wait(1s).has_value());
  EXPECT_TRUE(one.in->close(1s).has_value());
  const auto started = one.in->start();
  ASSERT_FALSE(started.has_value());
  EXPECT_TRUE(started.error().is(client_code::closed));
}

TEST_F(service_closing, waiting_without_a_stop_ends_at_its_time) {
  flowing_member& one = join(options(), [](const message&) { return done; });
  ASSERT_TRUE(turn_until([&] { return one.in->assignment().size() == 2; }));
  const auto waited = one.in->wait(300ms);
  ASSERT_FALSE(waited.has_value());
  EXPECT_TRUE(waited.error().is(client_code::timed_out));
}

TEST_F(service_closing, inside_the_handler_only_stop_may_be_called) {
  fill("orders", 0, 1);
  flowing_member& one = join(options(), [&](const message&) -> verdict {
    service_consumer& in = *all.front().in;
    const auto waited = in.wait(1s);
    const auto closed = in.close(1s);
    const auto turned = in.turn(1ms);
    EXPECT_TRUE(!waited && waited.error().is(client_code::would_deadlock));
    EXPECT_TRUE(!closed && closed.error().is(client_code::would_deadlock));
    EXPECT_TRUE(!turned && turned.error().is(client_code::would_deadlock));
    in.stop();
    return done;
  });
  ASSERT_TRUE(turn_until([&] { return one.finished.size() == 1; }));
  EXPECT_TRUE(one.in->close(5s).has_value());
  EXPECT_EQ(committed("orders", 0), 1);
}

TEST_F(service_closing, a_handler_may_drop_its_consumer) {
  fill("orders", 0, 2);
  cluster on = open();
  std::optional<service_consumer> in;
  int calls = 0;
  in.emplace(on, options(), [&](const message&) -> verdict {
    ++calls;
    service_consumer gone = std::move(*in);
    return done;
  });
  (void)in->turn(0ms);
  const steady_ns until = where.now() + 10s;
  std::optional<service_consumer>& again = in;
  while (calls == 0 && where.now() < until) (void)again->turn(100ms);
  EXPECT_EQ(calls, 1);
  in.reset();
  where.run_for(5s);
  EXPECT_EQ(calls, 1);
}

TEST_F(service_closing, a_close_that_cannot_commit_says_so) {
  fill("orders", 0, 3);
  auto with = options();
  with.commit_interval = 3'600'000ms;
  flowing_member& one = join(with, [](const message&) { return done; });
  ASSERT_TRUE(turn_until([&] { return one.finished.size() == 3; }));
  where.cluster().pause(0);
  const steady_ns begin = where.now();
  const auto closed = one.in->close(4s);
  EXPECT_FALSE(closed.has_value());
  EXPECT_LE(where.now() - begin, 4'500ms);
  where.cluster().resume(0, {where.now().time_since_epoch(), where.wall().time_since_epoch()});
}

TEST_F(service_closing, a_bad_configuration_is_told_by_every_call) {
  cluster on = open();
  const auto why = [&](service_consumer_options with, message_handler handler) {
    service_consumer in(on, std::move(with), std::move(handler));
    EXPECT_FALSE(in.valid().has_value());
    EXPECT_FALSE(in.start().has_value());
    EXPECT_FALSE(in.turn(1ms).has_value());
    EXPECT_TRUE(in.valid().error().is(client_code::invalid_config));
    return in.valid().error().message();
  };
  const message_handler fine = [](const message&) { return done; };
  const auto with = [&](auto change) {
    auto out = options();
    change(out);
    return out;
  };
  EXPECT_NE(why(options(), {}).find("handler"), std::string::npos);
  EXPECT_NE(why(with([](auto& o) { o.reading.group.clear(); }), fine).find("group"), std::string::npos);
  EXPECT_NE(why(with([](auto& o) { o.reading.topics.clear(); }), fine).find("topics"), std::string::npos);
  EXPECT_NE(why(with([](auto& o) { o.dead_letter = "orders"; }), fine).find("dead_letter"), std::string::npos);
  EXPECT_NE(why(with([](auto& o) { o.workers = 0; }), fine).find("workers"), std::string::npos);
  EXPECT_NE(why(with([](auto& o) { o.key_lanes = 5'000; }), fine).find("key_lanes"), std::string::npos);
  EXPECT_NE(why(with([](auto& o) { o.max_held_bytes = o.reading.max_held_bytes; }), fine).find("max_held_bytes"),
            std::string::npos);
  EXPECT_NE(why(with([](auto& o) { o.retry.multiplier = 0; }), fine).find("retry"), std::string::npos);
  EXPECT_NE(why(with([](auto& o) { o.commit_interval = 0ms; }), fine).find("commit_interval"), std::string::npos);
  EXPECT_NE(why(with([](auto& o) { o.threads = threading::own_thread; }), fine).find("threads"), std::string::npos)
      << "a cluster in virtual time has no thread";
}

TEST_F(service_closing, held_memory_is_bounded_and_partitions_are_paused_and_resumed) {
  fill("orders", 0, 5'000, 100);
  fill("orders", 1, 200, 100);
  auto with = options();
  with.max_partition_records = 500;
  with.reading.max_poll_records = 100;
  with.reading.fetch_max_bytes = 4'096;
  bool busy = true;
  flowing_member& one = join(with, [&](const message& what) -> verdict {
    if (busy && what.partition() == 0 && what.offset() == 0) return retry_in(1s, "busy");
    return done;
  });
  std::size_t most = 0, paused = 0;
  ASSERT_TRUE(turn_until([&] {
    most = std::max(most, one.in->stats().held_records);
    paused = std::max(paused, one.in->stats().paused);
    return one.finished.size() == 200;
  }));
  EXPECT_EQ(one.finished, numbers(5'000, 5'200)) << "the other partition goes on";
  turn_for(300ms);
  most = std::max(most, one.in->stats().held_records);
  EXPECT_GE(most, 500u);
  EXPECT_LE(most, 700u) << "one poll above the bound";
  EXPECT_EQ(one.in->stats().paused, 1u);
  busy = false;
  ASSERT_TRUE(turn_until([&] { return one.finished.size() == 5'200; }));
  EXPECT_EQ(one.in->stats().paused, 0u);
  EXPECT_EQ(one.in->stats().held_bytes, 0u);
}

}  // namespace
}  // namespace ottla::test
