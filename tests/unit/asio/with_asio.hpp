// A dev broker on a socket of its own thread, and clusters of it.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>

#include "ottla/asio.hpp"
#include "ottla/mock/socket_server.hpp"

namespace ottla::test {

using namespace std::chrono_literals;

class with_asio : public ::testing::Test {
 protected:
  with_asio() {
    kafka.create_topic("orders", 1);
    EXPECT_EQ(server.listen(0, "127.0.0.1", 0), "");
    serving = std::thread([this] { server.run(); });
  }
  ~with_asio() override {
    server.stop();
    serving.join();
  }
  cluster open(threading mode) {
    cluster_config config;
    config.bootstrap = "127.0.0.1:" + std::to_string(server.port(0));
    config.thread = mode;
    auto on = cluster::open(config);
    EXPECT_TRUE(on.has_value());
    return *on;
  }
  static record of(std::string_view value) {
    record out;
    out.value = value;
    return out;
  }

  mock::broker kafka;
  mock::socket_server server{kafka};
  std::thread serving;
};

}  // namespace ottla::test
