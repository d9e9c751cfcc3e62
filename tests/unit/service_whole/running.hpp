// A service with its threads, on a dev broker on a socket.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>

#include "ottla/mock/socket_server.hpp"
#include "ottla/service.hpp"

namespace ottla::test {

using namespace std::chrono_literals;

class running_service : public ::testing::Test {
 protected:
  running_service() {
    kafka.create_topic("orders", 2);
    EXPECT_EQ(server.listen(0, "127.0.0.1", 0), "");
    serving = std::thread([this] { server.run(); });
  }
  ~running_service() override {
    server.stop();
    serving.join();
  }
  service open() {
    service_config config;
    config.name = "shop";
    config.group = "billing";
    config.cluster.bootstrap = "127.0.0.1:" + std::to_string(server.port(0));
    json_log_config quiet;
    quiet.sink = [](std::string_view) {};
    config.log = std::make_shared<json_log>(quiet);
    auto out = service::open(config);
    EXPECT_TRUE(out) << out.error().message();
    return std::move(*out);
  }
  static service_consumer_options from_start(int workers = 1) {
    service_consumer_options out;
    out.reading.start = earliest;
    out.workers = workers;
    return out;
  }
  mock::broker kafka;
  mock::socket_server server{kafka};
  std::thread serving;
};

}  // namespace ottla::test
