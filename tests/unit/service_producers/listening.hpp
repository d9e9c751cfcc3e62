// Producers of the service layer on a dev broker in virtual time, and everything that they tell.
#pragma once

#include "../consumer/simulated.hpp"
#include "ottla/service/producers.hpp"

namespace ottla::test {

/// Writes down what telemetry and the error logger are told.
struct told_telemetry final : telemetry {
  struct write {
    std::string service, topic, client_id;
    std::int32_t partition;
    producer_type type;
    bool success;
    std::chrono::nanoseconds latency{};
    std::size_t bytes = 0;
    std::uint64_t messages = 0;
  };
  void collect_write_latency(const write_context& of, std::chrono::nanoseconds duration,
                             std::uint64_t messages) noexcept override {
    writes.push_back({std::string(of.service), std::string(of.topic), std::string(of.client_id), of.partition, of.type,
                      of.success, duration, 0, messages});
  }
  void collect_write_size(const write_context&, std::size_t bytes, std::uint64_t messages) noexcept override {
    writes.back().bytes = bytes;
    EXPECT_EQ(writes.back().messages, messages);
  }
  std::uint64_t messages(bool success) const {
    std::uint64_t sum = 0;
    for (const write& one : writes) sum += one.success == success ? one.messages : 0;
    return sum;
  }
  std::size_t bytes() const {
    std::size_t sum = 0;
    for (const write& one : writes) sum += one.bytes;
    return sum;
  }
  std::vector<write> writes;
};
struct told_errors final : error_logger {
  void log_error(const error& what, service_operation doing) noexcept override {
    EXPECT_EQ(doing, service_operation::send);
    lines.push_back(std::string(name(code_of(what, doing))) + " " + what.message());
  }
  std::vector<std::string> lines;
};

class listening : public simulated {
 protected:
  explicit listening(int count = 1) : listening(nodes(count)) {}
  explicit listening(mock::broker_options cluster) : simulated(std::move(cluster)), on(open()) {
    where.cluster().create_topic("orders", 1);
  }

  producer_options options() {
    producer_options out;
    out.service = "shop";
    out.name = "shop-1";
    out.topic = "orders";
    out.telemetry = heard;
    out.error_logger = errors_told;
    out.metrics = counted;
    json_log_config config;
    config.least = log_level::debug;
    config.sink = [this](std::string_view line) { lines.emplace_back(line); };
    config.clock = [this] { return where.wall(); };
    config.brokers = {"sim:9092"};
    out.log = std::make_shared<json_log>(config);
    return out;
  }
  static producer_message saying(std::string_view value, std::string_view topic = {}) {
    producer_message out;
    out.topic = topic;
    out.value = value;
    return out;
  }
  void resume(std::size_t node) {
    where.cluster().resume(node, {where.now().time_since_epoch(), where.wall().time_since_epoch()});
  }
  double figure(std::string_view name, std::string_view status = {}) const {
    for (const metric_family& family : counted->snapshot(where.now())) {
      if (family.name != name) continue;
      for (const metric_sample& sample : family.samples) {
        bool fits = status.empty();
        for (const auto& [label, value] : sample.labels) fits = fits || (label == "status" && value == status);
        if (fits) return family.kind == metric_kind::histogram ? static_cast<double>(sample.count) : sample.value;
      }
    }
    return -1;
  }
  bool logged(std::string_view text) const {
    for (const std::string& line : lines) {
      if (line.find(text) != std::string::npos) return true;
    }
    return false;
  }
  /// All values of a topic, as the broker has them.
  std::vector<std::string> stored(const std::string& topic, std::size_t count) {
    cluster reading = open();
    consumer_config config;
    config.topics = {topic};
    config.start = earliest;
    consumer from(reading, config);
    return read(from, count);
  }

  std::shared_ptr<told_telemetry> heard = std::make_shared<told_telemetry>();
  std::shared_ptr<told_errors> errors_told = std::make_shared<told_errors>();
  std::shared_ptr<memory_metrics> counted =
      std::make_shared<memory_metrics>(where.now(), memory_metrics_config{.service = "shop"});
  std::vector<std::string> lines;
  cluster on;
};

}  // namespace ottla::test
