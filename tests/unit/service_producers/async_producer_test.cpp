// async_producer: nothing waits, outcomes go to those who listen, failures to the error logger.
#include <stdexcept>

#include "listening.hpp"

namespace ottla::test {
namespace {

using async_producers = listening;

TEST_F(async_producers, take_messages_before_the_topic_is_known_and_keep_their_order) {
  async_producer out(on, options());
  const steady_ns before = where.now();
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(out.send(saying(std::to_string(i))));
  EXPECT_EQ(where.now(), before);  // nothing was waited for
  EXPECT_EQ(out.stats().parked, 100u);
  ASSERT_TRUE(out.flush(5s));
  EXPECT_EQ(out.stats().parked, 0u);
  for (int i = 100; i < 200; ++i) ASSERT_TRUE(out.send(saying(std::to_string(i))));
  ASSERT_TRUE(out.close(5s));
  EXPECT_EQ(stored("orders", 200), numbers(0, 200));
  EXPECT_EQ(out.stats().records.records_acked, 200u);
}

TEST_F(async_producers, end_the_process_with_a_throwing_outcome_wherever_it_is_told) {
  const auto told = [](const delivery&) { throw std::runtime_error("an outcome that throws"); };
  const auto sends = [&](const producer_options& how, const char* topic) {
    try {
      async_producer out(on, how);
      (void)out.send(saying("v", topic), told);
      (void)out.close(5s);
    } catch (const std::runtime_error&) {  // it must not come as far as this
    }
  };
  producer_options guarded = options();
  guarded.guards.emplace();
  EXPECT_DEATH(sends(options(), "orders"), "an outcome that throws");
  EXPECT_DEATH(sends(options(), "nowhere"), "an outcome that throws");  // kept until its time was over
  EXPECT_DEATH(sends(guarded, "orders"), "an outcome that throws");
}

TEST_F(async_producers, tell_telemetry_of_batches_with_exact_sums) {
  async_producer out(on, options());
  ASSERT_TRUE(out.send(saying("0123456789")));
  ASSERT_TRUE(out.flush(5s));
  heard->writes.clear();
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(out.send(saying("0123456789")));
  ASSERT_TRUE(out.flush(5s));
  EXPECT_EQ(heard->messages(true), 1000u);
  EXPECT_EQ(heard->bytes(), 10'000u);
  EXPECT_LT(heard->writes.size(), 100u);
  EXPECT_EQ(heard->writes[0].type, producer_type::async);
  for (const auto& one : heard->writes) EXPECT_GT(one.latency, 0ns);
  EXPECT_EQ(figure("shop_messages_sent_total", "success"), 1001);
  EXPECT_EQ(figure("shop_message_publish_duration_seconds"), 1001);
}

TEST_F(async_producers, time_some_of_many_messages_and_count_the_others_as_the_ones_before_them) {
  producer_options set = options();
  set.config.emplace();
  set.config->linger = 500ms;
  async_producer out(on, set);
  ASSERT_TRUE(out.send(saying("warm")));
  ASSERT_TRUE(out.flush(5s));
  where.cluster().pause(0);
  ASSERT_TRUE(out.send(saying("ahead")));  // keeps the leader busy
  where.run_for(10ms);
  heard->writes.clear();
  const steady_ns began = where.now() - 10ms;
  for (int i = 0; i < 40; ++i) ASSERT_TRUE(out.send(saying("0123456789")));
  where.run_for(300ms);
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(out.send(saying("0123456789")));
  resume(0);
  ASSERT_TRUE(out.flush(5s));
  const auto longest = where.now() - began;
  EXPECT_EQ(heard->messages(true), 141u);
  EXPECT_EQ(heard->bytes(), 1405u);
  std::uint64_t young = 0;
  for (const auto& one : heard->writes) {
    EXPECT_LE(one.latency, longest);
    if (one.latency < 300ms) young += one.messages;
  }
  EXPECT_GE(young, 100u - 64u) << "one of 64 is timed";
  EXPECT_LE(young, 100u);
}

TEST_F(async_producers, measure_each_message_from_its_own_beginning) {
  producer_options set = options();
  set.config.emplace();
  set.config->linger = 500ms;
  async_producer out(on, set);
  ASSERT_TRUE(out.send(saying("warm")));
  ASSERT_TRUE(out.flush(5s));
  where.cluster().pause(0);
  ASSERT_TRUE(out.send(saying("ahead")));  // keeps the leader busy
  where.run_for(10ms);
  heard->writes.clear();
  ASSERT_TRUE(out.send(saying("a")));
  where.run_for(400ms);
  ASSERT_TRUE(out.send(saying("b")));
  where.run_for(50ms);
  resume(0);
  ASSERT_TRUE(out.flush(5s));
  ASSERT_EQ(heard->writes.size(), 3u);
  EXPECT_GE(heard->writes[1].latency, 450ms);
  EXPECT_LT(heard->writes[2].latency, 200ms);
}

TEST_F(async_producers, refuse_at_once_when_the_buffer_is_full_and_say_so_once_a_second) {
  producer_options set = options();
  set.config.emplace();
  set.config->batch_size = 16'384;
  set.config->buffer_memory = 65'536;
  set.config->max_block = 0ms;
  async_producer out(on, set);
  ASSERT_TRUE(out.send(saying("warm")));
  ASSERT_TRUE(out.flush(5s));
  where.cluster().pause(0);
  const std::string large(1'000, 'x');
  const steady_ns before = where.now();
  int refused = 0;
  for (int i = 0; i < 1'000; ++i) {
    auto taken = out.send(saying(large));
    if (taken) continue;
    EXPECT_TRUE(taken.error().is(client_code::buffer_full));
    ++refused;
  }
  EXPECT_GT(refused, 900);
  EXPECT_EQ(where.now(), before);
  EXPECT_EQ(errors_told->lines.size(), 1u);
  EXPECT_EQ(errors_told->lines[0].find("KAFKA_BUFFER_FULL"), 0u) << errors_told->lines[0];
  EXPECT_EQ(figure("shop_messages_sent_total", "error"), refused);
  where.run_for(2s);
  EXPECT_FALSE(out.send(saying(large)));
  ASSERT_EQ(errors_told->lines.size(), 3u);
  EXPECT_NE(errors_told->lines[1].find(std::to_string(refused - 1) + " more messages"), std::string::npos)
      << errors_told->lines[1];
}

TEST_F(async_producers, tell_the_error_logger_of_what_could_not_be_delivered) {
  producer_options set = options();
  set.config.emplace();
  set.config->delivery_timeout = 3s;
  set.config->request_timeout = 1s;
  async_producer out(on, set);
  ASSERT_TRUE(out.send(saying("warm")));
  ASSERT_TRUE(out.flush(5s));
  where.cluster().pause(0);
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(out.send(saying("lost")));
  where.run_for(20s);
  EXPECT_EQ(heard->messages(false), 10u);
  EXPECT_FALSE(errors_told->lines.empty());
  EXPECT_NE(errors_told->lines[0].find("KAFKA_TIMEOUT"), std::string::npos) << errors_told->lines[0];
  EXPECT_TRUE(logged("failed_to_send_message"));
  EXPECT_EQ(figure("shop_messages_sent_total", "error"), 10);
}

TEST_F(async_producers, fail_messages_for_a_topic_that_does_not_exist) {
  async_producer out(on, options());
  std::optional<error> told;
  ASSERT_TRUE(out.send(saying("a", "missing"), [&](const delivery& d) {
    EXPECT_EQ(d.topic, "missing");
    told = d.failure;
  }));
  where.run_for(30s);
  ASSERT_TRUE(told);
  EXPECT_TRUE(told->is(client_code::unknown_topic));
  ASSERT_EQ(errors_told->lines.size(), 1u);
  EXPECT_EQ(errors_told->lines[0].find("KAFKA_TOPIC_UNKNOWN"), 0u);
}

TEST_F(async_producers, tell_each_outcome_to_who_asked_for_it) {
  async_producer out(on, options());
  std::vector<std::int64_t> offsets;
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(out.send(saying("v"), [&](const delivery& d) { offsets.push_back(d.offset); }));
  }
  ASSERT_TRUE(out.flush(5s));
  EXPECT_EQ(offsets, (std::vector<std::int64_t>{0, 1, 2, 3, 4}));
}

TEST_F(async_producers, may_send_from_an_outcome_on_the_cores_thread) {
  async_producer out(on, options());
  std::optional<std::int64_t> second;
  ASSERT_TRUE(out.send(saying("a"), [&](const delivery&) {
    EXPECT_TRUE(out.send(saying("b"), [&](const delivery& d) { second = d.offset; }));
  }));
  where.run_until([&] { return second.has_value(); }, where.now() + 10s);
  EXPECT_EQ(second, 1);
}

TEST_F(async_producers, bound_what_waits_for_a_topic) {
  producer_options set = options();
  set.config.emplace();
  set.config->batch_size = 16'384;
  set.config->buffer_memory = 65'536;
  async_producer out(on, set);
  const std::string large(10'000, 'x');
  int taken = 0;
  for (int i = 0; i < 100; ++i) taken += out.send(saying(large)) ? 1 : 0;
  EXPECT_EQ(taken, 6);
}

TEST_F(async_producers, fail_what_waits_when_they_are_closed_too_early) {
  where.cluster().pause(0);
  async_producer out(on, options());
  std::optional<error> told;
  ASSERT_TRUE(out.send(saying("a"), [&](const delivery& d) { told = d.failure; }));
  const auto closed = out.close(2s);
  ASSERT_FALSE(closed);
  EXPECT_NE(closed.error().message().find("1 messages"), std::string::npos) << closed.error().message();
  ASSERT_TRUE(told);
  EXPECT_TRUE(told->is(client_code::closed));
  EXPECT_TRUE(out.send(saying("b")).error().is(client_code::closed));
}

}  // namespace
}  // namespace ottla::test
