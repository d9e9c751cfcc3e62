// A service_consumer that dies before each single piece of its I/O, and the one that goes on: nothing is lost, in no
// tier.
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <set>
#include <string>

#include "ottla/producer.hpp"
#include "ottla/service/consumer.hpp"
#include "ottla/service/dead_letter.hpp"
#include "ottla/sim/sim_host.hpp"
#include "ottla/testing.hpp"

namespace ottla::test {
namespace {

using namespace std::chrono_literals;

constexpr const char* tier_topics[] = {"orders-retry-300ms", "orders-retry-700ms"};

/// Two lives of a service on twelve messages of two keys. A value says what becomes of it.
class two_lives {
 public:
  explicit two_lives(bool keep_key_order) : ordered_(keep_key_order) {
    for (const char* name : {"orders", tier_topics[0], tier_topics[1]})
      EXPECT_EQ(kit_.broker().create_topic(name, 1), "");
    EXPECT_EQ(kit_.broker().create_topic("orders-dlq", 1), "");
    auto on = kit_.open();
    producer out(*on, {.linger = 5ms});
    topic to = out.topic("orders");
    const char* fates[] = {"fine", "in place", "first tier", "fine", "hopeless", "second tier",
                           "fine", "poison",   "first tier", "fine", "in place", "fine"};
    for (int i = 0; i < 12; ++i) {
      values_.push_back(std::to_string(i) + " " + fates[i]);
      EXPECT_TRUE(to.send({.key = i % 2 == 0 ? "a" : "b", .value = values_.back()}).has_value());
    }
    EXPECT_TRUE(out.close(5s).has_value());
  }

  /// Until all is committed, or it dies before its piece of I/O number `dies_at`; whether it did. -1: it does not.
  bool live(int dies_at) {
    auto made = std::make_unique<sim::sim_host>(kit_.world());
    sim::sim_host& host = *made;
    int pieces = 0;
    bool dead = false;
    host.before_io = [&] {
      if (pieces++ != dies_at) return;
      dead = true;
      host.die();
    };
    cluster_config config;
    config.bootstrap = kit_.bootstrap();
    config.seed = 11;
    auto on = cluster::open_on(std::move(made), config);
    EXPECT_TRUE(on.has_value());
    {
      service_consumer in(*on, options(), [&](const message& what) { return handle(what, dead); });
      const steady_ns until = kit_.now() + 60s;
      while (!dead && !all_committed() && kit_.now() < until) EXPECT_TRUE(in.turn(10ms).has_value() || dead);
      if (!dead) {
        EXPECT_TRUE(in.close(5s).has_value() || dead);
      }
    }
    host.before_io = {};
    on->close();  // what the dead one had still to do holds on to its cluster, and nobody does it
    return dead;
  }

  void expect_nothing_lost(const std::string& story) {
    EXPECT_TRUE(all_committed()) << story << ": " << committed("orders") << ", " << committed(tier_topics[0]) << ", "
                                 << committed(tier_topics[1]);
    for (const std::string& value : values_) {
      const bool dies = value.ends_with("hopeless") || value.ends_with("poison");
      const bool may_die = ordered_ && value.ends_with("tier");  // who follows has fewer tries
      EXPECT_TRUE(done_.contains(value) || letters().contains(value)) << value << " is lost, " << story;
      if (!may_die) {
        EXPECT_EQ(letters().contains(value), dies) << value << ", " << story;
      }
    }
    EXPECT_EQ(overtaken_, 0) << story;
  }

 private:
  service_consumer_options options() const {
    service_consumer_options out;
    out.reading.group = "billing";
    out.reading.topics = {"orders"};
    out.reading.start = earliest;
    out.reading.session_timeout = 6s;
    out.retry = {.count = 1, .backoff = 50ms, .multiplier = 1.0, .max = 1s, .jitter = 0};
    out.dead_letter = "orders-dlq";
    out.tiers.emplace().tiers = {300ms, 700ms};
    out.commit_interval = 20ms;
    out.threads = threading::manual;
    if (ordered_) {
      out.order = message_order::key;
      out.tiers->keep_key_order = true;
      out.reading.assignors = {assignor::range};
    }
    return out;
  }

  verdict handle(const message& what, bool dead) {
    if (dead) return retry("nobody is there");
    const std::string value(what.value().text());
    for (const std::string& earlier : values_) {
      const bool of_its_key = std::stoi(earlier) % 2 == std::stoi(value) % 2;
      if (!ordered_ || !of_its_key || std::stoi(earlier) >= std::stoi(value)) continue;
      if (!done_.contains(earlier) && !letters().contains(earlier)) ++overtaken_;
    }
    if (value.ends_with("poison")) return reject("poison");
    const int failures = value.ends_with("in place")      ? 1
                         : value.ends_with("first tier")  ? 2
                         : value.ends_with("second tier") ? 3
                         : value.ends_with("hopeless")    ? 1'000
                                                          : 0;
    if (what.tries() <= failures) return retry("not yet");
    done_.insert(value);
    return done;
  }

  std::set<std::string> letters() {
    std::set<std::string> out;
    for (const mock::stored_record& one : kit_.broker().records("orders-dlq", 0)) out.insert(*one.value);
    return out;
  }
  std::int64_t committed(const std::string& name) {
    for (const mock::committed_info& one : kit_.broker().committed("billing")) {
      if (one.topic == name) return one.offset;
    }
    return 0;
  }
  bool all_committed() {
    for (const char* name : {"orders", tier_topics[0], tier_topics[1]}) {
      if (committed(name) < kit_.broker().partition(name, 0)->high_watermark) return false;
    }
    return committed("orders") > 0;
  }

  const bool ordered_;
  test_kit kit_{{.seed = 7, .torn_io = false}};
  std::vector<std::string> values_;
  std::set<std::string> done_;
  int overtaken_ = 0;
};

void die_everywhere(bool keep_key_order) {
  int deaths = 0;
  for (int at = 0;; ++at) {
    two_lives of(keep_key_order);
    const bool died = of.live(at);
    if (died) {
      EXPECT_FALSE(of.live(-1));
    }
    of.expect_nothing_lost("died before piece " + std::to_string(at));
    if (!died || testing::Test::HasFailure()) break;
    ++deaths;
  }
  EXPECT_GT(deaths, 60);
}

TEST(crashes, before_any_piece_of_io_lose_nothing_between_topic_tiers_and_dead_letters) { die_everywhere(false); }

TEST(crashes, before_any_piece_of_io_lose_nothing_and_let_no_key_be_overtaken) { die_everywhere(true); }

}  // namespace
}  // namespace ottla::test
