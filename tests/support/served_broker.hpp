// served_broker: a dev broker behind a socket of this machine, on a thread of its own. Fixtures inherit it.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <utility>

#include "ottla/mock/socket_server.hpp"

namespace ottla::test {

struct served_broker {
  explicit served_broker(mock::broker_options options = {}) : kafka(std::move(options)) {}
  ~served_broker() { end_serving(); }
  served_broker(const served_broker&) = delete;
  served_broker& operator=(const served_broker&) = delete;

  /// From here on the broker is that thread's: topics are made before.
  void serve(const std::string& host = "127.0.0.1") {
    ASSERT_EQ(server.listen(0, host, 0), "");
    serving = std::thread([this] { server.run(); });
  }
  void end_serving() {
    if (!serving.joinable()) return;
    server.stop();
    serving.join();
  }
  std::string bootstrap() const { return "127.0.0.1:" + std::to_string(server.port(0)); }

  mock::broker kafka;
  mock::socket_server server{kafka};
  std::thread serving;
};

}  // namespace ottla::test
