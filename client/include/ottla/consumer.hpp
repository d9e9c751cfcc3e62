// consumer: records of assigned partitions, fetched ahead within a byte budget, handed out by poll as views.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ottla/cluster.hpp"
#include "ottla/consumed_record.hpp"
#include "ottla/consumer_config.hpp"
#include "ottla/group.hpp"
#include "ottla/result.hpp"

namespace ottla {
inline namespace v0 {

class consumer_state;

/// What a broker last said about one partition; -1: not heard yet.
struct partition_watermarks {
  std::int64_t log_start = -1;
  std::int64_t high_watermark = -1;      ///< the offset behind the last record that consumers may see
  std::int64_t last_stable_offset = -1;  ///< the end for read_committed
};

struct timestamp_query {
  topic_partition where{};
  std::int64_t timestamp = 0;  ///< ms since 1970 UTC
};

/// One answer of a look-up, in the order of the questions.
struct found_offset {
  topic_partition where{};
  std::int64_t offset = -1;     ///< -1 in answers by time: no record is that young
  std::int64_t timestamp = -1;  ///< of the record, in answers by time
  std::int32_t leader_epoch = -1;
  error failure{};  ///< set: this partition has no answer
};

struct consumer_stats {
  std::uint64_t records = 0;               ///< handed out by poll
  std::uint64_t bytes = 0;                 ///< of responses taken by poll
  std::uint64_t fetches = 0;               ///< requests sent
  std::uint64_t follower_fetches = 0;      ///< of these, to followers in the consumer's rack (KIP-392)
  std::uint64_t full_fetches = 0;          ///< of these, without an incremental session (KIP-227)
  std::uint64_t fetch_failures = 0;        ///< requests without an answer
  std::uint64_t discarded = 0;             ///< partition answers that came too late: sought, revoked, moved (C-30)
  std::size_t prefetched_bytes = 0;        ///< fetched and not polled, now
  std::size_t held_bytes = 0;              ///< kept alive by the application, or decoded for its next polls, now
  std::chrono::milliseconds throttled{0};  ///< the sum of what brokers asked to be silent (throttle_time_ms)
  std::uint64_t rebalances = 0;            ///< generations of the group that this member took part in
};

/// Reads the partitions that it is told to read, or those that its group gives it. poll and the calls that change the
/// assignment, the subscription or a position: one thread at a time. The const calls, commits and close: any thread.
/// Blocking calls on the core's thread fail with would_deadlock.
class consumer {
 public:
  /// No I/O. A bad configuration is told by valid(), and by every call.
  explicit consumer(cluster& on, consumer_config config = {});
  ~consumer();
  consumer(consumer&&) noexcept;
  consumer& operator=(consumer&&) noexcept;

  result<void> valid() const;

  /// Records that are there, or the first that come within `timeout`; none at its end is not an error. Returns early,
  /// perhaps without records, when positions moved past records that are not shown, or when there are errors to tell.
  /// Later than `timeout` only by what a rebalance asks meanwhile: handlers, and with auto_commit the commit of what is
  /// given up, for which it waits 30 s at most.
  /// Errors: held_by_user (let go of what earlier polls gave), closed, would_deadlock, invalid_config, and
  /// broker_unreachable at the deadline while no broker was ever heard.
  result<polled> poll(std::chrono::milliseconds timeout);
  /// Any thread, also the core's: a poll that waits returns at once, perhaps with nothing; if none waits, the next
  /// does. Several wakes before a poll are one.
  void wake();

  /// Replaces the assignment. What was prefetched for partitions that stay is kept unless they name a start.
  result<void> assign(std::vector<assigned_partition> partitions);
  /// All partitions of these topics, and those added later, in place of the assignment.
  result<void> assign_topics(std::vector<std::string> topics, std::optional<start_position> start = std::nullopt);
  /// What is read at the moment; topics count from when their partitions are known.
  std::vector<topic_partition> assignment() const;
  /// Waits until the partitions of all topics are known. unknown_topic names those that do not exist.
  result<std::vector<topic_partition>> wait_assignment(std::chrono::milliseconds timeout);

  /// The next poll reads from there. What is under way for the partition is discarded. unknown_partition if it is not
  /// assigned.
  result<void> seek(const topic_partition& where, start_position to);
  /// Stops fetching and handing out; what was prefetched is kept while the budget is not needed by others.
  result<void> pause(std::span<const topic_partition> which);
  result<void> resume(std::span<const topic_partition> which);
  std::vector<topic_partition> paused() const;

  /// The offset that poll will read next. Waits while it is being looked up.
  result<partition_position> position(const topic_partition& where, std::chrono::milliseconds timeout);
  /// The same without waiting; nothing while it is not known.
  std::optional<std::int64_t> position(const topic_partition& where) const;
  /// As last heard with fetched data; nothing before the first answer.
  std::optional<partition_watermarks> watermarks(const topic_partition& where) const;

  // Look-ups ask each partition's leader, in parallel, until the deadline. Partitions need not be assigned.

  result<std::vector<found_offset>> offsets_for_times(std::span<const timestamp_query> which,
                                                      std::chrono::milliseconds timeout);
  result<std::vector<found_offset>> beginning_offsets(std::span<const topic_partition> which,
                                                      std::chrono::milliseconds timeout);
  /// With read_committed the last stable offsets.
  result<std::vector<found_offset>> end_offsets(std::span<const topic_partition> which,
                                                std::chrono::milliseconds timeout);

  // Groups (consumer_config::group); invalid_argument without one. Rebalances happen inside poll: a consumer that is
  // not polled keeps what it has for max_poll_interval, and the others of its group wait for it.

  /// Replaces what is subscribed to. The partitions come with a later poll.
  result<void> subscribe(std::vector<std::string> topics);
  /// The same with a POSIX extended regular expression.
  result<void> subscribe_pattern(std::string_view pattern);
  /// Gives up all partitions (on_revoked is called, what is done is committed) and leaves the group.
  result<void> unsubscribe();
  /// Has the group share its partitions anew, say because what an assignor of another member looks at has changed.
  /// With the protocol `consumer` the coordinator sees to that: it does nothing then.
  result<void> rejoin(std::string reason);

  // Commits are stored in the order of the calls. An error names the first partition that was not stored. Among them:
  // partition_lost (never sent: the partition has another owner), REBALANCE_IN_PROGRESS (poll, then commit what is
  // still assigned), timed_out (perhaps stored).

  /// What polls handed out so far, all of it.
  result<void> commit(std::chrono::milliseconds timeout);
  /// `polled.end()`: each is where to go on.
  result<void> commit(std::span<const partition_position> positions, std::chrono::milliseconds timeout);
  /// Single partitions or records: `commit({record.end_position()}, 5s)`; with metadata, `commit({{where, 7, -1, "x"}},
  /// 5s)`.
  result<void> commit(std::vector<offset_to_commit> offsets, std::chrono::milliseconds timeout);
  /// Does not wait: the handler hears the outcome on the core's thread, no error being success. An error of the call
  /// itself means that nothing is under way, and the handler is not called.
  result<void> commit_async(std::span<const partition_position> positions,
                            std::function<void(const error&)> handler = {});
  result<void> commit_async(std::vector<offset_to_commit> offsets, std::function<void(const error&)> handler = {});
  /// What the group committed, in the order of the question.
  result<std::vector<committed_offset>> committed(std::span<const topic_partition> which,
                                                  std::chrono::milliseconds timeout);
  group_metadata membership() const;

  /// Why nothing comes, where that is known: the last failure of a fetch or of metadata since the last success. No
  /// error: all is well.
  error trouble() const;
  consumer_stats stats() const;

  /// In a group: commits what is done (auto_commit), calls on_revoked, leaves; while a rebalance handler runs, it only
  /// leaves. Ends the fetch sessions (the answers are
  /// waited for until `timeout`) and closes the connections. Idempotent. The destructor closes with one second as the
  /// bound, and calls no handler: what handlers refer to may be gone by then.
  result<void> close(std::chrono::milliseconds timeout);

 private:
  std::shared_ptr<consumer_state> state_;
};

}  // namespace v0
}  // namespace ottla
