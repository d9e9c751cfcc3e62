// An admin client on scripted brokers: a test says per request kind what is answered; what was asked is kept.
#pragma once

#include <gtest/gtest.h>

#include <optional>

#include "ottla/admin.hpp"
#include "scripted_cluster.hpp"

namespace ottla::test {

class admin_fixture : public ::testing::Test {
 protected:
  using handler = std::function<void(const wire_request&)>;

  ottla::admin open() {
    cluster_.emplace(brokers_.open());
    brokers_.answer_next = [this](const wire_request& one) {
      hosts_.push_back(one.link->to.host);
      if (const auto found = on_.find(one.key); found != on_.end()) found->second(one);
      return true;
    };
    return ottla::admin(*cluster_);
  }
  template <class Message>
  void answer(const wire_request& to, const Message& message) {
    test::answer(brokers_.world.io, to, message);
  }

  scripted_cluster brokers_;
  std::map<protocol::api_key, handler> on_;
  std::vector<std::string> hosts_;  // who was asked, without Metadata and ApiVersions
  std::optional<cluster> cluster_;
};

}  // namespace ottla::test
