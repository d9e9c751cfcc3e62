// A consumer and a producer whose leader is lost with what only it had (C-33, KIP-320): a real cluster, a real loss.
#include "simulated.hpp"

namespace ottla::test {
namespace {

class truncation : public simulated {
 protected:
  truncation() : simulated(nodes(3)) {
    EXPECT_EQ(where.cluster().create_topic("t", 1, 3), "");
    EXPECT_EQ(where.cluster().partition("t", 0)->leader, 1);
  }
  consumer_config from_the_beginning(offset_reset otherwise = offset_reset::earliest) {
    consumer_config config;
    config.partitions = {{"t", 0, earliest}};
    config.reset = otherwise;
    return config;
  }
  /// The first node has twenty records and fails; another one leads with ten of them, before the first is back.
  void lose_half() {
    mock::broker& kafka = where.cluster();
    ASSERT_EQ(kafka.partition("t", 0)->log_end_offset, 20);
    kafka.stop(0);
    ASSERT_TRUE(kafka.elect_unclean("t", 0, where.broker_time()));
    kafka.start(0);
    ASSERT_EQ(kafka.partition("t", 0)->log_end_offset, 10);
  }
  void write_half_to_all_and_half_to_one() {
    fill("t", 0, 10);
    ASSERT_TRUE(where.cluster().hold_out_of_sync("t", 0, {1, 2}, where.broker_time()));
    fill("t", 0, 10);
  }
};

TEST_F(truncation, AReaderGoesOnWhereTheNewLeadersLogPartsFromTheOld) {
  write_half_to_all_and_half_to_one();
  cluster on = open();
  consumer in(on, from_the_beginning());
  EXPECT_EQ(read(in, 20), numbers(0, 20));
  lose_half();
  fill("t", 0, 15);
  EXPECT_EQ(read(in, 15), numbers(20, 35)) << "all that the new leader has written, from its first on";
  EXPECT_TRUE(errors.empty());
  EXPECT_NE(log.find("was truncated at 10"), std::string::npos) << log;
}

TEST_F(truncation, AReaderThatMustNotJumpIsToldThatTheLogWasTruncated) {
  write_half_to_all_and_half_to_one();
  cluster on = open();
  consumer in(on, from_the_beginning(offset_reset::none));
  EXPECT_EQ(read(in, 20), numbers(0, 20));
  lose_half();
  fill("t", 0, 15);
  EXPECT_TRUE(read(in, 15).empty());
  ASSERT_FALSE(errors.empty());
  EXPECT_NE(errors[0].why.message().find("truncated at 10"), std::string::npos) << errors[0].why.message();
}

TEST_F(truncation, AReaderSeesNothingThatAFailureOfOneNodeCanTakeAway) {
  fill("t", 0, 10);
  for (const std::size_t node : {1u, 2u}) where.cluster().lag("t", 0, node, std::nullopt, where.broker_time());
  cluster on = open();
  producer_config config;
  config.linger = 0ms;
  producer out(on, config);
  ottla::topic to = out.topic("t");
  record what;
  what.value = "sent again";
  what.timestamp = 2'000;  // as old as the others: it must not have them dropped
  what.partition = 0;
  int outcomes = 0;
  bool acked = false;
  ASSERT_TRUE(to.send(what, [&](const delivery& told) {
                  ++outcomes;
                  acked = !told.failure;
                }).has_value());
  cluster other = open();
  consumer in(other, from_the_beginning());
  EXPECT_EQ(read(in, 20), numbers(0, 10)) << log;
  EXPECT_EQ(where.cluster().partition("t", 0)->log_end_offset, 11);
  EXPECT_EQ(outcomes, 0) << "acks=all waits";
  where.cluster().crash(0);
  EXPECT_EQ(where.cluster().partition("t", 0)->log_end_offset, 10);
  for (const std::size_t node : {1u, 2u}) where.cluster().follow("t", 0, node, where.broker_time());
  EXPECT_TRUE(out.flush(30s).has_value());
  EXPECT_EQ(outcomes, 1);
  EXPECT_TRUE(acked);
  EXPECT_EQ(read(in, 1), std::vector<std::string>{"sent again"});
  EXPECT_EQ(where.cluster().partition("t", 0)->log_end_offset, 11) << "once";
}

}  // namespace
}  // namespace ottla::test
