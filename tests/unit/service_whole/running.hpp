// A service with its threads, on a dev broker on a socket.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>

#include "../../support/served_broker.hpp"
#include "ottla/service.hpp"

namespace ottla::test {

using namespace std::chrono_literals;

class running_service : public ::testing::Test, protected served_broker {
 protected:
  running_service() {
    kafka.create_topic("orders", 2);
    serve();
  }
  service open() {
    service_config config;
    config.name = "shop";
    config.group = "billing";
    config.cluster.bootstrap = bootstrap();
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
};

}  // namespace ottla::test
