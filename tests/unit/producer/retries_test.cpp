// How often a batch is sent again, how long the pauses are, and who pays for whose failure.
#include "fixture.hpp"

namespace ottla {
namespace {

using test::acknowledge;
using test::refuse;

using retries = producing;

TEST_F(retries, are_so_many_and_the_last_failure_is_told) {
  start([](producer_config& config) { config.retries = 2; });
  send_now("a");
  for (int i = 0; i < 3; ++i) {
    refuse(brokers, next(), error_code::not_enough_replicas);
    brokers.advance(2s);
  }
  EXPECT_EQ(told, (lines{"a!NOT_ENOUGH_REPLICAS"}));
  EXPECT_EQ(waiting(), 0u);
}

TEST_F(retries, none_means_that_each_batch_is_sent_once) {
  start([](producer_config& config) { config.retries = 0; });
  send_now("a");
  refuse(brokers, next(), error_code::not_enough_replicas);
  brokers.advance(2s);
  EXPECT_EQ(told, (lines{"a!NOT_ENOUGH_REPLICAS"}));
  send_now("b");
  brokers.advance(2s);
  const auto b = next();
  EXPECT_EQ(b.only().values, (lines{"b"}));
  EXPECT_EQ(b.only().header.base_sequence, 0);  // under the next epoch: the broker misses nothing
  acknowledge(brokers, b, 0);
  EXPECT_EQ(told.back(), "b@0");
}

TEST_F(retries, are_not_used_up_by_what_an_earlier_batch_left_behind) {
  start([](producer_config& config) { config.retries = 0; });
  prove();
  send_now("a");
  send_now("b");
  const auto a = next(), b = next();
  refuse(brokers, a, error_code::not_enough_replicas);
  refuse(brokers, b, error_code::out_of_order_sequence_number);
  brokers.advance(2s);
  acknowledge(brokers, next(), 1);
  EXPECT_EQ(told, (lines{"a!NOT_ENOUGH_REPLICAS", "b@1"}));
}

TEST_F(retries, an_outcome_that_is_not_known_says_so_when_they_are_used_up) {
  start([](producer_config& config) { config.retries = 0; });
  send_now("a");
  refuse(brokers, next(), error_code::request_timed_out);
  EXPECT_EQ(told, (lines{"a!REQUEST_TIMED_OUT?"}));
}

TEST_F(retries, wait_as_long_as_the_producer_says_and_not_as_the_cluster) {
  start([](producer_config& config) { config.retry_backoff = 10s; });
  send_now("a");
  refuse(brokers, next(), error_code::not_enough_replicas);
  brokers.advance(7s);
  EXPECT_EQ(waiting(), 0u);
  brokers.advance(6s);
  EXPECT_EQ(waiting(), 1u);
}

TEST_F(retries, below_zero_are_a_bad_configuration) {
  cluster on = brokers.open([](cluster_config&) {});
  producer_config config;
  config.retries = -1;
  producer out(on, config);
  ASSERT_FALSE(out.valid());
  EXPECT_EQ(out.valid().error().context().asked, "retries");
}

}  // namespace
}  // namespace ottla
