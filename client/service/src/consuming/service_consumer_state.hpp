// service_consumer_state: what the threads of a service_consumer share: the flow under a lock, the consumer it reads
// from, and how it ends.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "../host/consumer_threads.hpp"
#include "../retrying/outstanding_scan.hpp"
#include "dead_letter_writer.hpp"
#include "flow.hpp"
#include "handler_turn.hpp"
#include "ottla/consumer.hpp"

namespace ottla {
inline namespace v0 {

/// The lock is never held while anything is called that waits, logs, or is the application's.
class service_consumer_state : public std::enable_shared_from_this<service_consumer_state> {
 public:
  service_consumer_state(cluster on, service_consumer_options options, message_handler handler);

  const error& config_error() const { return config_error_; }
  result<void> start();
  result<std::size_t> turn(std::chrono::milliseconds timeout);
  void stop();
  result<void> wait(std::chrono::milliseconds timeout);
  result<void> close(std::chrono::milliseconds timeout);
  /// Ends without waiting, in a destructor that must not.
  void abandon();
  /// Whether a call that waits may be made on this thread.
  bool forked() const { return on_.state()->forked(); }
  result<void> may_wait(const char* asked) const;

  error trouble() const;
  service_consumer_stats stats() const;
  std::vector<topic_partition> assignment() const;
  group_metadata membership() const;
  // watching.cpp
  std::vector<consumer_lag> lags() const;
  consumer_stats reading() const;
  std::chrono::nanoseconds silence() const;

  // --- For threads of the host ---

  /// Commits, dead letters, pauses that are due; then one poll of at most that long.
  result<void> round(std::chrono::nanoseconds timeout);
  /// Handles turns until `end`, waiting for them.
  void work(std::size_t worker);
  bool ended() const { return ended_.load(std::memory_order_acquire); }

 private:
  struct worker_slot {
    turn_watch watch;
    turn_pace pace;
    std::shared_ptr<flow_partition> at;  // while it has a turn
  };

  // polling.cpp
  void take_in(const polled& got);
  void write_letters();
  void apply(const flow_pauses& changes);
  void commit_if_due(steady_ns now);
  void tell_finished();
  void commit_ended(const std::vector<tracked_position>& which, const error& why);
  void letter_outcome(std::uint64_t number, const error& why, std::int64_t offset);
  void rest(steady_ns until);
  void wake();
  std::size_t run_ready();
  std::size_t run_one(lane_turn turn, const handler_context& with, worker_slot& mine);
  handler_context context();
  // rebalancing.cpp
  void on_assigned(consumer& in, std::span<const topic_partition> which);
  void on_revoked(consumer& in, std::span<const topic_partition> which);
  void on_lost(consumer& in, std::span<const topic_partition> which);
  bool drain(const std::function<bool()>& drained, steady_ns deadline);
  void tell_watchers();
  result<void> commit_rest(std::optional<std::span<const topic_partition>> which, steady_ns deadline);
  // tier_watch.cpp
  void watch_tiers(consumer& in, std::span<const topic_partition> which);
  void forget_tiers(std::span<const topic_partition> which);
  std::optional<std::chrono::milliseconds> look_ahead(steady_ns now);
  // closing.cpp
  void open();
  bool begun() const;
  result<void> close_now(steady_ns deadline);
  error not_drained(const char* asked) const;
  // consuming_log.cpp
  void log_notes();
  void log(log_level level, std::string_view msg, const error& why, service_operation doing,
           std::span<const topic_partition> which = {}) const;
  void log_end(const error& why, std::chrono::nanoseconds took) const;

  host& runner() const { return on_.state()->runner(); }
  instant now() const { return runner().now(); }

  cluster on_;
  const service_consumer_options options_;
  const message_handler handler_;
  const error config_error_;

  mutable std::mutex mutex_;
  std::condition_variable work_;  // a lane is ready, or the end
  flow flow_;
  std::vector<std::unique_ptr<worker_slot>> workers_;
  std::vector<std::shared_ptr<completion>> watchers_;  // of handlers and dead letters that end
  std::shared_ptr<completion> resting_;
  error poll_trouble_, commit_trouble_, scan_trouble_;
  bool started_ = false;
  bool stopped_ = false;
  bool dirty_ = false;  // there may be something to commit
  bool commit_under_way_ = false;
  steady_ns next_commit_{}, last_commit_{};
  std::optional<steady_ns> closing_, closing_drain_;  // once it closes: by when, and how long handlers may take
  std::shared_ptr<completion> closed_;                // not null: somebody closes, or did
  result<void> close_result_;

  std::optional<consumer> in_;  // from start on
  std::shared_ptr<dead_letter_writer> letters_;
  std::optional<outstanding_scan> scan_;  // with an order of keys over retry topics
  consumer_threads threads_;
  std::atomic<bool> ended_{false};
  std::atomic<bool> turning_{false};
  std::atomic<std::int64_t> last_round_ns_{0};  // when the last round began
};

}  // namespace v0
}  // namespace ottla
