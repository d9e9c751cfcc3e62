// The rules between a consumer's settings: who decides what in a group, its members or the brokers.
#include <gtest/gtest.h>

#include "support.hpp"

namespace {

using ottla_test::contains;
using ottla_test::filled;

std::string settled(const filled& all) {
  auto done = ottla::settle_consumer(all.settings, all.consumer);
  return done ? "" : done.error().message();
}

TEST(ConsumerRules, TheGroupProtocolGoesByJavasNames) {
  filled all;
  EXPECT_EQ(all.why_not("group.protocol", "CONSUMER"), "");
  EXPECT_EQ(all.why_not("group.remote.assignor", "range"), "");
  EXPECT_EQ(all.consumer.group_protocol, ottla::group_protocol_kind::consumer);
  EXPECT_EQ(all.consumer.remote_assignor, "range");
  EXPECT_EQ(settled(all), "");
  EXPECT_TRUE(contains(all.why_not("group.protocol", "streams"), "classic|consumer"));
}

TEST(ConsumerRules, WhatBrokersDecideInTheConsumerProtocolMustNotBeGivenNotEvenAsItIs) {
  for (const auto& [name, value] : std::map<std::string, std::string>{{"session.timeout.ms", "45000"},
                                                                      {"heartbeat.interval.ms", "1000"},
                                                                      {"partition.assignment.strategy", "range"}}) {
    filled all;
    EXPECT_EQ(all.why_not(name, value), "");
    EXPECT_EQ(settled(all), "") << "classic";
    EXPECT_EQ(all.why_not("group.protocol", "consumer"), "");
    const std::string why = settled(all);
    EXPECT_TRUE(contains(why, name) && contains(why, "group.protocol=consumer") && contains(why, "leave it out"))
        << why;
  }
}

TEST(ConsumerRules, ARemoteAssignorNeedsTheConsumerProtocol) {
  filled all;
  EXPECT_EQ(all.why_not("group.remote.assignor", "uniform"), "");
  EXPECT_TRUE(contains(settled(all), "group.protocol=consumer")) << settled(all);
}

}  // namespace
