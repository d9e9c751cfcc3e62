// client_metrics: what the client counts, as families whose labels stand once and are bounded.
#include "ottla/service/client_metrics.hpp"

#include <gtest/gtest.h>

namespace ottla {
namespace {

using namespace std::chrono_literals;

const metric_family* find(const std::vector<metric_family>& in, std::string_view name) {
  for (const metric_family& one : in) {
    if (one.name == name) return &one;
  }
  return nullptr;
}

named_producer_stats producing(std::string name, std::uint64_t batches) {
  named_producer_stats out;
  out.name = std::move(name);
  out.stats.batches_sent = batches;
  out.stats.bytes_sent = 100 * batches;
  out.stats.throttled = 1'500ms;
  return out;
}

TEST(client_metrics, have_one_sample_for_each_name) {
  const std::vector<named_producer_stats> all{producing("orders", 2), producing("paid", 3), producing("orders", 5)};
  const auto families = client_metrics("my-shop", all, {}, {});
  const metric_family* batches = find(families, "my_shop_producer_batches_total");
  ASSERT_NE(batches, nullptr);
  ASSERT_EQ(batches->samples.size(), 2u);
  EXPECT_EQ(batches->samples[0].labels[0], (std::pair<std::string, std::string>{"producer", "orders"}));
  EXPECT_EQ(batches->samples[0].value, 7);
  EXPECT_EQ(find(families, "my_shop_producer_batch_bytes_total")->samples[1].value, 300);
  EXPECT_EQ(find(families, "my_shop_producer_throttle_seconds_total")->samples[1].value, 1.5);
}

TEST(client_metrics, put_names_beyond_the_bound_together) {
  std::vector<named_producer_stats> all;
  for (int i = 0; i < 10; ++i) all.push_back(producing("t" + std::to_string(i), 1));
  const auto families = client_metrics("s", all, {}, {}, 3);
  const metric_family* batches = find(families, "s_producer_batches_total");
  ASSERT_EQ(batches->samples.size(), 4u);
  EXPECT_EQ(batches->samples[3].labels[0].second, "other");
  EXPECT_EQ(batches->samples[3].value, 7);
}

TEST(client_metrics, tell_until_when_certificates_are_good) {
  certificate_dates dates;
  dates.note({"client", "CN = us", wall_ms(2'000'000'500ms)});
  dates.note({"b1:9093", "CN = b1", wall_ms(1'000'000'000ms)});
  dates.note({"b1:9093", "CN = b1", wall_ms(3'000'000'000ms)});
  const metric_family found = certificate_metric("my-shop", dates.all());
  EXPECT_EQ(found.name, "my_shop_certificate_not_after_seconds");
  ASSERT_EQ(found.samples.size(), 2u);
  EXPECT_EQ(found.samples[0].labels[0].second, "b1:9093");
  EXPECT_EQ(found.samples[0].value, 3'000'000);
  EXPECT_EQ(found.samples[1].value, 2'000'000.5);
  EXPECT_EQ(certificate_metric("s", dates.all(), 1).samples.size(), 1u);
}

TEST(client_metrics, tell_latency_by_broker_and_lane) {
  traffic_meter meter;
  meter.of(broker_id{1}, lane::produce).answered(3ms);
  meter.of(broker_id{1}, lane::produce).answered(700ms);
  meter.of(broker_id{1}, lane::produce).answered(60s);
  meter.of(broker_id{-2}, lane::control).answered(1ms);
  meter.of(broker_id{-3}, lane::control).answered(1ms);
  const auto traffic = meter.read();
  const auto families = client_metrics("s", {}, {}, traffic);
  const metric_family* latency = find(families, "s_request_duration_seconds");
  ASSERT_NE(latency, nullptr);
  ASSERT_EQ(latency->samples.size(), 2u);
  EXPECT_EQ(latency->samples[0].labels[0].second, "bootstrap");  // whatever address it was
  EXPECT_EQ(latency->samples[0].count, 2u);
  EXPECT_EQ(latency->samples[0].buckets[1].count, 2u);  // bounds are inclusive
  const metric_sample& broker = latency->samples[1];
  EXPECT_EQ(broker.labels[1].second, "produce");
  EXPECT_EQ(broker.count, 3u);
  EXPECT_EQ(broker.buckets.back().count, 2u);
  EXPECT_DOUBLE_EQ(broker.sum, 60.703);
  for (std::size_t i = 1; i < broker.buckets.size(); ++i)
    EXPECT_GE(broker.buckets[i].count, broker.buckets[i - 1].count);
}

TEST(client_metrics, bound_the_rows_of_a_meter) {
  traffic_meter meter;
  for (std::int32_t i = 0; i < 10'000; ++i) meter.of(broker_id{i}, lane::fetch).answered(1ms);
  const auto rows = meter.read();
  EXPECT_LE(rows.size(), traffic_meter::most + 1);
  std::uint64_t answers = 0;
  for (const lane_traffic& one : rows) answers += one.answers;
  EXPECT_EQ(answers, 10'000u);
}

}  // namespace
}  // namespace ottla
