// The service layer's producers from many threads, against a dev broker on a socket: nothing lost, nothing counted
// twice, order per thread.
#include <gtest/gtest.h>

#include <map>
#include <thread>

#include "../../support/served_broker.hpp"
#include "ottla/consumer.hpp"
#include "ottla/service/producers.hpp"

namespace ottla::test {
namespace {

using namespace std::chrono_literals;

constexpr int threads = 4;
constexpr int each = 2'000;

class busy_producers : public ::testing::Test, protected served_broker {
 protected:
  busy_producers() {
    kafka.create_topic("orders", 1);
    serve();
    cluster_config config;
    config.bootstrap = bootstrap();
    on.emplace(*cluster::open(config));
    options.topic = "orders";
    options.metrics = counted;
  }
  ~busy_producers() override { on.reset(); }
  double sent() const {
    for (const metric_family& family : counted->snapshot(system_now)) {
      if (family.name == "ottla_messages_sent_total") return family.samples.at(0).value;
    }
    return -1;
  }
  void expect_all_in_order() {
    consumer_config config;
    config.topics = {"orders"};
    config.start = earliest;
    consumer from(*on, config);
    std::map<std::string, int> next;
    int polls = 0;
    for (int seen = 0; seen < threads * each;) {
      auto got = from.poll(10s);
      ASSERT_TRUE(got) << got.error().message();
      ASSERT_LT(++polls, 10'000) << "only " << seen << " came";  // a poll may come back early, with nothing
      for (const record_view& r : got->records()) {
        ASSERT_EQ(std::string(r.value().text()), std::to_string(next[std::string(r.key().text())]++));
        ++seen;
      }
    }
    EXPECT_EQ(next.size(), static_cast<std::size_t>(threads));
  }

  static constexpr steady_ns system_now{1h};
  std::shared_ptr<memory_metrics> counted = std::make_shared<memory_metrics>(system_now);
  producer_options options;
  std::optional<cluster> on;
};

TEST_F(busy_producers, keep_each_threads_order_from_the_first_message_on) {
  async_producer out(*on, options);  // its topic is not known yet: threads park, and the core drains, at once
  std::vector<std::thread> all;
  for (int t = 0; t < threads; ++t) {
    all.emplace_back([&, t] {
      const std::string key = std::to_string(t);
      for (int i = 0; i < each; ++i) {
        const std::string value = std::to_string(i);
        producer_message what;
        what.key = key;
        what.value = value;
        while (!out.send(what)) std::this_thread::yield();
      }
    });
  }
  for (auto& one : all) one.join();
  ASSERT_TRUE(out.close(30s));
  EXPECT_EQ(sent(), threads * each);
  expect_all_in_order();
}

TEST_F(busy_producers, share_guards_and_a_sync_producer) {
  options.guards.emplace();
  options.guards->bulkhead.emplace();
  options.guards->bulkhead->concurrent = 2;
  options.guards->retry.emplace();
  sync_producer out(*on, options);
  std::atomic<int> good{0};
  std::vector<std::thread> all;
  for (int t = 0; t < threads; ++t) {
    all.emplace_back([&] {
      for (int i = 0; i < 100; ++i) {
        producer_message what;
        what.value = "v";
        good += out.send(what, 30s) ? 1 : 0;
      }
    });
  }
  for (auto& one : all) one.join();
  ASSERT_TRUE(out.close(30s));
  EXPECT_EQ(good, threads * 100);
  EXPECT_EQ(sent(), threads * 100);
}

}  // namespace
}  // namespace ottla::test
