// The rules between a producer's settings: what was given wins over defaults, and two that were given must agree.
#include <gtest/gtest.h>

#include "support.hpp"

namespace {

using namespace std::chrono_literals;
using ottla_test::contains;
using ottla_test::filled;

std::string settled(filled& all) {
  auto done = ottla::settle_producer(all.settings, all.producer);
  return done ? "" : done.error().message();
}

TEST(ProducerRules, AcksOtherThanAllSwitchTheDefaultOfIdempotenceOff) {
  filled all;
  EXPECT_EQ(all.why_not("acks", "1"), "");
  EXPECT_EQ(settled(all), "");
  EXPECT_FALSE(all.producer.idempotence);
}

TEST(ProducerRules, IdempotenceThatWasAskedForContradictsOtherAcks) {
  filled all;
  EXPECT_EQ(all.why_not("acks", "0"), "");
  EXPECT_EQ(all.why_not("enable.idempotence", "true"), "");
  const std::string why = settled(all);
  EXPECT_TRUE(contains(why, "enable.idempotence") && contains(why, "acks")) << why;
}

TEST(ProducerRules, MoreThanFiveInFlightIsTreatedLikeOtherAcks) {
  filled all;
  EXPECT_EQ(all.why_not("max.in.flight", "6"), "");
  EXPECT_EQ(settled(all), "");
  EXPECT_FALSE(all.producer.idempotence);
  EXPECT_EQ(all.why_not("enable.idempotence", "true"), "");
  all.producer.idempotence = true;
  EXPECT_TRUE(contains(settled(all), "max.in.flight"));
}

TEST(ProducerRules, AShortDeliveryTimeoutShortensTheRequestTimeoutUnlessThatWasGivenToo) {
  filled all;
  EXPECT_EQ(all.why_not("delivery.timeout.ms", "3s"), "");
  EXPECT_EQ(settled(all), "");
  EXPECT_LE(all.producer.request_timeout + all.producer.linger, 3s);
  filled both;
  EXPECT_EQ(both.why_not("delivery.timeout.ms", "3s"), "");
  EXPECT_EQ(both.why_not("request.timeout.ms", "5s"), "");
  EXPECT_TRUE(contains(settled(both), "delivery.timeout.ms"));
}

TEST(ProducerRules, ALongRequestTimeoutLengthensTheDefaultDeliveryTimeout) {
  filled all;
  EXPECT_EQ(all.why_not("request.timeout.ms", "200s"), "");
  EXPECT_EQ(settled(all), "");
  EXPECT_GE(all.producer.delivery_timeout, 200s);
}

TEST(ProducerRules, ATransactionalIdContradictsWhatCannotBeIdempotent) {
  for (const auto& [name, value] : {std::pair("enable.idempotence", "false"), {"acks", "1"}, {"max.in.flight", "6"}}) {
    filled all;
    EXPECT_EQ(all.why_not("transactional.id", "copier"), "");
    EXPECT_EQ(all.why_not("transaction.timeout.ms", "30s"), "");
    EXPECT_EQ(all.why_not(name, value), "");
    EXPECT_TRUE(contains(settled(all), "transactional.id")) << name;
    EXPECT_EQ(all.producer.transaction_timeout, 30s);
  }
}

TEST(ProducerRules, ALevelWithoutACodecIsAContradiction) {
  filled all;
  EXPECT_EQ(all.why_not("compression.level", "5"), "");
  EXPECT_TRUE(contains(settled(all), "compression.type"));
  EXPECT_EQ(all.why_not("compression.type", "zstd"), "");
  EXPECT_EQ(settled(all), "");
  EXPECT_EQ(all.producer.compression.level, 5);
  EXPECT_EQ(all.producer.compression.type, ottla::codec::zstd);
}

}  // namespace
