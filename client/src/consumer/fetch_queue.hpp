// fetch_queue: the seam between the core's thread and the caller's: answers one way, room and new versions the other.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "aborted_filter.hpp"
#include "memory_account.hpp"
#include "ottla/consumer.hpp"
#include "ottla/net/host.hpp"

namespace ottla {
inline namespace v0 {

/// What both threads know of an assigned partition. All but `where` and `assignment` is guarded by the queue's mutex.
struct partition_slot {
  std::shared_ptr<const topic_partition> where;
  std::uint64_t assignment = 0;  ///< which time it was assigned: never changes, never comes again
  std::uint64_t version = 1;     ///< grows with each seek: answers of older versions are discarded (C-30)
  bool assigned = true;
  bool paused = false;
  std::optional<partition_position> position;  ///< what poll reads next; nothing while it is looked up
  std::optional<partition_watermarks> watermarks;
};

/// One response frame while slices of it are queued.
struct queued_frame {
  frame_ref frame;
  std::size_t size = 0;
  std::size_t slices = 0;  // in the queue
  std::weak_ptr<const held_frame> held;
};

/// One partition's part of a response, not looked into yet but for its batch headers.
struct fetched_partition {
  std::shared_ptr<partition_slot> slot;
  std::uint64_t version = 0;
  std::int64_t fetch_offset = 0;
  partition_watermarks watermarks;
  protocol::bytes_view records;
  std::vector<aborted_transaction> aborted;
  std::shared_ptr<queued_frame> frame;     // while queued; null for a jump
  std::shared_ptr<const held_frame> held;  // once taken
};

class fetch_queue {
 public:
  fetch_queue(std::size_t prefetch_limit, std::shared_ptr<memory_account> account)
      : prefetch_limit_(prefetch_limit), account_(std::move(account)) {}

  // --- The core's thread ---

  /// Hands over what one response brought. Parts without records only tell watermarks.
  void deliver(std::vector<fetched_partition> parts, frame_ref frame);
  void report(partition_error what);
  /// A look-up ended: the partition's position is known, unless it was sought meanwhile.
  void located(partition_slot& slot, std::uint64_t version, partition_position at);
  /// Reading goes on elsewhere once what is queued was read: the log does not reach where it would have gone on.
  void jump(const std::shared_ptr<partition_slot>& slot, std::uint64_t version, std::int64_t to);
  /// As restart, for the core: nothing, if the caller sought meanwhile and that command is on its way.
  std::optional<std::uint64_t> restart_if(partition_slot& slot, std::uint64_t version,
                                          std::optional<partition_position> at);
  /// Whether a request for so many bytes may go out now, beside `reserved` of others. If not, room() turns true when
  /// there is some.
  bool may_fetch(std::size_t bytes, std::size_t reserved);
  /// The same, without waiting for room if there is none.
  bool has_room(std::size_t bytes, std::size_t reserved) const;
  /// The caller made room since it was needed.
  bool room() const { return room_.load(std::memory_order_relaxed); }
  /// Before a round of may_fetch over all brokers: room that is made during the round is news for the next one.
  void forget_room() { room_.store(false, std::memory_order_relaxed); }
  /// Partitions of topics, as metadata names them; for the assignment of that epoch only. False if it is outdated.
  bool add_slot(std::shared_ptr<partition_slot> slot, std::uint64_t assignment_epoch);
  /// All topics of the assignment have their partitions now, or `why` they never will.
  void topics_known(std::uint64_t assignment_epoch, error why);
  /// Room is short: gives up what is prefetched for paused partitions; returns them with the offset where to go on.
  std::vector<std::pair<std::shared_ptr<partition_slot>, std::int64_t>> evict_paused();
  void set_trouble(error why);
  /// A broker answered: from now on silence is only silence.
  void heard() { heard_.store(true, std::memory_order_relaxed); }
  void close(error why);

  // --- The caller's thread ---

  struct taken {
    std::vector<fetched_partition> parts;
    std::vector<partition_error> errors;
    bool made_room = false;  ///< the core waits for it: nudge it
  };
  /// Whole partition responses from the front, until `bytes` are reached; paused partitions stay.
  taken take(std::size_t bytes);
  /// poll moved a partition on; false if it was sought or revoked meanwhile: what it brought must not be shown.
  bool advance(partition_slot& slot, std::uint64_t version, const partition_position& to);

  struct assigned_start {
    std::shared_ptr<partition_slot> slot;
    std::uint64_t version = 0;
    std::optional<start_position> start;  ///< nothing: it waits until somebody says where (fetcher::begin)
    bool fresh = true;                    ///< not assigned before, or with a new start
  };
  /// Replaces the assignment. Returns its epoch.
  std::uint64_t assign(std::span<assigned_partition> partitions, bool topics_follow,
                       const std::optional<start_position>& fallback, std::vector<assigned_start>& out);
  std::shared_ptr<partition_slot> find(const topic_partition& where) const;
  /// Starts a new version; what is queued for it is dropped. The position is known at once if it is an offset.
  std::uint64_t restart(partition_slot& slot, std::optional<partition_position> at);
  void set_paused(partition_slot& slot, bool paused);

  std::vector<topic_partition> assignment() const;
  /// Where poll goes on, for each partition of which that is known.
  std::vector<partition_position> positions() const;
  /// The number of the partition's assignment; 0 if it is not assigned.
  std::uint64_t assignment_of(const topic_partition& where) const;
  /// Whether it is still the assignment of that number.
  bool owns(const topic_partition& where, std::uint64_t assignment) const { return assignment_of(where) == assignment; }
  /// Something else waits for the caller: a wait for anything ends.
  void set_attention(bool wanted);
  /// A poll that waits ends, or else the next one. Any thread.
  void wake_poll();
  /// Whether that was asked for since it was last asked here.
  bool take_wake() { return woken_.load(std::memory_order_relaxed) && woken_.exchange(false); }
  std::vector<topic_partition> paused() const;
  std::optional<partition_position> position(const topic_partition& where) const;
  std::optional<partition_watermarks> watermarks(const topic_partition& where) const;
  bool is_paused(const partition_slot& slot) const;
  error trouble() const;
  /// No broker was ever heard, and waiting for one will not help: wrong credentials, a listener of another kind. Told
  /// once each time that it is tried again.
  error take_hopeless();
  bool never_heard() const { return !heard_.load(std::memory_order_relaxed); }
  error closed() const;
  std::size_t prefetched() const;
  std::uint64_t discarded() const { return discarded_.load(std::memory_order_relaxed); }
  memory_account& account() { return *account_; }
  const std::shared_ptr<memory_account>& shared_account() const { return account_; }

  enum class wait_for : std::uint8_t { anything, topics, position, attention };
  /// Null if what is waited for is there; else set at the next change. Look again then.
  std::shared_ptr<completion> watch(wait_for what, const partition_slot* slot = nullptr);
  /// A wait ended at its deadline.
  void unwatch(const std::shared_ptr<completion>& one);
  /// The topics of the assignment are known: no error, or why not.
  std::optional<error> topics_outcome() const;

 private:
  bool fits(std::size_t bytes, std::size_t reserved) const;
  bool deliverable() const;
  void drop(const fetched_partition& part);
  void wake(std::unique_lock<std::mutex>& lock);

  mutable std::mutex mutex_;
  const std::size_t prefetch_limit_;
  std::shared_ptr<memory_account> account_;
  std::deque<fetched_partition> queue_;
  std::vector<partition_error> errors_;
  std::map<topic_partition, std::shared_ptr<partition_slot>> slots_;
  std::uint64_t assignment_epoch_ = 0;
  std::optional<error> topics_outcome_;
  std::uint64_t last_assignment_ = 0;
  bool attention_ = false;
  std::atomic<bool> woken_{false};
  bool hopeless_ = false;  // trouble_ is, and nobody was told yet
  error trouble_;
  error closed_;
  std::size_t prefetched_ = 0;
  bool starved_ = false;
  std::atomic<bool> room_{false};
  std::atomic<bool> heard_{false};
  std::atomic<std::uint64_t> discarded_{0};
  std::vector<std::shared_ptr<completion>> watchers_;
};

}  // namespace v0
}  // namespace ottla
