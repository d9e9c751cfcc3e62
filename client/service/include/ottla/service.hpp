// service: one client for a whole service: its consumers, its producers, their logs, metrics and health, and their end
// in order.
#pragma once

#include <chrono>
#include <concepts>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "ottla/cluster.hpp"
#include "ottla/service/consumer.hpp"
#include "ottla/service/health.hpp"
#include "ottla/service/json_log.hpp"
#include "ottla/service/metrics.hpp"
#include "ottla/service/producers.hpp"
#include "ottla/service/stop_on_signals.hpp"
#include "ottla/service/telemetry.hpp"
#include "ottla/service/topic_create.hpp"
#include "ottla/service/trace.hpp"

namespace ottla {
inline namespace v0 {

class service_state;

struct service_config {
  std::string name = "ottla";  ///< of the service: in metrics, telemetry and logs
  /// bootstrap and all else of the connections. Without a `log` of its own the core's lines go to the service's.
  cluster_config cluster{};
  std::string group{};  ///< of consumers that name none; empty: each names one
  std::string topic{};  ///< the default topic, where add_consumer and add_producer are given none

  /// Nothing: lines of `least` and above on standard error.
  std::shared_ptr<const json_log> log{};
  log_level least = log_level::info;
  /// Nothing: counted in memory under `name`, and part of what metrics_source() gives.
  std::shared_ptr<ottla::metrics> metrics{};
  /// Nothing: one of the service's own. The service adds its checks to it, and takes them away when it closes.
  std::shared_ptr<health_registry> health{};
  // For producers that bring none.
  std::shared_ptr<ottla::telemetry> telemetry{};
  std::shared_ptr<ottla::error_logger> error_logger{};
  std::shared_ptr<ottla::trace_hooks> tracing{};  ///< also around each try of each handler

  /// The bound of the destructor's close. 1 ms and up.
  std::chrono::milliseconds close_timeout{30'000};

  /// invalid_config (KAFKA_INVALID_CONFIG), naming the member.
  result<void> validate() const;
};

struct add_producer_options {
  producer_options producer{};           ///< what is not set comes from the service
  std::optional<topic_create> create{};  ///< the topic is made when the producer is added; nothing: it is not
  std::chrono::milliseconds create_timeout{30'000};
};

/// A producer of one topic. Cheap to copy; any thread. Lives as long as a copy of it does; ends with its service.
class topic_producer {
 public:
  /// Sends all and waits for all, up to `producer_options::timeout`. The error is the first one's, and counts.
  result<void> produce(std::span<const producer_message> messages);
  /// `produce({{.key = "k1", .value = "v1"}, {.key = "k2", .value = "v2"}})`.
  result<void> produce(std::initializer_list<producer_message> messages) {
    return produce(std::span(messages.begin(), messages.size()));
  }
  template <std::same_as<producer_message>... More>
  result<void> produce(const producer_message& first, const More&... more) {
    return produce({first, more...});
  }
  /// The same with the outcome of each.
  std::vector<delivery> send(std::span<const producer_message> messages) { return producer_->send(messages); }
  result<void> health(std::chrono::milliseconds timeout) const { return producer_->health(timeout); }
  service_producer_stats stats() const { return producer_->stats(); }

 private:
  friend class service;
  explicit topic_producer(std::shared_ptr<sync_producer> of) : producer_(std::move(of)) {}
  std::shared_ptr<sync_producer> producer_;
};

/// **What throws**: a handler of messages has failed that try. Everything else of the application's that this layer
/// calls (listeners, health checks, outcomes, what guards call) must not: the process ends (std::terminate).
///
/// **The child of a fork** may destroy what it inherited: nothing waits, nothing is freed there. Calls that give a
/// result say `forked`; other calls are not to be made.
///
/// Any thread, unless said otherwise. Without threads (threading::manual, a simulation, ottla::test_kit) everything
/// happens inside turn(), run() and the blocking calls, on the thread that makes them.
///
///     auto app = ottla::service::open({.name = "billing", .cluster = {.bootstrap = "kafka-1:9092"}, .group =
///     "billing"}); auto paid = app->add_producer("paid", {.create = ottla::topic_create{.partitions = 12}});
///     app->add_consumer("orders", [&](const ottla::message& m) -> ottla::verdict { ... });
///     ottla::stop_on_signals signals;
///     auto ran = app->run(signals.token());      // until SIGINT or SIGTERM
///     auto closed = app->close(30s);
class service {
 public:
  /// No I/O. Errors: invalid_config.
  static result<service> open(service_config config);
  static result<service> open(std::span<const std::string> brokers, std::string group);
  /// On a cluster of the caller's, which the service does not close; config.cluster is not looked at.
  static result<service> open_on(cluster on, service_config config);
  /// Closes with close_timeout as the bound, unless on the core's thread.
  ~service();
  service(service&&) noexcept;
  service& operator=(service&&) noexcept;

  /// Reads `topic` (empty: what options.reading names, or the service's default) with this handler. Begins with run(),
  /// turn() or start(); at once when the service runs already. Errors: invalid_config, closed.
  result<std::shared_ptr<service_consumer>> add_consumer(std::string topic, message_handler handler,
                                                         service_consumer_options options = {});
  /// Errors: invalid_config, closed; with `create` those of ensure_topic.
  result<topic_producer> add_producer(std::string topic, add_producer_options options = {});
  /// One that does not wait.
  result<std::shared_ptr<async_producer>> add_async_producer(std::string topic, add_producer_options options = {});

  /// Starts the consumers; run() does it too. Errors: invalid_config, closed.
  result<void> start();
  /// Starts the consumers and waits until it is told to stop, by the token or by stop(); that is success. An error:
  /// a consumer cannot go on (FENCED_INSTANCE_ID, GROUP_AUTHORIZATION_FAILED, ...), or the cluster was closed. Closes
  /// nothing. One thread at a time.
  result<void> run(std::stop_token until);
  /// Ends run(). Any thread, handlers too.
  void stop();
  /// Without threads: one round of each consumer; waits up to `timeout` for messages. How many were finished.
  result<std::size_t> turn(std::chrono::milliseconds timeout);

  /// The end, within one deadline, in this order:
  ///
  ///     1. all consumers stop: no handler is called any more           at once
  ///     2. handlers that run end; what is done is committed            until a quarter, 5 s at most, is left
  ///        and the groups are left. They may still send.
  ///     3. all producers flush and end                                 until the deadline
  ///     4. the checks leave the registry; the cluster is closed, if the service opened it
  ///
  /// The error names each that did not end in time, and what it waited for; the rest has ended all the same.
  /// Idempotent. Inside a handler or on the core's thread: would_deadlock, and nothing happened.
  result<void> close(std::chrono::milliseconds timeout);

  /// "kafka" really asks the cluster; "consumer:NAME" is down while messages are not handled; "polling:NAME" (liveness)
  /// when its thread does not poll any more; "core" (liveness) when the cluster's thread does not answer; and whatever
  /// was added to checks(). Without threads the service's own checks alone, on this thread.
  health_report health(std::chrono::milliseconds timeout, health_question question = health_question::health);
  /// For more checks, and for ottla::health_server.
  const std::shared_ptr<health_registry>& checks() const;

  /// All families: those of the documents, lag, breakers, and the client's own (client_metrics.hpp). May be called
  /// after the service's end. Any thread.
  metric_source metrics_source() const;

  ottla::cluster& cluster();
  const json_log& log() const;

 private:
  explicit service(std::shared_ptr<service_state> state) : state_(std::move(state)) {}
  std::shared_ptr<service_state> state_;
};

}  // namespace v0
}  // namespace ottla
