// A dev broker cluster and clients in virtual time, with little ceremony: what the end-to-end tests of the consumer
// stand on.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "ottla/consumer.hpp"
#include "ottla/producer.hpp"
#include "ottla/sim/sim_host.hpp"
#include "ottla/sim/world.hpp"

namespace ottla::test {

using namespace std::chrono_literals;

inline mock::broker_options nodes(int count) {
  mock::broker_options out;
  out.nodes.clear();
  for (int i = 0; i < count; ++i) {
    mock::node_options node;
    node.id = i + 1;
    node.port = static_cast<std::uint16_t>(9092 + i);
    out.nodes.push_back(node);
  }
  return out;
}

class simulated : public ::testing::Test {
 protected:
  explicit simulated(int count = 1) : simulated(nodes(count)) {}
  explicit simulated(mock::broker_options cluster) : where(7, sim::weather{}, std::move(cluster)) {}

  cluster open(std::uint64_t seed = 11) {
    cluster_config config;
    config.bootstrap = "sim:9092";
    config.seed = seed;
    config.log = [this](log_level, std::string_view component, std::string_view line) {
      log += std::string(component) + ": " + std::string(line) + "\n";
    };
    auto opened = cluster::open_on(std::make_unique<sim::sim_host>(where), config);
    EXPECT_TRUE(opened.has_value());
    return *opened;
  }

  /// Values "0", "1", ... in order, `per_batch` records in each batch.
  void fill(const std::string& topic, std::int32_t partition, int count, int per_batch = 10, codec type = codec::none) {
    cluster on = open();
    producer_config config;
    config.linger = 5ms;
    config.compression.type = type;
    producer out(on, config);
    ottla::topic to = out.topic(topic);
    for (int i = 0; i < count; ++i) {
      const std::string value = std::to_string(filled++);
      record what;
      what.value = value;
      what.partition = partition;
      what.timestamp = 1'000 + i;
      ASSERT_TRUE(to.send(what).has_value());
      if ((i + 1) % per_batch == 0) {
        ASSERT_TRUE(out.flush(5s).has_value());
      }
    }
    ASSERT_TRUE(out.close(5s).has_value());
  }

  /// Polls until so many records came, or nothing more for five virtual seconds.
  std::vector<std::string> read(consumer& from, std::size_t count) {
    std::vector<std::string> out;
    while (out.size() < count) {
      auto got = from.poll(5s);
      EXPECT_TRUE(got.has_value()) << got.error().message();
      if (!got) break;
      for (const partition_error& one : got->errors()) errors.push_back(one);
      for (const record_view& r : got->records()) out.emplace_back(r.value().text());
      if (got->empty() && got->errors().empty() && got->end().empty()) break;
    }
    return out;
  }

  static std::vector<std::string> numbers(int from, int to) {
    std::vector<std::string> out;
    for (int i = from; i < to; ++i) out.push_back(std::to_string(i));
    return out;
  }

  sim::world where;
  std::string log;
  std::vector<partition_error> errors;
  int filled = 0;
};

}  // namespace ottla::test
