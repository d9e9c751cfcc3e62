// service_consumer: a group consumer that calls a handler for each message, tries again, writes dead letters, and
// commits what is done.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "ottla/cluster.hpp"
#include "ottla/consumer.hpp"
#include "ottla/group.hpp"
#include "ottla/result.hpp"
#include "ottla/service/consumer_options.hpp"
#include "ottla/service/extra_metrics.hpp"
#include "ottla/service/message_handler.hpp"

namespace ottla {
inline namespace v0 {

class service_consumer_state;

/// Since it was started; what is said to be now may be a moment old.
struct service_consumer_stats {
  std::uint64_t received = 0;         ///< records that were read
  std::uint64_t handled = 0;          ///< verdict done
  std::uint64_t retried = 0;          ///< tries that failed and are followed by another one
  std::uint64_t tiered = 0;           ///< of these, sent to a retry topic, and acknowledged there
  std::uint64_t followed = 0;         ///< sent there behind an earlier one of their key, without a try
  std::uint64_t dead_lettered = 0;    ///< given up, and acknowledged as dead letters
  std::uint64_t skipped = 0;          ///< given up without a dead letter (without_dead_letter::skip)
  std::uint64_t letter_failures = 0;  ///< tries to write a dead letter that failed
  std::size_t held_records = 0;       ///< read and not handled, now
  std::size_t held_bytes = 0;
  std::size_t running = 0;  ///< handlers' turns, now
  std::size_t waiting = 0;  ///< messages that wait for their next try, or whose dead letter is on its way, now
  std::size_t paused = 0;   ///< partitions that are not read at the moment
  std::size_t stopped = 0;  ///< of these, because a dead letter cannot be written, or there is nowhere to write it
};

/// Reads as a member of a group and calls the handler, at least once for each record.
///
/// **Verdicts.** `done`: finished. `retry`: again after the policy's pause, or the verdict's own, while the messages
/// behind it in its order wait and all others go on; when the policy allows no more, the message is given up. `reject`:
/// given up at once. What is given up is finished when its dead letter is acknowledged, and not before. If it cannot be
/// written its partition stops, says so (trouble(), the log: KAFKA_DLQ_WRITE_FAILED), and goes on when it can.
///
/// **Commits.** Per partition, up to the first record that is not finished: as often as commit_interval says, before
/// partitions are given up, and at the end. After a crash, what was not committed is delivered again.
///
/// **A handler that hangs** hangs its own order alone. Heartbeats go on, and so do the others while workers are left; a
/// rebalance waits drain_timeout for it. close names it and lets its thread go: what it uses must live on.
///
/// Any thread, but turn: one at a time. wait, close and turn fail with would_deadlock inside a handler and on the
/// core's thread; stop may be called anywhere.
class service_consumer {
 public:
  /// No I/O. A bad configuration is told by valid(), start() and turn().
  service_consumer(cluster& on, service_consumer_options options, message_handler handler);
  /// Closes with five seconds as the bound; inside a handler, or on the core's thread, without waiting: the group finds
  /// out by itself.
  ~service_consumer();
  service_consumer(service_consumer&&) noexcept;
  service_consumer& operator=(service_consumer&&) noexcept;

  result<void> valid() const;

  /// Joins the group and begins to work; returns at once. Idempotent. Errors: invalid_config, closed.
  result<void> start();
  /// threading::manual: one round on this thread: commits, retries and dead letters that are due, one poll that waits
  /// up to `timeout` for records or for the next thing that is due, and then the handler for all that can be handled.
  /// Starts by itself. Returns how many records were finished by it. Errors: invalid_config, closed, would_deadlock;
  /// invalid_argument with threads. What goes wrong while reading is told by trouble().
  result<std::size_t> turn(std::chrono::milliseconds timeout);

  /// No handler is called any more; what was read and not begun will be delivered again. Membership is kept until
  /// close. Returns at once. Idempotent.
  void stop();
  /// Waits until a consumer that was stopped, or is being stopped meanwhile, is drained: no handler runs, no dead
  /// letter is under way. timed_out names who is waited for.
  result<void> wait(std::chrono::milliseconds timeout);
  /// stop, wait, commit what is done, leave the group; within the timeout, a part of which is kept for the latter two.
  /// timed_out names the handlers that did not come back; their messages are not committed, everything else is. Other
  /// errors: what was done could not be committed and will be delivered again. Idempotent: who comes later, also from
  /// another thread, waits for the first one's end and has its answer.
  result<void> close(std::chrono::milliseconds timeout);

  /// Why messages are not handled, where that is known: a partition that is stopped, or no broker. No error: all is
  /// well.
  error trouble() const;
  service_consumer_stats stats() const;
  std::vector<topic_partition> assignment() const;
  group_metadata membership() const;

  // For whoever watches it.

  /// Of each assigned partition that was heard of: how far what was read is behind the end.
  std::vector<consumer_lag> lags() const;
  /// What the consumer below counts.
  consumer_stats reading() const;
  /// How long ago the last round of polling began; 0: it does not run.
  std::chrono::nanoseconds silence() const;

 private:
  std::shared_ptr<service_consumer_state> state_;
};

}  // namespace v0
}  // namespace ottla
