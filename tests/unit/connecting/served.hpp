// served: a dev broker on a thread of its own, and clusters opened on it that ask one question.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "../../support/served_broker.hpp"
#include "ottla/cluster.hpp"
#include "ottla/protocol/describe_cluster.hpp"

namespace ottla::test {

class served : public ::testing::Test, protected served_broker {
 protected:
  using served_broker::served_broker;

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

  cluster_config config;
};

}  // namespace ottla::test
