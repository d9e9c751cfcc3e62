// A producer on scripted brokers, whose records tell a story: each outcome is written down in the order it comes.
#pragma once

#include <gtest/gtest.h>

#include <optional>

#include "ottla/producer.hpp"
#include "scripted_producer.hpp"

namespace ottla {

using protocol::error_code;
using namespace std::chrono_literals;

class producing : public ::testing::Test {
 protected:
  producing() { brokers.topics["orders"] = {}; }

  /// Opens cluster and producer, and lets metadata and producer id come.
  void start(
      const std::function<void(producer_config&)>& set = [](producer_config&) {},
      const std::function<void(cluster_config&)>& set_cluster = [](cluster_config&) {}) {
    clients.emplace(brokers.open(set_cluster));
    producer_config config;
    config.linger = 0us;
    set(config);
    made.emplace(*clients, std::move(config));
    orders = made->topic("orders");
    ASSERT_TRUE(orders.wait_ready(5s));
    brokers.settle();
  }
  /// Queues a record; "value@offset" or "value!NAME" (with "?" if it may be stored) is appended to `told` when its
  /// outcome comes.
  void send(std::string_view value, std::int32_t partition = 0) {
    record what;
    what.value = value;
    what.partition = partition;
    const auto queued = orders.send(what, [this, name = std::string(value)](const delivery& d) {
      std::string line = name;
      if (d) {
        line += "@" + (d.offset == unknown_offset ? std::string("?") : std::to_string(d.offset));
      } else {
        line += "!" + std::string(d.failure.name()) + (d.failure.persisted() == persistence::possibly ? "?" : "");
      }
      told.push_back(line);
    });
    ASSERT_TRUE(queued) << queued.error().message();
  }
  /// Sends and lets the core step, so that the record makes a batch of its own if its leader is idle.
  void send_now(std::string_view value, std::int32_t partition = 0) {
    send(value, partition);
    brokers.settle();
  }
  test::produce_request next() { return test::expect_produce(brokers); }
  std::size_t waiting() {
    brokers.settle();
    return brokers.waiting(protocol::ProduceRequest::api_key);
  }
  /// A first record makes the leader proven, so that several batches go at once.
  void prove(std::int64_t offset = 0) {
    send_now("first");
    test::acknowledge(brokers, next(), offset);
    told.clear();
  }
  using lines = std::vector<std::string>;

  lines told;  // outlives the producer, whose end tells the last outcomes
  test::scripted_cluster brokers;
  std::optional<cluster> clients;
  std::optional<producer> made;
  topic orders;
};

}  // namespace ottla
