// kafka_event_publisher: publishes events as records of Kafka topics, as CloudEvents or plain.
#pragma once

#include <chrono>
#include <string_view>

#include "ottla/cluster.hpp"
#include "ottla/service/cloud_events.hpp"
#include "ottla/service/envelope.hpp"
#include "ottla/service/producers.hpp"

namespace ottla {
inline namespace v0 {

/// An event_publisher on an async_producer of its own. Any thread.
class kafka_event_publisher final : public event_publisher {
 public:
  /// No I/O. A bad configuration is told by valid(), and by every call.
  explicit kafka_event_publisher(cluster& on, producer_options options, envelope_mode mode = envelope_mode::binary);

  result<void> valid() const { return producer_.valid(); }

  /// Never waits. An empty topic is the producer's default. Errors: what encode_event refuses, and those of
  /// async_producer::send. `told` runs on the core's thread; it must not block.
  result<void> publish(std::string_view topic, const envelope& event, outcome told) override;
  /// Errors also: the failure of the delivery; timed_out at the deadline, which ends the wait and not the event;
  /// would_deadlock on the core's thread. `delivery::topic` lives as long as this.
  result<delivery> publish(std::string_view topic, const envelope& event, std::chrono::milliseconds timeout) override;
  result<void> close(std::chrono::milliseconds timeout) override { return producer_.close(timeout); }

  result<void> health(std::chrono::milliseconds timeout) const { return producer_.health(timeout); }
  service_producer_stats stats() const { return producer_.stats(); }

 private:
  cluster cluster_;
  async_producer producer_;
  envelope_mode mode_;
};

}  // namespace v0
}  // namespace ottla
