// A dev broker on a socket of its own thread, and clients of it in either threading mode.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <future>
#include <stdexcept>
#include <string>
#include <thread>

#include "../../support/served_broker.hpp"
#include "ottla/cluster.hpp"
#include "ottla/consumer.hpp"
#include "ottla/producer.hpp"

namespace ottla::test {

using namespace std::chrono_literals;

/// What handlers throw here.
struct thrown : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class embedded : public ::testing::Test, protected served_broker {
 protected:
  embedded() {
    kafka.create_topic("orders", 2);
    serve();
  }
  cluster_config config(threading mode) const {
    cluster_config out;
    out.bootstrap = bootstrap();
    out.thread = mode;
    return out;
  }
  cluster open(threading mode) const {
    auto on = cluster::open(config(mode));
    EXPECT_TRUE(on.has_value());
    return *on;
  }
  /// Of one partition; known when this returns.
  void add_topic(const std::string& name) {
    std::promise<void> added;
    server.post([&](mock::broker& broker, mock::instant) {
      broker.create_topic(name, 1);
      added.set_value();
    });
    added.get_future().get();
  }
  static record of(std::string_view value, std::int32_t partition = 0) {
    record out;
    out.value = value;
    out.partition = partition;
    return out;
  }
  static consumer_config reading_as(std::string group) {
    consumer_config out;
    out.group = std::move(group);
    out.topics = {"orders"};
    out.start = earliest;
    out.heartbeat_interval = 50ms;
    return out;
  }
  /// Calls something that may block, such as a poll, until something is so; how often an exception came out of it.
  template <class Call>
  static int repeat_until(const std::function<bool()>& so, Call call) {
    int exceptions = 0;
    const auto bound = std::chrono::steady_clock::now() + 20s;
    while (!so()) {
      if (std::chrono::steady_clock::now() > bound) {
        ADD_FAILURE() << "it did not come about in 20 s";
        break;
      }
      try {
        call();
      } catch (const thrown&) {
        ++exceptions;
      }
    }
    return exceptions;
  }
  /// The same by running a manual cluster.
  static int run_until(cluster& on, const std::function<bool()>& so) {
    return repeat_until(so, [&] { on.run_for(1ms); });
  }
};

}  // namespace ottla::test
