// metrics: the names of the document, bounded labels, histograms, and counting from many threads.
#include "ottla/service/metrics.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <thread>

#include "moment.hpp"
#include "ottla/service/telemetry.hpp"

namespace ottla {
namespace {

using namespace std::chrono_literals;

// "name{label=value,...}" -> value; histograms as name_count, name_sum and name_bucket{le=...}.
std::map<std::string, double> read(const memory_metrics& from, steady_ns now = start) {
  std::map<std::string, double> out;
  for (const metric_family& family : from.snapshot(now)) {
    for (const metric_sample& sample : family.samples) {
      std::string labels;
      for (const auto& [name, value] : sample.labels) labels += (labels.empty() ? "" : ",") + name + "=" + value;
      const std::string end = labels.empty() ? "" : "{" + labels + "}";
      if (family.kind != metric_kind::histogram) {
        EXPECT_TRUE(out.emplace(family.name + end, sample.value).second);
        continue;
      }
      out[family.name + "_count" + end] = static_cast<double>(sample.count);
      out[family.name + "_sum" + end] = sample.sum;
      for (const auto& bucket : sample.buckets) {
        out[family.name + "_bucket{" + labels + ",le=" + std::to_string(bucket.upper) + "}"] =
            static_cast<double>(bucket.count);
      }
    }
  }
  return out;
}

TEST(metrics, has_exactly_the_names_of_the_document) {
  memory_metrics counted(start, {.service = "example_service"});
  std::vector<std::string> names;
  for (const auto& family : counted.snapshot(start)) names.push_back(family.name);
  EXPECT_EQ(names, (std::vector<std::string>{
                       "example_service_messages_received_total", "example_service_messages_processed_total",
                       "example_service_message_processing_duration_seconds", "example_service_retry_attempts_total",
                       "example_service_messages_sent_total", "example_service_message_publish_duration_seconds",
                       "example_service_dlq_messages_total", "example_service_active_consumers",
                       "example_service_active_producers", "example_service_uptime_seconds"}));
}

TEST(metrics, counts_what_it_is_told) {
  memory_metrics counted(start, {.service = "s"});
  const topic_id orders = counted.topic("orders");
  counted.received(orders, 3);
  counted.processed(orders, message_status::success, 2ms);
  counted.processed(orders, message_status::error, 2ms);
  counted.processed(orders, message_status::error, 2ms);
  counted.processed(orders, message_status::dead_letter, 2ms);
  counted.retried(orders);
  counted.sent(orders, message_status::success, 1s, 10);
  counted.sent(orders, message_status::error, 1s);
  counted.dead_lettered(orders);
  counted.consumers(1), counted.consumers(1), counted.consumers(-1);
  counted.producers(1);
  auto figures = read(counted, start + 90s);
  EXPECT_EQ(figures["s_messages_received_total{topic=orders}"], 3);
  EXPECT_EQ(figures["s_messages_processed_total{topic=orders,status=success}"], 1);
  EXPECT_EQ(figures["s_messages_processed_total{topic=orders,status=error}"], 2);
  EXPECT_EQ(figures["s_messages_processed_total{topic=orders,status=dead_letter}"], 1);
  EXPECT_EQ(figures["s_message_processing_duration_seconds_count{topic=orders}"], 4);
  EXPECT_DOUBLE_EQ(figures["s_message_processing_duration_seconds_sum{topic=orders}"], 0.008);
  EXPECT_EQ(figures["s_retry_attempts_total{topic=orders}"], 1);
  EXPECT_EQ(figures["s_messages_sent_total{topic=orders,status=success}"], 10);
  EXPECT_EQ(figures["s_messages_sent_total{topic=orders,status=error}"], 1);
  EXPECT_EQ(figures["s_message_publish_duration_seconds_count{topic=orders}"], 11);
  EXPECT_EQ(figures["s_message_publish_duration_seconds_sum{topic=orders}"], 11);
  EXPECT_EQ(figures["s_dlq_messages_total{topic=orders}"], 1);
  EXPECT_EQ(figures["s_active_consumers"], 1);
  EXPECT_EQ(figures["s_active_producers"], 1);
  EXPECT_EQ(figures["s_uptime_seconds"], 90);
}

TEST(metrics, shows_a_topics_counters_with_zero_before_anything_happened) {
  memory_metrics counted(start, {.service = "s"});
  counted.topic("orders");
  const auto figures = read(counted);
  EXPECT_EQ(figures.at("s_dlq_messages_total{topic=orders}"), 0);
  EXPECT_EQ(figures.at("s_messages_processed_total{topic=orders,status=error}"), 0);
  EXPECT_FALSE(figures.contains("s_dlq_messages_total{topic=other}"));
}

TEST(metrics, sorts_durations_into_cumulative_buckets_with_inclusive_bounds) {
  memory_metrics counted(start, {.service = "s", .buckets = {1.0, 0.1}});
  const topic_id t = counted.topic("t");
  for (const auto duration :
       {0ns, std::chrono::nanoseconds(100ms), std::chrono::nanoseconds(100ms) + 1ns, std::chrono::nanoseconds(1s),
        std::chrono::nanoseconds(1h), std::chrono::nanoseconds(-5s)}) {
    counted.processed(t, message_status::success, duration);
  }
  const auto figures = read(counted);
  EXPECT_EQ(figures.at("s_message_processing_duration_seconds_bucket{topic=t,le=0.100000}"), 3);
  EXPECT_EQ(figures.at("s_message_processing_duration_seconds_bucket{topic=t,le=1.000000}"), 5);
  EXPECT_EQ(figures.at("s_message_processing_duration_seconds_count{topic=t}"), 6);
}

TEST(metrics, bounds_its_labels) {
  memory_metrics counted(start, {.service = "s", .max_topics = 2});
  EXPECT_EQ(counted.topic("a"), counted.topic("a"));
  counted.received(counted.topic("a"));
  counted.received(counted.topic("b"));
  for (int i = 0; i < 1000; ++i) counted.received(counted.topic("t" + std::to_string(i)));
  counted.received(std::numeric_limits<topic_id>::max());  // an id that nobody gave
  counted.received(counted.topic("a"));
  const auto figures = read(counted);
  EXPECT_EQ(figures.at("s_messages_received_total{topic=a}"), 2);
  EXPECT_EQ(figures.at("s_messages_received_total{topic=b}"), 1);
  EXPECT_EQ(figures.at("s_messages_received_total{topic=other}"), 1001);
  EXPECT_FALSE(figures.contains("s_messages_received_total{topic=t0}"));
}

TEST(metrics, keeps_a_topic_named_other_apart_from_nothing) {
  memory_metrics counted(start, {.service = "s"});
  counted.received(counted.topic("other"), 7);
  EXPECT_EQ(read(counted).at("s_messages_received_total{topic=other}"), 7);
}

TEST(metrics, makes_a_prefix_that_prometheus_takes) {
  EXPECT_EQ(metric_prefix("my-service.v2"), "my_service_v2");
  EXPECT_EQ(metric_prefix("2nd"), "_2nd");
  EXPECT_EQ(metric_prefix("\xc3\xa9"), "__");
  EXPECT_EQ(metric_prefix(""), "ottla");
}

TEST(metrics, loses_nothing_among_threads_and_never_shows_less_than_its_buckets) {
  memory_metrics counted(start, {.service = "s"});
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      const topic_id topic = counted.topic(t % 2 == 0 ? "even" : "odd");
      for (int i = 0; i < 5'000; ++i)
        counted.processed(topic, message_status::success, std::chrono::milliseconds(i % 200));
    });
  }
  for (int i = 0; i < 50; ++i) {
    for (const auto& family : counted.snapshot(start)) {
      for (const auto& sample : family.samples) {
        if (!sample.buckets.empty()) {
          EXPECT_GE(sample.count, sample.buckets.back().count);
        }
      }
    }
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(read(counted).at("s_message_processing_duration_seconds_count{topic=even}"), 10'000);
  EXPECT_EQ(read(counted).at("s_messages_processed_total{topic=odd,status=success}"), 10'000);
}

TEST(telemetry, counts_writes_as_sent_messages) {
  memory_metrics counted(start, {.service = "s"});
  metrics_telemetry listener(counted);
  write_context of;
  of.topic = "orders";
  of.success = true;
  listener.collect_write_latency(of, 5ms, 4);
  of.success = false;
  listener.collect_write_latency(of, 5ms, 1);
  listener.collect_write_size(of, 100, 1);
  const auto figures = read(counted);
  EXPECT_EQ(figures.at("s_messages_sent_total{topic=orders,status=success}"), 4);
  EXPECT_EQ(figures.at("s_messages_sent_total{topic=orders,status=error}"), 1);
  EXPECT_EQ(name(producer_type::sync), "sync");
  EXPECT_EQ(name(producer_type::async), "async");
}

TEST(error_logger, writes_a_line_with_the_code) {
  std::string line;
  json_log log({.sink = [&](std::string_view one) { line = one; }, .clock = [] { return wall_ms(0ms); }});
  json_error_logger logger(log, "producer");
  error_context context;
  context.asked = "Produce to orders-3";
  logger.log_error(error(client_code::disconnected, context), service_operation::send);
  EXPECT_NE(line.find(R"("component":"producer","msg":"Produce to orders-3")"), std::string::npos) << line;
  EXPECT_NE(line.find(R"("code":"KAFKA_SEND_FAILED")"), std::string::npos) << line;
}

}  // namespace
}  // namespace ottla
