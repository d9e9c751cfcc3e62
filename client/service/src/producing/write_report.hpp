// write_report: who is told what of each outcome: metrics, telemetry, the error logger, the log. Outlives the producer
// until its last outcome.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>

#include "kept_record.hpp"
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
///     | 1 | microseconds since this began, modulo 2^35 (9.5 h); 0: not timed | bytes |
///      1                                   35                                  28
///
/// Reading the clock costs a tenth of sending. So where messages come fast, up to 64 of them share a reading, as long
/// as they take less than 500 us together. The untimed ones take the time of the one before them in their batch, or, if
/// there is none, that of the batch's beginning: when messages begin to come slowly, up to 63 may count as given
/// earlier than they were, by no more than their batch was held for.
class write_report {
 public:
  write_report(const producer_options& options, producer_type type, std::shared_ptr<cluster_state> on);

  steady_ns now() const { return cluster_->runner().mono_now(); }
  topic_id label(std::string_view topic) const { return metrics_ ? metrics_->topic(topic) : 0; }
  /// Whether messages may travel with cookies: not for longer than their clock runs.
  bool has_cookies() const { return !long_lived_; }
  /// Whether one of this size may.
  static bool fits_cookie(std::size_t bytes) { return bytes <= size_mask; }
  /// The size that a cookie is to carry: 0 where nobody listens to sizes.
  std::size_t told_bytes(const record& what) const { return telemetry_ ? payload_bytes(what) : 0; }
  /// 0 where nobody listens.
  std::uint64_t cookie(std::size_t bytes) {
    // Two threads may count as one: it says how fast messages come, nothing else.
    const std::uint32_t left = untimed_.load(std::memory_order_relaxed);
    if (left == 0) [[unlikely]]
      return timed_cookie(bytes);
    untimed_.store(left - 1, std::memory_order_relaxed);
    return untimed_cookie_ | bytes;
  }

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
  std::uint64_t stamp(steady_ns at) const;
  std::uint64_t timed_cookie(std::size_t bytes);

  static constexpr std::uint64_t marked = std::uint64_t{1} << 63;
  static constexpr int size_bits = 28;
  static constexpr std::uint64_t size_mask = (std::uint64_t{1} << size_bits) - 1;

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
  const bool listened_to_;
  const std::uint64_t untimed_cookie_;
  std::atomic<std::uint32_t> untimed_{0};     // so many go without a time from now on
  std::atomic<std::uint32_t> stretch_{1};     // messages from the one timed last to the next one
  std::atomic<std::uint64_t> timed_last_{0};  // its stamp; 0: none was timed yet

  std::mutex
      mutex_;  // of what follows: refusals come as fast as a loop can make them, so that alike ones wait a second
  error held_;
  std::uint64_t held_count_ = 0;
  steady_ns told_at_{};
  bool ever_told_ = false;
};

}  // namespace v0
}  // namespace ottla
