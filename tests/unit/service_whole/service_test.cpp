// service in virtual time: everything on one thread, from adding to closing.
#include "ottla/service.hpp"

#include <set>

#include "../service_producers/listening.hpp"

namespace ottla::test {
namespace {

class whole_service : public listening {
 protected:
  service_config config() {
    service_config out;
    out.name = "shop";
    out.group = "billing";
    out.metrics = counted;
    out.log = options().log;
    return out;
  }
  service opened(std::optional<service_config> with = std::nullopt) {
    auto out = service::open_on(on, with ? *with : config());
    EXPECT_TRUE(out) << out.error().message();
    return std::move(*out);
  }
  static service_consumer_options from_start() {
    service_consumer_options out;
    out.reading.start = earliest;
    return out;
  }
  /// Turns until the condition holds.
  bool turn_until(service& which, const std::function<bool()>& holds, std::chrono::seconds limit = 60s) {
    const steady_ns until = where.now() + limit;
    while (!holds() && where.now() < until) {
      auto went = which.turn(50ms);
      EXPECT_TRUE(went) << went.error().message();
    }
    return holds();
  }
  static double sample(const std::vector<metric_family>& from, std::string_view name, std::string_view label = {}) {
    for (const metric_family& family : from) {
      if (family.name != name) continue;
      for (const metric_sample& one : family.samples) {
        bool fits = label.empty();
        for (const auto& [key, value] : one.labels) fits = fits || value == label;
        if (fits) return family.kind == metric_kind::histogram ? static_cast<double>(one.count) : one.value;
      }
    }
    return -1;
  }
  std::int64_t committed(const std::string& topic) {
    cluster asking = open();
    consumer_config with;
    with.group = "billing";
    consumer in(asking, with);
    const topic_partition which{topic, 0};
    const auto known = in.committed({&which, 1}, 5s);
    return known ? known->front().offset : -2;
  }
};

TEST_F(whole_service, makes_retry_topics_with_as_many_partitions_as_their_source_has) {
  where.cluster().create_topic("invoices", 3);
  service app = opened();
  service_consumer_options options = from_start();
  options.tiers.emplace().create.emplace();
  ASSERT_TRUE(app.add_consumer(
                     "invoices", [](const message&) { return done; }, options)
                  .has_value());
  for (const char* name : {"invoices-retry-5s", "invoices-retry-1m", "invoices-retry-10m"}) {
    EXPECT_TRUE(where.cluster().partition(name, 2)) << name;
    EXPECT_FALSE(where.cluster().partition(name, 3)) << name;
  }
  const auto missing = app.add_consumer(
      "nowhere", [](const message&) { return done; }, options);
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(missing.error().broker_code(), protocol::error_code::unknown_topic_or_partition);
}

TEST_F(whole_service, produces_consumes_commits_and_ends_in_order) {
  service app = opened();
  auto paid = app.add_producer("paid", {.create = topic_create{.partitions = 1}});
  ASSERT_TRUE(paid) << paid.error().message();
  std::vector<std::string> seen;
  ASSERT_TRUE(app.add_consumer(
      "orders",
      [&](const message& m) -> verdict {
        seen.emplace_back(m.value().text());
        return done;
      },
      from_start()));
  auto orders = app.add_producer("orders");
  ASSERT_TRUE(orders);
  ASSERT_TRUE(orders->produce({{.value = "a"}, {.value = "b"}}));
  ASSERT_TRUE(orders->produce(producer_message{.value = "c"}, producer_message{.key = "k", .value = "d"}));
  EXPECT_TRUE(turn_until(app, [&] { return seen.size() == 4; }));
  EXPECT_EQ(seen, (std::vector<std::string>{"a", "b", "c", "d"}));
  EXPECT_EQ(figure("shop_active_consumers"), 1);
  EXPECT_EQ(figure("shop_active_producers"), 2);
  const auto closed = app.close(10s);
  EXPECT_TRUE(closed) << closed.error().message();
  EXPECT_EQ(committed("orders"), 4);
  EXPECT_EQ(figure("shop_active_consumers"), 0);
  EXPECT_EQ(figure("shop_active_producers"), 0);
  EXPECT_TRUE(logged("service_closed"));
  EXPECT_TRUE(app.close(10s));
  EXPECT_TRUE(on.state()->usable());  // open_on: the cluster is the caller's
}

TEST_F(whole_service, lets_handlers_send_until_they_are_drained) {
  where.cluster().create_topic("paid", 1);
  service app = opened();
  auto paid = app.add_async_producer("paid");
  ASSERT_TRUE(paid);
  auto orders = app.add_producer("orders");
  ASSERT_TRUE(app.add_consumer(
      "orders", [&](const message& m) -> verdict { return (*paid)->send(producer_message{.value = m.value()}); },
      from_start()));
  ASSERT_TRUE(orders->produce({{.value = "a"}, {.value = "b"}, {.value = "c"}}));
  EXPECT_TRUE(turn_until(app, [&] { return (*paid)->stats().parked + (*paid)->stats().records.records_sent >= 3; }));
  ASSERT_TRUE(app.close(10s));  // what handlers sent without waiting is flushed
  EXPECT_EQ(stored("paid", 3), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(committed("orders"), 3);
}

TEST_F(whole_service, names_what_is_wrong_with_its_configuration) {
  service_config bad = config();
  bad.name.clear();
  const auto none = service::open_on(on, bad);
  ASSERT_FALSE(none);
  EXPECT_EQ(code_of(none.error()), service_code::invalid_config);
  EXPECT_NE(none.error().message().find("name"), std::string::npos);
  service app = opened();
  EXPECT_TRUE(app.add_producer("").error().is(client_code::invalid_config));
  const auto no_topic = app.add_consumer("", [](const message&) {});
  EXPECT_TRUE(no_topic.error().is(client_code::invalid_config)) << no_topic.error().message();
  service_config groupless = config();
  groupless.group.clear();
  service other = opened(groupless);
  EXPECT_TRUE(other.add_consumer("orders", [](const message&) {}).error().is(client_code::invalid_config));
}

TEST_F(whole_service, uses_its_default_topic) {
  service_config with = config();
  with.topic = "orders";
  service app = opened(with);
  int seen = 0;
  ASSERT_TRUE(app.add_consumer(
      "", [&](const message&) { ++seen; }, from_start()));
  auto out = app.add_producer("");
  ASSERT_TRUE(out);
  ASSERT_TRUE(out->produce({{.value = "a"}}));
  EXPECT_TRUE(turn_until(app, [&] { return seen == 1; }));
}

TEST_F(whole_service, runs_until_it_is_told_to_stop) {
  service app = opened();
  auto orders = app.add_producer("orders");
  std::stop_source source;
  ASSERT_TRUE(app.add_consumer(
      "orders", [&](const message&) { source.request_stop(); }, from_start()));
  ASSERT_TRUE(orders->produce({{.value = "a"}}));
  EXPECT_TRUE(app.run(source.get_token()));
  EXPECT_TRUE(app.close(10s));
  EXPECT_EQ(committed("orders"), 1);
}

TEST_F(whole_service, can_be_stopped_by_a_handler_and_run_again) {
  service app = opened();
  auto orders = app.add_producer("orders");
  int seen = 0;
  ASSERT_TRUE(app.add_consumer(
      "orders",
      [&](const message&) {
        ++seen;
        app.stop();
        const auto refused = app.close(1s);
        EXPECT_TRUE(refused.error().is(client_code::would_deadlock)) << refused.error().message();
      },
      from_start()));
  ASSERT_TRUE(orders->produce({{.value = "a"}}));
  EXPECT_TRUE(app.run({}));
  ASSERT_TRUE(orders->produce({{.value = "b"}}));
  EXPECT_TRUE(app.run({}));
  EXPECT_EQ(seen, 2);
}

TEST_F(whole_service, cannot_go_on_when_the_cluster_is_closed) {
  service app = opened();
  ASSERT_TRUE(app.add_consumer("orders", [](const message&) {}));
  where.at(where.now() + 5s, [&] { on.close(); });
  EXPECT_TRUE(app.run({}).error().is(client_code::closed));
}

TEST_F(whole_service, says_at_its_end_who_did_not_end) {
  service app = opened();
  auto orders = app.add_producer("orders", {.producer = {.timeout = 1s}});
  ASSERT_TRUE(orders->produce({{.value = "a"}}));
  where.cluster().pause(0);
  EXPECT_FALSE(orders->produce({{.value = "b"}}));
  const steady_ns before = where.now();
  const auto closed = app.close(4s);
  ASSERT_FALSE(closed);
  EXPECT_NE(closed.error().message().find("producer of orders: "), std::string::npos) << closed.error().message();
  EXPECT_LE(where.now() - before, 5s);
  EXPECT_TRUE(app.add_producer("orders").error().is(client_code::closed));
  EXPECT_TRUE(app.add_consumer("orders", [](const message&) {}).error().is(client_code::closed));
}

TEST_F(whole_service, asks_the_cluster_and_its_consumers_for_health) {
  service app = opened();
  service_consumer_options with = from_start();
  ASSERT_TRUE(app.add_consumer(
      "orders", [](const message&) { return reject("bad"); }, with));
  auto orders = app.add_producer("orders");
  EXPECT_TRUE(app.health(5s).up);
  ASSERT_TRUE(orders->produce({{.value = "poison"}}));
  // No dead letter topic: the partition stands still, and health says so.
  EXPECT_TRUE(turn_until(app, [&] { return !app.health(5s).up; }));
  const health_report sick = app.health(5s);
  EXPECT_TRUE(sick.checks[0].up);
  EXPECT_EQ(sick.checks[1].name, "consumer:orders");
  EXPECT_FALSE(sick.checks[1].up);
  where.cluster().pause(0);
  EXPECT_FALSE(app.health(2s).checks[0].up);
  EXPECT_TRUE(app.health(2s, health_question::liveness).up);
}

TEST_F(whole_service, gives_all_families_of_metrics_together) {
  service_config with = config();
  with.metrics = nullptr;
  service app = opened(with);
  add_producer_options guarded;
  guarded.producer.guards.emplace().breaker.emplace();
  auto orders = app.add_producer("orders", guarded);
  ASSERT_TRUE(orders);
  int seen = 0;
  ASSERT_TRUE(app.add_consumer(
      "orders", [&](const message&) { ++seen; }, from_start()));
  ASSERT_TRUE(orders->produce({{.value = "a"}, {.value = "b"}}));
  EXPECT_TRUE(turn_until(app, [&] { return seen == 2; }));
  const metric_source source = app.metrics_source();
  auto families = source(where.now());
  EXPECT_EQ(sample(families, "shop_messages_sent_total", "success"), 2);
  EXPECT_EQ(sample(families, "shop_messages_received_total", "orders"), 2);
  EXPECT_EQ(sample(families, "shop_consumer_lag_records", "orders"), 0);
  EXPECT_EQ(sample(families, "shop_circuit_breaker_open", "producer:orders"), 0);
  EXPECT_GE(sample(families, "shop_producer_batches_total", "orders"), 1);
  EXPECT_GT(sample(families, "shop_producer_batch_bytes_total", "orders"), 0);
  EXPECT_EQ(sample(families, "shop_consumer_rebalances_total", "orders"), 1);
  EXPECT_GE(sample(families, "shop_request_duration_seconds", "produce"), 1);
  std::set<std::string> names;
  for (const metric_family& one : families) EXPECT_TRUE(names.insert(one.name).second) << one.name;
  EXPECT_TRUE(app.close(10s));
  { const service gone = std::move(app); }
  families = source(where.now());
  EXPECT_EQ(sample(families, "shop_messages_sent_total", "success"), 2);  // still to be read at the end
}

TEST_F(whole_service, tells_its_trace_hooks_of_each_try) {
  struct noted final : trace_hooks {
    std::uint64_t begin_process(const process_trace& of, trace_context&) noexcept override {
      told.push_back(std::string(of.topic) + " " + std::string(of.group) + " " + std::to_string(of.attempt) +
                     (of.parent != nullptr ? " of a trace" : ""));
      return 7;
    }
    void end_process(std::uint64_t span, const verdict& said) noexcept override {
      told.push_back(std::to_string(span) + (said.is_done() ? " done" : " again"));
    }
    std::vector<std::string> told;
  };
  auto hooks = std::make_shared<noted>();
  service_config with = config();
  with.tracing = hooks;
  service app = opened(with);
  service_consumer_options reading = from_start();
  reading.retry.backoff = 1s;
  ASSERT_TRUE(app.add_consumer(
      "orders", [&](const message& m) -> verdict { return m.tries() == 1 ? retry("once more") : verdict(done); },
      reading));
  add_producer_options carrying;
  carrying.producer.tracing = std::make_shared<trace_propagation>(3);
  auto orders = app.add_producer("orders", carrying);
  ASSERT_TRUE(orders->produce({{.value = "a"}}));
  EXPECT_TRUE(turn_until(app, [&] { return hooks->told.size() == 4; }));
  EXPECT_EQ(hooks->told, (std::vector<std::string>{"orders billing 1 of a trace", "7 again",
                                                   "orders billing 2 of a trace", "7 done"}));
}

}  // namespace
}  // namespace ottla::test
