// service_consumers in virtual time, on one thread: handlers that say what they are told to, and what was seen.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <optional>

#include "../consumer/simulated.hpp"
#include "ottla/service/consumer.hpp"

namespace ottla::test {

/// One service_consumer on a cluster of its own, and what its handler was called with.
struct flowing_member {
  std::optional<cluster> on{};
  std::optional<service_consumer> in{};
  std::vector<std::string> seen{};  // values, each try
  std::vector<std::string> finished{};
  std::vector<steady_ns> times{};
};

class flowing : public simulated {
 protected:
  using say = std::function<verdict(const message&)>;

  void TearDown() override { all.clear(); }  // they close, and tell what a test's own fixture has

  service_consumer_options options() {
    service_consumer_options out;
    out.reading.group = "billing";
    out.reading.topics = {"orders"};
    out.reading.start = earliest;
    out.reading.assignors = {assignor::cooperative_sticky};
    out.retry = {.count = 3, .backoff = 1'000ms, .multiplier = 2.0, .max = 30'000ms, .jitter = 0};
    out.threads = threading::manual;
    return out;
  }

  flowing_member& join(service_consumer_options with, say handler) {
    flowing_member& one = all.emplace_back();
    one.on = open();
    one.in.emplace(*one.on, std::move(with), [this, &one, handler = std::move(handler)](const message& what) {
      one.seen.emplace_back(what.value().text());
      one.times.push_back(where.now());
      verdict said = handler(what);
      if (said.is_done()) one.finished.emplace_back(what.value().text());
      return said;
    });
    return one;
  }

  bool turn_until(const std::function<bool()>& condition, std::chrono::seconds limit = 60s) {
    const steady_ns until = where.now() + limit;
    while (!condition() && where.now() < until) {
      for (flowing_member& one : all) {
        if (!one.in) continue;
        const auto turned = one.in->turn(5ms);
        if (!turned && !turned.error().is(client_code::closed)) {
          ADD_FAILURE() << turned.error().message();
          return false;
        }
      }
    }
    return condition();
  }
  void turn_for(std::chrono::milliseconds time) {
    const steady_ns until = where.now() + time;
    turn_until([&] { return where.now() >= until; }, 600s);
  }

  /// What the group committed; -1: nothing.
  std::int64_t committed(const std::string& topic, std::int32_t partition) {
    cluster on = open();
    consumer in(on, {.group = "billing", .partitions = {{topic, partition, {}}}});
    const topic_partition which{topic, partition};
    const auto known = in.committed({&which, 1}, 5s);
    EXPECT_TRUE(known.has_value()) << known.error().message();
    return known ? known->front().offset : -2;
  }

  /// All records of a topic's partition 0.
  std::vector<record_owned> stored(const std::string& topic) {
    cluster on = open();
    consumer in(on, {.partitions = {{topic, 0, earliest}}});
    const topic_partition which{topic, 0};
    const auto end = in.end_offsets({&which, 1}, 5s);
    EXPECT_TRUE(end.has_value());
    std::vector<record_owned> out;
    while (end && static_cast<std::int64_t>(out.size()) < end->front().offset) {
      auto got = in.poll(5s);
      EXPECT_TRUE(got.has_value());
      if (!got || got->empty()) break;
      for (const record_view& r : got->records()) out.push_back(r.to_owned());
    }
    return out;
  }
  static std::string header(const record_owned& of, std::string_view name) {
    for (const record_header one : of.headers()) {
      if (one.name == name) return one.value ? std::string(blob(one.value).text()) : "null";
    }
    return "none";
  }

  /// `count` records of that key, in one batch.
  void fill_key(const std::string& topic, std::int32_t partition, const std::string& key,
                const std::vector<std::string>& values) {
    cluster on = open();
    producer out(on, {.linger = 5ms});
    ottla::topic to = out.topic(topic);
    for (const std::string& value : values) {
      ASSERT_TRUE(to.send({.key = key, .value = value, .partition = partition}).has_value());
    }
    ASSERT_TRUE(out.close(5s).has_value());
  }

  std::deque<flowing_member> all;
};

}  // namespace ottla::test
