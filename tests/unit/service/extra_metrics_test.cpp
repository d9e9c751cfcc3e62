// extra_metrics: lag and breakers as gauges, with bounded labels.
#include "ottla/service/extra_metrics.hpp"

#include <gtest/gtest.h>

namespace ottla {
namespace {

TEST(extra_metrics, show_lag_per_partition_and_the_highest_of_the_rest_as_other) {
  const consumer_lag lags[] = {{"orders", 0, 7}, {"orders", 1, -3}, {"mail", 0, 50}, {"mail", 1, 90}, {"mail", 2, 60}};
  const metric_family family = lag_metric("my-service", lags, 2);
  EXPECT_EQ(family.name, "my_service_consumer_lag_records");
  ASSERT_EQ(family.samples.size(), 3u);
  EXPECT_EQ(family.samples[0].value, 7);
  EXPECT_EQ(family.samples[1].value, 0);
  using labels = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(family.samples[1].labels, (labels{{"topic", "orders"}, {"partition", "1"}}));
  EXPECT_EQ(family.samples[2].labels, (labels{{"topic", "other"}, {"partition", "other"}}));
  EXPECT_EQ(family.samples[2].value, 90);
  EXPECT_EQ(lag_metric("s", lags).samples.size(), 5u);
}

TEST(extra_metrics, show_a_breaker_as_one_when_it_is_open) {
  const breaker_gauge all[] = {
      {"a", breaker_state::closed}, {"b", breaker_state::open}, {"c", breaker_state::half_open}};
  const metric_family family = breaker_metric("s", all);
  EXPECT_EQ(family.name, "s_circuit_breaker_open");
  EXPECT_EQ(family.samples[0].value, 0);
  EXPECT_EQ(family.samples[1].value, 1);
  EXPECT_EQ(family.samples[2].value, 0.5);
}

}  // namespace
}  // namespace ottla
