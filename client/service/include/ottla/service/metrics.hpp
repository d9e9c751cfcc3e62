// metrics: the figures of a service under the names that dashboards know, counted without locks, read as a snapshot.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ottla/net/time.hpp"

namespace ottla {
inline namespace v0 {

/// What became of a message. The values of the label `status`.
enum class message_status : std::uint8_t {
  success,      ///< handled, or acknowledged
  error,        ///< one try failed: the handler's, or the broker's answer
  dead_letter,  ///< given up, and in the dead letter topic
};
inline constexpr std::size_t message_statuses = 3;
/// "success", "error", "dead_letter".
std::string_view name(message_status status);

/// A topic's place among the labels: 0 is `other`.
using topic_id = std::uint32_t;

/// What the layer counts. All of it on any thread, throwing nothing, and cheap enough for every message: resolve the
/// topic once.
///
///     {service}_messages_received_total{topic}                    received
///     {service}_messages_processed_total{topic,status}            processed
///     {service}_message_processing_duration_seconds{topic}        processed
///     {service}_retry_attempts_total{topic}                       retried
///     {service}_messages_sent_total{topic,status}                 sent
///     {service}_message_publish_duration_seconds{topic}           sent
///     {service}_dlq_messages_total{topic}                         dead_lettered; the topic the message came from
///     {service}_active_consumers, _active_producers               consumers, producers
///     {service}_uptime_seconds
class metrics {
 public:
  virtual ~metrics() = default;

  /// The id of a topic's label. When too many topics were seen, `other`: labels are bounded.
  virtual topic_id topic(std::string_view name) noexcept = 0;

  virtual void received(topic_id topic, std::uint64_t messages = 1) noexcept = 0;
  /// So many tries of a handler came to their ends, and took that long each.
  virtual void processed(topic_id topic, message_status status, std::chrono::nanoseconds duration,
                         std::uint64_t messages = 1) noexcept = 0;
  virtual void retried(topic_id topic) noexcept = 0;
  /// So many messages got their outcome together, that long after they were given.
  virtual void sent(topic_id topic, message_status status, std::chrono::nanoseconds duration,
                    std::uint64_t messages = 1) noexcept = 0;
  virtual void dead_lettered(topic_id topic) noexcept = 0;
  /// Plus one when it begins, minus one when it ends.
  virtual void consumers(int change) noexcept = 0;
  virtual void producers(int change) noexcept = 0;
};

// What is read: plain values that any exporter can turn into its own.

enum class metric_kind : std::uint8_t { counter, gauge, histogram };

struct metric_bucket {
  double upper = 0;         ///< inclusive
  std::uint64_t count = 0;  ///< of all observations up to there: cumulative
};
struct metric_sample {
  std::vector<std::pair<std::string, std::string>> labels{};
  double value = 0;                      ///< counter, gauge
  std::vector<metric_bucket> buckets{};  ///< histogram, ascending; what lies above the last is in `count` alone
  std::uint64_t count = 0;               ///< histogram
  double sum = 0;                        ///< histogram, in the unit of the name
};
struct metric_family {
  std::string name{};
  std::string help{};
  metric_kind kind = metric_kind::counter;
  std::vector<metric_sample> samples{};
};
/// Where an exporter gets families from; any thread.
using metric_source = std::function<std::vector<metric_family>(steady_ns now)>;

/// "my-service" is my_service: what Prometheus allows in a name. Empty: "ottla".
std::string metric_prefix(std::string_view service);

struct memory_metrics_config {
  std::string service = "ottla";  ///< through metric_prefix
  std::size_t max_topics = 100;   ///< topics with a label of their own, 1 to 10,000; those that come later are `other`
  /// Upper bounds of both histograms' buckets in seconds, ascending; at most 32 are used.
  std::vector<double> buckets{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60};
};

/// Counts in memory: an atomic addition or three per call, no lock but in `topic`. A topic's counters are there with 0
/// from the moment it is resolved, so that the first failure is an increase and not a beginning.
class memory_metrics final : public metrics {
 public:
  /// `started`: what uptime counts from.
  explicit memory_metrics(steady_ns started, memory_metrics_config config = {});
  ~memory_metrics() override;

  topic_id topic(std::string_view name) noexcept override;
  void received(topic_id topic, std::uint64_t messages = 1) noexcept override;
  void processed(topic_id topic, message_status status, std::chrono::nanoseconds duration,
                 std::uint64_t messages = 1) noexcept override;
  void retried(topic_id topic) noexcept override;
  void sent(topic_id topic, message_status status, std::chrono::nanoseconds duration,
            std::uint64_t messages = 1) noexcept override;
  void dead_lettered(topic_id topic) noexcept override;
  void consumers(int change) noexcept override;
  void producers(int change) noexcept override;

  /// Each figure is right; two of them may be a call apart. A histogram's count never falls below its buckets.
  std::vector<metric_family> snapshot(steady_ns now) const;

 private:
  struct shared;
  std::unique_ptr<shared> shared_;
};

}  // namespace v0
}  // namespace ottla
