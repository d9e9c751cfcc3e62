// A dev broker on a socket, and what handlers on several threads did: what tests of service_consumer with threads stand
// on.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <initializer_list>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "../../support/served_broker.hpp"
#include "ottla/consumer.hpp"
#include "ottla/producer.hpp"
#include "ottla/service/consumer.hpp"

namespace ottla::test {

using namespace std::chrono_literals;

class service_threads : public ::testing::Test, protected served_broker {
 protected:
  /// Others, with 4 partitions each: before anybody serves, since the broker is one thread's.
  explicit service_threads(std::initializer_list<const char*> others = {}) : served_broker(short_sessions()) {
    kafka.create_topic("orders", 4);
    kafka.create_topic("orders-dlq", 2);
    for (const char* name : others) kafka.create_topic(name, 4);
    serve();
  }
  cluster open() {
    auto on = cluster::open({.bootstrap = bootstrap()});
    EXPECT_TRUE(on.has_value());
    return *on;
  }
  service_consumer_options options() {
    service_consumer_options out;
    out.reading.group = "billing";
    out.reading.topics = {"orders"};
    out.reading.start = earliest;
    out.reading.assignors = {assignor::cooperative_sticky};
    out.reading.heartbeat_interval = 50ms;
    out.retry = {.count = 2, .backoff = 5ms, .multiplier = 2.0, .max = 50ms, .jitter = 0.2};
    out.commit_interval = 50ms;
    return out;
  }
  /// Values "0", "1", ..., spread over the partitions, with the number modulo 20 as the key.
  void fill(int count) {
    cluster on = open();
    producer out(on, {.linger = 1ms});
    topic to = out.topic("orders");
    for (int i = 0; i < count; ++i) {
      const std::string value = std::to_string(i), key = std::to_string(i % 20);
      ASSERT_TRUE(to.send({.key = key, .value = value, .partition = i % 4}).has_value());
      if (i % 250 == 0) {
        ASSERT_TRUE(out.flush(20s).has_value());
      }
    }
    ASSERT_TRUE(out.close(20s).has_value());
  }
  std::int64_t committed() {
    cluster on = open();
    consumer in(on, {.group = "billing", .partitions = {{"orders", 0, {}}}});
    std::vector<topic_partition> which;
    for (std::int32_t p = 0; p < 4; ++p) which.push_back({"orders", p});
    const auto known = in.committed(which, 5s);
    EXPECT_TRUE(known.has_value());
    std::int64_t sum = 0;
    for (const auto& one : *known) sum += std::max<std::int64_t>(one.offset, 0);
    return sum;
  }
  static bool eventually(const std::function<bool()>& holds) {
    const auto until = std::chrono::steady_clock::now() + 60s;
    while (!holds() && std::chrono::steady_clock::now() < until) std::this_thread::yield();
    return holds();
  }

  static mock::broker_options short_sessions() {
    mock::broker_options out;
    out.groups.min_session_timeout = 100ms;
    return out;
  }
};

/// What handlers on several threads did.
struct history {
  std::mutex mutex;
  std::map<std::string, int> finished;             // by value
  std::map<std::string, std::vector<int>> by_key;  // finished, in order
  std::map<std::string, int> inside;               // of each key
  bool overlapped = false;

  void enter(const std::string& key) {
    const std::lock_guard lock(mutex);
    if (++inside[key] > 1) overlapped = true;
  }
  void leave(const std::string& key, const std::string& value, bool is_finished) {
    const std::lock_guard lock(mutex);
    --inside[key];
    if (!is_finished) return;
    ++finished[value];
    by_key[key].push_back(std::stoi(value));
  }
};

}  // namespace ottla::test
