// producers: sending for a service: one that waits for each outcome and one that does not, with telemetry, logs,
// health, guards and trace context.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ottla/cluster.hpp"
#include "ottla/delivery.hpp"
#include "ottla/producer_config.hpp"
#include "ottla/record.hpp"
#include "ottla/service/json_log.hpp"
#include "ottla/service/metrics.hpp"
#include "ottla/service/reliability.hpp"
#include "ottla/service/telemetry.hpp"
#include "ottla/service/trace.hpp"

namespace ottla {
inline namespace v0 {

class producer_runtime;

/// What is sent: a record and its topic. Borrows everything it names during the call it is passed to.
struct producer_message {
  std::string_view topic{};  ///< empty: the producer's default topic
  blob key{};
  blob value{};
  std::span<const record_header> headers{};
  std::int32_t partition = any_partition;
  std::int64_t timestamp = now_timestamp;
  const trace_context* trace = nullptr;  ///< the parent for trace_hooks; null: none
};

struct producer_options {
  std::string service = "ottla";  ///< in telemetry
  std::string name{};             ///< the client id in telemetry and logs; empty: the cluster's
  std::string topic{};            ///< the default topic; empty: each message names one

  /// Nothing: the client's defaults, but a sync producer has linger 0 (nobody adds to a batch whose sender waits), and
  /// an async one max_block 0 (buffer_full at once instead of waiting for room). A sync one never waits for room longer
  /// than `timeout`. `on_batch` belongs to this layer.
  std::optional<producer_config> config{};
  /// Over `config.retries`: tries beyond the first of each batch.
  std::optional<std::int32_t> retry_max{};
  /// Over `config.retry_backoff`: the pause before the first retry.
  std::optional<std::chrono::milliseconds> retry_backoff{};
  /// Over `config.required_acks`. With less than all, idempotence goes off.
  std::optional<ottla::acks> required_acks{};
  /// How long a send of a sync producer waits for its outcome where the call does not say. 1 ms and up.
  std::chrono::milliseconds timeout{30'000};
  /// Around each message: retry, rate limit, bulkhead, breaker, in the order that `reliability` argues. Each message is
  /// copied then. A retry sends what failed for good at the producer once more, also where it may have been stored:
  /// at least once, and not in order. Nothing: no guards.
  std::optional<reliability_config> guards{};

  // Who listens; nothing: nobody. Kept until the last outcome was told.

  std::shared_ptr<ottla::telemetry> telemetry{};
  /// Told of every batch that failed and of every message that was not taken (alike ones of one second together).
  std::shared_ptr<ottla::error_logger> error_logger{};
  /// Counts messages sent and producers at work; not beside a metrics_telemetry on the same metrics.
  std::shared_ptr<ottla::metrics> metrics{};
  std::shared_ptr<ottla::trace_hooks> tracing{};
  std::shared_ptr<const json_log> log{};

  /// invalid_config (KAFKA_INVALID_CONFIG), naming the member.
  result<void> validate() const;
};

/// How a producer is: what its producer counts, and its guards.
struct service_producer_stats {
  producer_stats records{};
  std::size_t parked = 0;   ///< messages that wait for their topic's partitions to be known
  std::size_t guarded = 0;  ///< messages inside the guards
  std::optional<breaker_state> breaker{};
};

/// Sends and waits: each call has its outcome. Messages of one thread for one partition keep their order (with guards:
/// as far as none is retried). Any thread; on the core's own thread calls fail with would_deadlock.
class sync_producer {
 public:
  /// No I/O. A bad configuration is told by valid(), and by every call.
  sync_producer(cluster& on, producer_options options);
  ~sync_producer();
  sync_producer(sync_producer&&) noexcept;
  sync_producer& operator=(sync_producer&&) noexcept;

  result<void> valid() const;
  /// Partition and offset, or `failure`. `delivery::topic` lives as long as the producer. The deadline ends the wait,
  /// never the message: timed_out then, and it may have been stored. 0: `options.timeout`.
  delivery send(const producer_message& what, std::chrono::milliseconds timeout = std::chrono::milliseconds(0));
  /// Sends all, then waits for all; the outcomes are in the order of the messages.
  std::vector<delivery> send(std::span<const producer_message> many,
                             std::chrono::milliseconds timeout = std::chrono::milliseconds(0));

  /// Asks the cluster. KAFKA_BROKERS_UNAVAILABLE if no broker answers in time.
  result<void> health(std::chrono::milliseconds timeout) const;
  service_producer_stats stats() const;
  /// Takes no more, waits for what is under way, and ends. The error counts what had no outcome by the deadline.
  /// Idempotent. The destructor closes with delivery_timeout as the bound; on the core's thread it waits for nothing.
  result<void> close(std::chrono::milliseconds timeout);

 private:
  std::shared_ptr<producer_runtime> runtime_;
};

/// Sends without waiting: nothing here blocks but flush and close (unless `config.max_block` says so), so it may be
/// used on the core's thread and in any loop. Outcomes go to telemetry, failures to the error logger. Any thread.
class async_producer {
 public:
  using outcome = unique_function<void(const delivery&)>;

  /// No I/O. A bad configuration is told by valid(), and by every call.
  async_producer(cluster& on, producer_options options);
  ~async_producer();
  async_producer(async_producer&&) noexcept;
  async_producer& operator=(async_producer&&) noexcept;

  result<void> valid() const;
  /// Takes the message. An error: not taken (buffer_full, unknown_topic, closed, ...), and the error logger was told
  /// as well. Until its topic's partitions are known a message waits in memory, bounded by `config.buffer_memory`.
  result<void> send(const producer_message& what);
  /// The same, and `told` is called once with the outcome, on the core's thread (possibly on this one, before this
  /// returns). Not called if this gives an error. It must neither block nor throw.
  result<void> send(const producer_message& what, outcome told);
  /// Takes as many as it can: the first error, when all were tried.
  result<void> send(std::span<const producer_message> many);

  /// Waits until everything taken so far has its outcome.
  result<void> flush(std::chrono::milliseconds timeout);
  result<void> health(std::chrono::milliseconds timeout) const;
  service_producer_stats stats() const;
  /// As sync_producer's.
  result<void> close(std::chrono::milliseconds timeout);

 private:
  std::shared_ptr<producer_runtime> runtime_;
};

}  // namespace v0
}  // namespace ottla
