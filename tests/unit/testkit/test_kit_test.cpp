// test_kit: what its users rely on: time that only they move, runs that repeat, trouble at their word.
#include <gtest/gtest.h>

#include "ottla/admin.hpp"
#include "ottla/consumer.hpp"
#include "ottla/producer.hpp"
#include "ottla/testing.hpp"

namespace ottla {
namespace {

using namespace std::chrono_literals;

/// Sends ten records, reads them back, and gives when that was and what it was.
std::vector<std::string> run_once(test_kit& kit) {
  kit.broker().create_topic("orders", 3);
  auto on = kit.open();
  EXPECT_TRUE(on.has_value());
  producer out(*on);
  topic to = out.topic("orders");
  std::vector<std::string> said;
  for (int i = 0; i < 10; ++i) {
    const std::string value = std::to_string(i);
    const auto acked = to.deliver({.key = value, .value = value}, 5s);
    EXPECT_TRUE(acked && *acked);
    said.push_back(std::to_string(acked->partition) + "@" + std::to_string(acked->offset) + " " +
                   std::to_string(kit.now().time_since_epoch().count()));
  }
  consumer in(*on, {.topics = {"orders"}, .start = earliest});
  std::size_t seen = 0;
  while (seen < 10) {
    const auto got = in.poll(5s);
    EXPECT_TRUE(got.has_value());
    if (!got || got->empty()) break;
    for (const record_view& r : got->records()) {
      said.emplace_back(r.value().text());
      ++seen;
    }
  }
  EXPECT_EQ(seen, 10u);
  return said;
}

TEST(test_kit, sends_and_reads_without_a_socket_or_a_second) {
  test_kit kit;
  run_once(kit);
}

TEST(test_kit, repeats_a_run_to_the_nanosecond_and_another_seed_gives_another_one) {
  test_kit one({.seed = 7}), same({.seed = 7}), other({.seed = 8});
  const auto first = run_once(one);
  EXPECT_EQ(first, run_once(same));
  EXPECT_NE(first, run_once(other));
}

TEST(test_kit, lets_an_hour_pass_at_once_and_no_more_than_it_was_told) {
  test_kit kit;
  auto on = kit.open();
  const steady_ns before = kit.now();
  const wall_ms wall_before = kit.wall();
  kit.run_for(1h);
  EXPECT_EQ(kit.now() - before, 1h);
  EXPECT_EQ(kit.wall() - wall_before, 1h);
}

TEST(test_kit, says_whether_a_condition_held_before_the_limit) {
  test_kit kit;
  const steady_ns at = kit.now() + 5s;
  EXPECT_FALSE(kit.run_until([&] { return kit.now() >= at; }, 4s));
  EXPECT_TRUE(kit.run_until([&] { return kit.now() >= at; }, 4s));
}

TEST(test_kit, has_as_many_brokers_as_asked_and_clients_find_them_all) {
  test_kit kit({.brokers = 3});
  auto on = kit.open();
  const auto described = admin(*on).describe_cluster(5s);
  ASSERT_TRUE(described.has_value()) << described.error().message();
  EXPECT_EQ(described->brokers.size(), 3u);
}

TEST(test_kit, breaks_connections_at_a_word_and_no_record_is_lost_or_doubled) {
  test_kit kit;
  kit.broker().create_topic("orders", 1);
  auto on = kit.open();
  producer out(*on, {.linger = 5ms});
  topic to = out.topic("orders");
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(to.send({.value = std::to_string(i)}).has_value());
    kit.run_for(700us);
    if (i % 10 == 9) kit.reset_connections();
  }
  ASSERT_TRUE(out.flush(30s).has_value());
  EXPECT_EQ(kit.broker().records("orders", 0).size(), 50u);
}

TEST(test_kit, shows_a_dead_cluster_as_unreachable_within_the_callers_deadline) {
  test_kit kit;
  auto on = kit.open();
  kit.broker().stop(0);
  const steady_ns before = kit.now();
  const auto described = admin(*on).describe_cluster(3s);
  ASSERT_FALSE(described.has_value());
  EXPECT_LE(kit.now() - before, 3s + 10ms);
}

}  // namespace
}  // namespace ottla
