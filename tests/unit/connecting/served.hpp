// served: a dev broker on a thread of its own, and clusters opened on it that ask one question.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <thread>

#include "ottla/cluster.hpp"
#include "ottla/mock/socket_server.hpp"
#include "ottla/protocol/describe_cluster.hpp"

namespace ottla::test {

class served : public ::testing::Test {
 protected:
  explicit served(mock::broker_options with = {}) : kafka(std::move(with)) {}
  ~served() override { end_serving(); }

  void serve(const std::string& host = "127.0.0.1") {
    ASSERT_EQ(server.listen(0, host, 0), "");
    serving = std::thread([this] { server.run(); });
  }
  void end_serving() {
    if (!serving.joinable()) return;
    server.stop();
    serving.join();
  }
  cluster open() {
    auto made = cluster::open(config);
    EXPECT_TRUE(made) << made.error().message();
    return std::move(*made);
  }
  /// Empty: a broker answered. Else the whole sentence.
  static std::string ask(cluster& on, std::chrono::milliseconds patience = std::chrono::seconds(20)) {
    auto told = on.call(route{}, protocol::DescribeClusterRequest{}, patience);
    return told ? "" : told.error().message();
  }

  mock::broker kafka;
  mock::socket_server server{kafka};
  std::thread serving;
  cluster_config config;
};

}  // namespace ottla::test
