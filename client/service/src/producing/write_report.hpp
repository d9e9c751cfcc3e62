// write_report: who is told what of each outcome: metrics, telemetry, the error logger, the log. Outlives the producer
// until its last outcome.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>

#include "ottla/service/producers.hpp"

namespace ottla {
inline namespace v0 {

/// What one message that has a handler of its own carries to its outcome.
struct write_meta {
  topic_id label = 0;
  steady_ns given{};
  std::size_t bytes = 0;
  std::uint64_t span = 0;
};

/// Any thread.
///
/// Messages without a handler of their own travel with a cookie: when they were given and how large they are, so that a
/// message costs no memory until its batch is told of.
///
///     | 1 | microseconds since this began, modulo 2^35 (9.5 h) | bytes |
///      1                           35                            28
class write_report {
 public:
  write_report(const producer_options& options, producer_type type, std::shared_ptr<cluster_state> on);

  steady_ns now() const { return cluster_->runner().mono_now(); }
  topic_id label(std::string_view topic) const { return metrics_ ? metrics_->topic(topic) : 0; }
  /// Whether a message of this size may travel with a cookie.
  bool fits_cookie(std::size_t bytes) const { return bytes < (std::size_t{1} << 28) && !long_lived_; }
  /// 0 where nobody listens.
  std::uint64_t cookie(std::size_t bytes) const;

  /// The core's thread: a batch, and of its messages those that have a cookie.
  void batch(const batch_delivery& all);
  /// One message that had a handler.
  void one(const write_meta& of, const delivery& outcome);
  /// One message that was not taken.
  void refused(const write_meta& of, std::string_view topic, const error& why);
  /// Tells the error logger of refusals that were held back.
  void flush_refusals();
  /// One line; nothing without a log.
  void line(log_level level, std::string_view msg, const error* failure, std::optional<std::chrono::nanoseconds> took,
            std::span<const log_field> fields = {}) const;

  trace_hooks* tracing() const { return tracing_.get(); }
  const std::string& client_id() const { return client_id_; }
  void count_producers(int change) const {
    if (metrics_) metrics_->producers(change);
  }

 private:
  void tell(std::string_view topic, topic_id label, std::int32_t partition, bool success,
            std::chrono::nanoseconds latency, std::size_t bytes, std::uint64_t messages);
  std::uint64_t since_began(steady_ns at) const;

  std::shared_ptr<cluster_state> cluster_;
  const steady_ns began_;
  const std::string service_;
  const std::string client_id_;
  const producer_type type_;
  const bool long_lived_;
  const std::shared_ptr<ottla::telemetry> telemetry_;
  const std::shared_ptr<ottla::error_logger> error_logger_;
  const std::shared_ptr<ottla::metrics> metrics_;
  const std::shared_ptr<trace_hooks> tracing_;
  const std::shared_ptr<const json_log> log_;

  std::mutex
      mutex_;  // of what follows: refusals come as fast as a loop can make them, so that alike ones wait a second
  error held_;
  std::uint64_t held_count_ = 0;
  steady_ns told_at_{};
  bool ever_told_ = false;
};

}  // namespace v0
}  // namespace ottla
