// Producers behind guards: the cluster's time drives them, and each message passes them in their order.
#include "listening.hpp"

namespace ottla::test {
namespace {

using guarded_producers = listening;

reliability_config retrying() {
  reliability_config out;
  out.retry.emplace();
  out.retry->count = 5;
  out.retry->backoff = 1s;
  out.retry->jitter = 0;
  return out;
}

TEST_F(guarded_producers, try_a_message_again_after_its_pause) {
  where.cluster().create_topic("payments", 1);
  producer_options set = options();
  set.guards = retrying();
  set.retry_max = 0;
  sync_producer out(on, set);
  ASSERT_TRUE(out.send(saying("warm")));
  mock::fault refusal;
  refusal.key = protocol::api_key::produce;
  refusal.error = protocol::error_code::not_enough_replicas;
  refusal.count = 2;
  where.cluster().inject(refusal);
  const steady_ns before = where.now();
  const delivery sent = out.send(saying("a"));
  EXPECT_TRUE(sent) << sent.failure.message();
  EXPECT_GE(where.now() - before, 3s);  // 1 s, then 2 s
  EXPECT_EQ(errors_told->lines.size(), 2u);
  EXPECT_EQ(figure("shop_messages_sent_total", "success"), 2);
}

TEST_F(guarded_producers, refuse_at_once_while_the_breaker_is_open) {
  producer_options set = options();
  set.guards.emplace();
  set.guards->breaker.emplace();
  set.guards->breaker->window_calls = 4;
  set.guards->breaker->minimum_calls = 4;
  set.guards->breaker->open_for = 10s;
  set.guards->breaker->probes = 1;
  set.retry_max = 0;
  sync_producer out(on, set);
  mock::fault refusal;
  refusal.key = protocol::api_key::produce;
  refusal.error = protocol::error_code::not_enough_replicas;
  refusal.count = 4;
  where.cluster().inject(refusal);
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(out.send(saying("a")).failure.is(protocol::error_code::not_enough_replicas));
  EXPECT_EQ(out.stats().breaker, breaker_state::open);
  const delivery refused = out.send(saying("a"));
  EXPECT_TRUE(refused.failure.is(client_code::circuit_open));
  EXPECT_EQ(code_of(refused.failure), service_code::circuit_open);
  where.run_for(11s);
  EXPECT_TRUE(out.send(saying("a")));
  EXPECT_EQ(out.stats().breaker, breaker_state::closed);
}

TEST_F(guarded_producers, hold_the_rate) {
  producer_options set = options();
  set.guards.emplace();
  set.guards->rate.emplace();
  set.guards->rate->messages = {.amount = 10, .per = 1s, .burst = 1};
  async_producer out(on, set);
  const steady_ns before = where.now();
  for (int i = 0; i < 21; ++i) ASSERT_TRUE(out.send(saying(std::to_string(i))));
  EXPECT_EQ(where.now(), before);
  ASSERT_TRUE(out.flush(10s));
  EXPECT_GE(where.now() - before, 2s);
  EXPECT_LT(where.now() - before, 3s);
  EXPECT_EQ(out.stats().guarded, 0u);
  EXPECT_EQ(stored("orders", 21), numbers(0, 21));
}

TEST_F(guarded_producers, do_not_wait_for_linger_when_they_are_flushed) {
  producer_options set = options();
  set.guards = retrying();
  set.config.emplace();
  set.config->linger = 10s;
  async_producer out(on, set);
  ASSERT_TRUE(out.send(saying("first")));
  ASSERT_TRUE(out.flush(5s));
  where.cluster().pause(0);
  ASSERT_TRUE(out.send(saying("ahead")));  // keeps the leader busy, so that the next one lingers
  where.run_for(10ms);
  ASSERT_TRUE(out.send(saying("behind")));
  where.run_for(10ms);
  resume(0);
  const steady_ns before = where.now();
  ASSERT_TRUE(out.flush(5s));
  EXPECT_LT(where.now() - before, 1s);
}

TEST_F(guarded_producers, end_what_waits_in_the_guards_when_they_are_closed) {
  producer_options set = options();
  set.guards.emplace();
  set.guards->rate.emplace();
  set.guards->rate->messages = {.amount = 1, .per = 60s, .burst = 1};
  async_producer out(on, set);
  std::vector<error> told;
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(out.send(saying("a"), [&](const delivery& d) { told.push_back(d.failure); }));
  }
  const auto closed = out.close(2s);
  ASSERT_FALSE(closed);
  EXPECT_NE(closed.error().message().find("2 messages"), std::string::npos) << closed.error().message();
  ASSERT_EQ(told.size(), 3u);
  EXPECT_FALSE(told[0]);
  EXPECT_TRUE(told[1].is(client_code::closed));
  EXPECT_TRUE(told[2].is(client_code::closed));
}

TEST_F(guarded_producers, end_what_waits_when_the_cluster_is_closed_first) {
  producer_options set = options();
  set.guards = retrying();
  set.guards->retry->backoff = 20s;
  set.guards->retry->max = 60s;
  set.retry_max = 0;
  async_producer out(on, set);
  ASSERT_TRUE(out.send(saying("warm")));
  ASSERT_TRUE(out.flush(5s));
  mock::fault refusal;
  refusal.key = protocol::api_key::produce;
  refusal.error = protocol::error_code::not_enough_replicas;
  where.cluster().inject(refusal);
  std::optional<error> told;
  ASSERT_TRUE(out.send(saying("a"), [&](const delivery& d) { told = d.failure; }));
  where.run_for(2s);
  EXPECT_FALSE(told);  // in its pause
  on.close();
  ASSERT_TRUE(told);
  EXPECT_TRUE(*told);
}

}  // namespace
}  // namespace ottla::test
