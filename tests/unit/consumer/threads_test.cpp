// The consumer over real sockets with a core on a thread of its own, and partitions handed to workers: what TSan has to
// see.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "../../support/served_broker.hpp"
#include "ottla/consumer.hpp"
#include "ottla/producer.hpp"

namespace ottla::test {
namespace {

using namespace std::chrono_literals;

class over_sockets : public ::testing::Test, protected served_broker {
 protected:
  explicit over_sockets(mock::broker_options options = {}) : served_broker(std::move(options)) {
    kafka.create_topic("orders", 4);
    serve();
  }
  cluster open(threading mode = threading::own_thread) {
    auto on = cluster::open({.bootstrap = bootstrap(), .thread = mode});
    EXPECT_TRUE(on.has_value());
    return *on;
  }
  void fill(cluster& on, int count) {
    producer out(on, {.batch_size = 4096});
    topic to = out.topic("orders");
    for (int i = 0; i < count; ++i) {
      const std::string value = std::to_string(i);
      record one;
      one.value = value;
      one.partition = i % 4;
      ASSERT_TRUE(to.send(one).has_value());
    }
    ASSERT_TRUE(out.close(20s).has_value());
  }
};

TEST_F(over_sockets, partitions_go_to_workers_that_outlive_the_poll) {
  constexpr int count = 20'000;
  cluster on = open();
  ASSERT_NO_FATAL_FAILURE(fill(on, count));
  std::vector<std::thread> workers;
  std::atomic<std::int64_t> sum{0};
  {
    consumer in(on, {.topics = {"orders"}, .start = earliest, .prefetch_bytes = 256 << 10});
    for (std::size_t seen = 0; seen < count;) {
      auto got = in.poll(10s);
      ASSERT_TRUE(got.has_value()) << got.error().message();
      ASSERT_TRUE(got->errors().empty());
      ASSERT_FALSE(got->end().empty()) << "nothing came for ten seconds, after " << seen;
      seen += got->count();
      workers.emplace_back([&sum, parts = std::move(got->partitions())] {
        std::int64_t mine = 0;
        for (const partition_records& part : parts) {
          for (const record_view& r : part) mine += std::stol(std::string(r.value().text()));
        }
        sum += mine;
      });
    }
    EXPECT_TRUE(in.close(5s).has_value());
  }
  for (std::thread& one : workers) one.join();
  EXPECT_EQ(sum.load(), std::int64_t{count} * (count - 1) / 2);
}

TEST_F(over_sockets, seeks_pauses_and_questions_go_on_beside_the_core) {
  cluster on = open();
  ASSERT_NO_FATAL_FAILURE(fill(on, 4'000));
  consumer in(on, {.topics = {"orders"}, .start = earliest, .fetch_max_wait = 10ms});
  ASSERT_TRUE(in.wait_assignment(10s).has_value());
  std::atomic<bool> stop{false};
  std::thread asker([&] {
    while (!stop) {
      (void)in.stats();
      (void)in.watermarks({"orders", 1});
      (void)in.position({"orders", 1});
      (void)in.assignment();
    }
  });
  const std::vector<topic_partition> second{{"orders", 1}};
  for (int round = 0; round < 20; ++round) {
    ASSERT_TRUE(in.seek({"orders", 0}, at_offset(10 * round)).has_value());
    ASSERT_TRUE(in.pause(second).has_value());
    const auto got = in.poll(5s);
    ASSERT_TRUE(got.has_value());
    for (const partition_records& part : got->partitions()) {
      EXPECT_NE(part.partition(), 1) << "it is paused";
      if (part.partition() == 0) {
        EXPECT_EQ(part.begin()->offset(), 10 * round);
      }
    }
    ASSERT_TRUE(in.seek({"orders", 2}, earliest).has_value());
    const auto at = in.position({"orders", 2}, 5s);
    ASSERT_TRUE(at.has_value());
    EXPECT_EQ(at->offset, 0);
    ASSERT_TRUE(in.resume(second).has_value());
    ASSERT_TRUE(in.seek({"orders", 1}, at_offset(0)).has_value());
  }
  stop = true;
  asker.join();
}

TEST_F(over_sockets, a_cluster_without_a_thread_is_driven_by_poll) {
  cluster on = open(threading::manual);
  {
    cluster other = open();
    ASSERT_NO_FATAL_FAILURE(fill(other, 400));
  }
  consumer in(on, {.topics = {"orders"}, .start = earliest});
  std::size_t seen = 0;
  while (seen < 400) {
    const auto got = in.poll(10s);
    ASSERT_TRUE(got.has_value());
    ASSERT_FALSE(got->end().empty());
    seen += got->count();
  }
  EXPECT_EQ(seen, 400u);
  EXPECT_TRUE(in.close(5s).has_value());
}

TEST_F(over_sockets, handles_may_go_in_any_order) {
  auto on = std::make_unique<cluster>(open());
  ASSERT_NO_FATAL_FAILURE(fill(*on, 400));
  auto in = std::make_unique<consumer>(*on, consumer_config{.topics = {"orders"}, .start = earliest});
  auto got = in->poll(10s);
  ASSERT_TRUE(got.has_value());
  on.reset();
  EXPECT_TRUE(in->poll(100ms).has_value()) << "the consumer keeps what it needs";
  in.reset();
  std::size_t count = 0;
  for (const record_view& r : got->records()) count += r.value().size() > 0 ? 1 : 0;
  EXPECT_EQ(count, got->count());
}

TEST_F(over_sockets, a_closed_cluster_ends_poll_at_once) {
  cluster on = open();
  consumer in(on, {.topics = {"orders"}, .start = latest});
  ASSERT_TRUE(in.wait_assignment(10s).has_value());
  std::thread closer([&] { on.close(); });
  for (;;) {
    const auto got = in.poll(30s);
    if (got) continue;
    EXPECT_TRUE(got.error().is(client_code::closed)) << got.error().message();
    break;
  }
  closer.join();
}

TEST(no_broker, poll_says_why_nothing_comes) {
  auto on = cluster::open({.bootstrap = "127.0.0.1:1"});
  ASSERT_TRUE(on.has_value());
  consumer in(*on, {.topics = {"orders"}});
  const auto got = in.poll(700ms);
  ASSERT_FALSE(got.has_value());
  EXPECT_TRUE(got.error().is(client_code::broker_unreachable)) << got.error().message();
  EXPECT_NE(got.error().message().find("127.0.0.1:1"), std::string::npos);
}

class with_passwords : public over_sockets {
 protected:
  with_passwords() : over_sockets(asking()) {}
  static mock::broker_options asking() {
    mock::broker_options out;
    out.sasl.users = {{"alice", "secret"}};
    return out;
  }
  cluster open_as(std::string_view password) {
    cluster_config config;
    config.bootstrap = bootstrap();
    config.security = security_protocol::sasl_plaintext;
    config.sasl.mechanism = sasl_mechanism::scram_sha_256;
    config.sasl.credentials.username = "alice";
    config.sasl.credentials.password = password;
    auto on = cluster::open(std::move(config));
    EXPECT_TRUE(on.has_value());
    return *on;
  }
};

TEST_F(with_passwords, records_come_to_who_knows_the_password) {
  cluster on = open_as("secret");
  ASSERT_NO_FATAL_FAILURE(fill(on, 100));
  consumer in(on, {.topics = {"orders"}, .start = earliest});
  for (std::size_t seen = 0; seen < 100;) {
    auto got = in.poll(10s);
    ASSERT_TRUE(got.has_value()) << got.error().message();
    ASSERT_GT(got->count(), 0u);
    seen += got->count();
  }
}

TEST_F(with_passwords, nobody_waits_long_to_hear_that_a_password_is_wrong) {
  cluster on = open_as("wrong");
  consumer in(on, {.topics = {"orders"}});
  const auto begin = std::chrono::steady_clock::now();
  const auto assigned = in.wait_assignment(60s);
  ASSERT_FALSE(assigned.has_value());
  EXPECT_TRUE(assigned.error().is(protocol::error_code::sasl_authentication_failed)) << assigned.error().message();
  const auto got = in.poll(60s);  // when it has been tried once more
  ASSERT_FALSE(got.has_value());
  EXPECT_TRUE(got.error().is(protocol::error_code::sasl_authentication_failed)) << got.error().message();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 30s);
}

TEST(no_broker, a_bad_setting_is_named) {
  auto on = cluster::open({.bootstrap = "127.0.0.1:1"});
  consumer in(*on, {.fetch_max_bytes = 10});
  ASSERT_FALSE(in.valid().has_value());
  EXPECT_NE(in.valid().error().message().find("fetch_max_bytes"), std::string::npos);
  EXPECT_TRUE(in.poll(0ms).error().is(client_code::invalid_config));
}

}  // namespace
}  // namespace ottla::test
