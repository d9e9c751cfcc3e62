// sync_producer: each send has its outcome, and everybody who listens is told.
#include "listening.hpp"

namespace ottla::test {
namespace {

using sync_producers = listening;

TEST_F(sync_producers, give_partition_and_offset_for_each_send) {
  sync_producer out(on, options());
  ASSERT_TRUE(out.valid());
  const delivery first = out.send(saying("a")), second = out.send(saying("b"));
  ASSERT_TRUE(first) << first.failure.message();
  EXPECT_EQ(first.topic, "orders");
  EXPECT_EQ(first.partition, 0);
  EXPECT_EQ(first.offset, 0);
  EXPECT_EQ(second.offset, 1);
  EXPECT_TRUE(out.close(5s));
  EXPECT_EQ(stored("orders", 2), (std::vector<std::string>{"a", "b"}));
}

TEST_F(sync_producers, give_an_outcome_for_each_of_many_in_their_order) {
  where.cluster().create_topic("payments", 1);
  sync_producer out(on, options());
  std::vector<producer_message> many{saying("a"), saying("b", "payments"), saying("c", "missing"), saying("d")};
  const auto outcomes = out.send(many);
  ASSERT_EQ(outcomes.size(), 4u);
  EXPECT_EQ(outcomes[0].offset, 0);
  EXPECT_EQ(outcomes[1].topic, "payments");
  EXPECT_EQ(outcomes[1].offset, 0);
  EXPECT_TRUE(outcomes[2].failure.is(client_code::unknown_topic)) << outcomes[2].failure.message();
  EXPECT_EQ(outcomes[2].topic, "missing");
  EXPECT_EQ(outcomes[3].offset, 1);
}

TEST_F(sync_producers, tell_telemetry_the_latency_and_size_of_each_message) {
  sync_producer out(on, options());
  record_header header{"h", blob("12").optional()};
  producer_message what = saying("value");
  what.key = "key";
  what.headers = {&header, 1};
  const steady_ns before = where.now();
  ASSERT_TRUE(out.send(what));
  ASSERT_EQ(heard->writes.size(), 1u);
  const auto& one = heard->writes[0];
  EXPECT_EQ(one.service + "|" + one.topic + "|" + one.client_id, "shop|orders|shop-1");
  EXPECT_EQ(one.partition, 0);
  EXPECT_EQ(one.type, producer_type::sync);
  EXPECT_TRUE(one.success);
  EXPECT_EQ(one.bytes, 11u);
  EXPECT_EQ(one.messages, 1u);
  EXPECT_GT(one.latency, 0ns);
  EXPECT_LE(one.latency, where.now() - before);
  EXPECT_EQ(figure("shop_messages_sent_total", "success"), 1);
  EXPECT_EQ(figure("shop_message_publish_duration_seconds"), 1);
}

TEST_F(sync_producers, log_each_message_with_its_duration_where_debug_is_written) {
  sync_producer out(on, options());
  ASSERT_TRUE(out.send(saying("a")));
  ASSERT_TRUE(out.close(5s));
  EXPECT_TRUE(logged(R"("msg":"message_sent","duration_ms":)"));
  EXPECT_TRUE(logged(R"("brokers":["sim:9092"],"error":null,"topic":"orders","partition":0,"offset":0)"));
  EXPECT_TRUE(logged("producer_closed"));
}

TEST_F(sync_producers, fail_at_the_deadline_with_what_may_have_been_stored) {
  sync_producer out(on, options());
  ASSERT_TRUE(out.send(saying("a")));
  where.cluster().pause(0);
  const steady_ns before = where.now();
  const delivery late = out.send(saying("b"), 2s);
  EXPECT_TRUE(late.failure.is(client_code::timed_out)) << late.failure.message();
  EXPECT_EQ(late.failure.persisted(), persistence::possibly);
  EXPECT_GE(where.now() - before, 2s);
  EXPECT_LT(where.now() - before, 3s);
  resume(0);
  EXPECT_TRUE(out.close(60s));
  EXPECT_EQ(stored("orders", 2), (std::vector<std::string>{"a", "b"}));  // the deadline ended the wait alone
}

TEST_F(sync_producers, wait_for_room_no_longer_than_for_an_outcome) {
  producer_options set = options();
  set.timeout = 1s;
  set.config.emplace();
  set.config->batch_size = 16'384;
  set.config->buffer_memory = 65'536;
  sync_producer out(on, set);
  ASSERT_TRUE(out.send(saying("a")));
  where.cluster().pause(0);
  const std::string large(12'000, 'x');
  int full = 0;
  for (int i = 0; i < 8; ++i) {
    const steady_ns before = where.now();
    const delivery sent = out.send(saying(large));
    EXPECT_LE(where.now() - before, 1'100ms);
    full += sent.failure.is(client_code::buffer_full) ? 1 : 0;
  }
  EXPECT_GT(full, 0);
}

TEST_F(sync_producers, name_the_member_of_a_bad_configuration) {
  producer_options bad = options();
  bad.retry_max = -1;
  sync_producer out(on, bad);
  const auto valid = out.valid();
  ASSERT_FALSE(valid);
  EXPECT_EQ(code_of(valid.error()), service_code::invalid_config);
  EXPECT_NE(valid.error().message().find("retry_max"), std::string::npos);
  EXPECT_TRUE(out.send(saying("a")).failure.is(client_code::invalid_config));
  producer_options worse = options();
  worse.config.emplace();
  worse.config->linger = -1ms;
  EXPECT_EQ(sync_producer(on, worse).valid().error().context().asked, "linger");
}

TEST_F(sync_producers, try_again_as_often_and_as_late_as_the_options_say) {
  sync_producer warm(on, options());
  ASSERT_TRUE(warm.send(saying("warm")));
  mock::fault refusal;
  refusal.key = protocol::api_key::produce;
  refusal.error = protocol::error_code::not_enough_replicas;
  refusal.count = 3;
  for (const int retries : {2, 3}) {
    where.cluster().clear_faults();
    where.cluster().inject(refusal);
    producer_options set = options();
    set.retry_max = retries;
    set.retry_backoff = 500ms;
    sync_producer out(on, set);
    const steady_ns before = where.now();
    const delivery sent = out.send(saying("a"));
    EXPECT_EQ(sent.failure.is(protocol::error_code::not_enough_replicas), retries == 2) << sent.failure.message();
    EXPECT_GE(where.now() - before, retries * 400ms) << "half a second each, but for jitter";
    EXPECT_LT(where.now() - before, 10s);
  }
}

TEST_F(sync_producers, take_retries_and_acknowledgements_from_the_options) {
  where.cluster().create_topic("payments", 1);
  producer_options set = options();
  set.retry_max = 0;
  set.retry_backoff = 10ms;
  set.required_acks = acks::none;
  sync_producer out(on, set);
  ASSERT_TRUE(out.valid()) << out.valid().error().message();  // idempotence went off by itself
  const delivery sent = out.send(saying("a"));
  EXPECT_TRUE(sent);
  EXPECT_EQ(sent.offset, unknown_offset);
}

TEST_F(sync_producers, need_a_topic_from_somewhere) {
  producer_options set = options();
  set.topic.clear();
  sync_producer out(on, set);
  const delivery refused = out.send(saying("a"));
  EXPECT_TRUE(refused.failure.is(client_code::invalid_argument));
  EXPECT_EQ(errors_told->lines.size(), 1u);
  EXPECT_TRUE(out.send(saying("a", "orders")));
}

TEST_F(sync_producers, refuse_what_comes_after_close_and_count_themselves) {
  sync_producer out(on, options());
  EXPECT_EQ(figure("shop_active_producers"), 1);
  ASSERT_TRUE(out.close(5s));
  EXPECT_TRUE(out.close(5s));
  EXPECT_EQ(figure("shop_active_producers"), 0);
  EXPECT_TRUE(out.send(saying("a")).failure.is(client_code::closed));
}

TEST_F(sync_producers, ask_the_cluster_for_their_health) {
  sync_producer out(on, options());
  EXPECT_TRUE(out.health(2s));
  where.cluster().pause(0);
  const steady_ns before = where.now();
  const auto sick = out.health(2s);
  ASSERT_FALSE(sick);
  EXPECT_EQ(code_of(sick.error()), service_code::brokers_unavailable);
  EXPECT_LT(where.now() - before, 3s);
  EXPECT_TRUE(logged("kafka_health_check_failed"));
  EXPECT_TRUE(logged("KAFKA_BROKERS_UNAVAILABLE"));
  resume(0);
  EXPECT_TRUE(out.health(30s));
}

class three_nodes : public listening {
 protected:
  three_nodes() : listening(3) {}
};

TEST_F(three_nodes, are_healthy_while_one_of_them_answers) {
  sync_producer out(on, options());
  ASSERT_TRUE(out.send(saying("a")));  // all three are known now
  where.cluster().pause(0);
  where.cluster().pause(1);
  EXPECT_TRUE(out.health(5s));
  where.cluster().pause(2);
  EXPECT_FALSE(out.health(5s));
}

}  // namespace
}  // namespace ottla::test
