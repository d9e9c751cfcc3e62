// service_state: what a service's handles, checks and metric sources share.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "ottla/service.hpp"

namespace ottla {
inline namespace v0 {

/// Any thread. The lock is not held while a consumer or producer is called that waits.
class service_state : public std::enable_shared_from_this<service_state> {
 public:
  struct reading {
    std::string name;  // its topics
    std::shared_ptr<service_consumer> in;
    std::shared_ptr<circuit_breaker> breaker;
    std::chrono::nanoseconds max_silence;  // of its polling thread
  };
  struct writing {
    std::string name;  // its topic
    std::shared_ptr<sync_producer> sync;
    std::shared_ptr<async_producer> async;

    service_producer_stats stats() const { return sync ? sync->stats() : async->stats(); }
    result<void> close(std::chrono::milliseconds timeout) const {
      return sync ? sync->close(timeout) : async->close(timeout);
    }
  };

  service_state(ottla::cluster on, bool owned, service_config config);
  void begin();

  // service.cpp
  result<std::shared_ptr<service_consumer>> add_consumer(std::string topic, message_handler handler,
                                                         service_consumer_options options);
  result<writing> add_producer(std::string topic, add_producer_options options, producer_type type);
  result<void> start();
  result<void> run(const std::stop_token& until);
  void stop();
  result<std::size_t> turn(std::chrono::milliseconds timeout);
  // service_close.cpp
  result<void> close(std::chrono::milliseconds timeout);
  // service_watch.cpp
  health_report health(std::chrono::milliseconds timeout, health_question question);
  std::vector<metric_family> families(steady_ns now) const;

  bool threaded() const { return runner().threaded(); }
  host& runner() const { return on.state()->runner(); }
  std::vector<reading> consumers() const;
  std::vector<writing> producers() const;
  void line(log_level level, std::string_view msg, const error* failure,
            std::optional<std::chrono::nanoseconds> took = std::nullopt, std::span<const log_field> fields = {}) const;

  ottla::cluster on;
  const bool owned;
  const service_config config;
  const std::shared_ptr<const json_log> log;
  const std::shared_ptr<memory_metrics> memory;  // null: the application's own metrics
  const std::shared_ptr<ottla::metrics> counts;
  const std::shared_ptr<health_registry> checks;

 private:
  // service_watch.cpp
  void add_check(const std::string& name, health_check check, health_scope scope);
  void watch_cluster();
  void watch(const reading& one);
  void forget_checks();
  result<void> core_answers(std::chrono::nanoseconds timeout) const;
  // service.cpp
  error closed_error(std::string asked) const;
  error fatal_trouble() const;
  message_handler traced(message_handler with, const std::string& group) const;

  mutable std::mutex mutex_;  // of what follows
  std::vector<reading> consumers_;
  std::vector<writing> producers_;
  std::vector<std::string> checks_added_;
  bool started_ = false;
  bool closing_ = false;
  std::shared_ptr<completion> stop_ = std::make_shared<completion>();
  std::shared_ptr<completion> closed_;
  result<void> close_result_;
};

}  // namespace v0
}  // namespace ottla
