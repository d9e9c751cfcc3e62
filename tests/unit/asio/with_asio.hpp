// A dev broker on a socket of its own thread, and clusters of it.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>

#include "../../support/served_broker.hpp"
#include "ottla/asio.hpp"

namespace ottla::test {

using namespace std::chrono_literals;

class with_asio : public ::testing::Test, protected served_broker {
 protected:
  with_asio() {
    kafka.create_topic("orders", 1);
    serve();
  }
  cluster open(threading mode) {
    cluster_config config;
    config.bootstrap = bootstrap();
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
};

}  // namespace ottla::test
