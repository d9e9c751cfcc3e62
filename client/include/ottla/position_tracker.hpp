// position_tracker: from work that ends in any order to offsets that may be committed: per partition, the first one
// that is not finished.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "ottla/consumed_record.hpp"
#include "ottla/consumer_config.hpp"

namespace ottla {
inline namespace v0 {

/// What may be committed, and under which assignment.
struct tracked_position {
  partition_position position{};
  std::uint64_t epoch = 0;
};

struct tracked_amount {
  std::size_t unfinished = 0;  ///< records started and not finished
  std::size_t waiting = 0;     ///< finished, but an earlier one is not: they would be read again after a crash
  std::size_t bytes = 0;       ///< of bookkeeping, about: it grows with gaps between finished records, not with records
};

enum class [[nodiscard]] start_outcome : std::uint8_t{
    taken,
    full,          ///< too many records are tracked: pause, and start it again when some are finished
    lost,          ///< the partition is not ours, or was assigned again since
    out_of_order,  ///< not above all that was started before. After a seek, call assigned again
};

/// One partition during one assignment. Any thread, for all calls. Outlives the tracker and the assignment: work that
/// ends late calls `finished` on it and is ignored.
class tracked_partition {
 public:
  using budget = std::shared_ptr<std::atomic<std::size_t>>;

  tracked_partition(topic_partition where, std::uint64_t epoch, std::size_t max_records, budget records);
  ~tracked_partition();
  tracked_partition(const tracked_partition&) = delete;
  tracked_partition& operator=(const tracked_partition&) = delete;

  const topic_partition& where() const { return where_; }
  std::uint64_t epoch() const { return epoch_; }

  /// A record was handed to somebody. Offsets ascend; those in between do not exist for us (compacted, aborted, control
  /// batches), and nobody waits for them. `leader_epoch`: of its batch; -1 unknown.
  start_outcome started(std::int64_t offset, std::int32_t leader_epoch);
  /// All records of a poll's part, and the position behind it. All or none.
  start_outcome started(const partition_records& part);
  /// Reading went on to `end` without a record; it becomes the position when all before is finished.
  start_outcome passed(const partition_position& end);

  /// True: counted. False: never started, finished before, or lost since.
  bool finished(std::int64_t offset) { return finished(offset, offset); }
  /// Everything that was started from `first` to `last`, both included. False: nothing of it is new.
  bool finished(std::int64_t first, std::int64_t last);

  /// The first offset that is not finished, and the leader epoch of the record before it: to commit as it is (with the
  /// assignment of the polls that its records came from, if they were started as parts of polls). nullopt:
  /// nothing was finished yet, or the partition is lost.
  std::optional<partition_position> position() const;
  /// That, unless it has been committed already.
  std::optional<partition_position> uncommitted() const;
  void committed(std::int64_t offset);

  tracked_amount amount() const;
  /// Nothing more is counted, nothing is left to commit, memory is given back.
  void lose();

 private:
  // Records are numbered in the order in which they were started, so that gaps between offsets do not show:
  //
  //     offset   5  6  7     9 10 11            run {5, number 0}, run {9, number 3}
  //     number   0  1  2     3  4  5            finished [2, 4) and, below the watermark 1, number 0
  //              ^ watermark at 1: position 6
  struct run {
    std::int64_t first_offset;
    std::uint64_t first_number;
    std::int32_t leader_epoch;
  };

  start_outcome may_start(std::int64_t offset, std::size_t records);
  void append(std::int64_t offset, std::int32_t leader_epoch);
  void append(const batch_records_view& batch);
  void pass(const partition_position& end);
  const run& run_of(std::uint64_t number) const;
  std::int64_t offset_of(std::uint64_t number) const;
  std::uint64_t number_at_or_after(std::int64_t offset) const;
  void advance(std::uint64_t to);
  std::optional<partition_position> position_locked() const;

  const topic_partition where_;
  const std::uint64_t epoch_;
  const std::size_t max_records_;
  const budget records_;

  mutable std::mutex mutex_;
  bool lost_ = false;
  std::deque<run> runs_;  // those that reach the watermark or beyond
  std::map<std::uint64_t, std::uint64_t>
      finished_;                 // [from, to) of numbers, above the watermark, apart from each other
  std::uint64_t watermark_ = 0;  // all numbers below are finished
  std::uint64_t next_number_ = 0;
  std::uint64_t finished_above_ = 0;
  std::int64_t last_seen_ = -1;  // nothing up to here may be started any more
  std::int64_t done_offset_ = -1;
  std::int32_t done_epoch_ = -1;  // of the record below the watermark
  std::uint64_t assignment_ = 0;  // of the polls that records came from
  std::uint64_t passed_number_ = 0;
  partition_position passed_;
  std::int64_t committed_ = -1;
};

/// All partitions of a consumer. Any thread. Not bound to a consumer: whoever assigns, tells it.
///
///     auto part = tracker.assigned({"orders", 3}, epoch);      // in the assigned callback, from the committed offset
///     on part->started(record.offset(), record.leader_epoch());   // before it goes to a worker
///     part->finished(offset);                                  // on the worker
///     for (auto& one : tracker.uncommitted()) ...              // now and then; tracker.committed(...) when it is
///     stored tracker.lost({"orders", 3});                             // revoked (after draining and committing) or
///     lost
class position_tracker {
 public:
  /// Of all partitions together: records that are started and not below their partition's position. Each costs at most
  /// some 100 bytes, and next to nothing while neighbours are in the same state. Where nothing is tracked, one part of
  /// a poll is taken however large it is.
  explicit position_tracker(std::size_t max_records = std::size_t{1} << 20);

  /// The partition is ours, with nothing started. What was tracked of it before is lost. `epoch`: any number that tells
  /// this assignment from others, such as the generation.
  std::shared_ptr<tracked_partition> assigned(const topic_partition& where, std::uint64_t epoch);
  void lost(const topic_partition& where);
  void lost_all();
  /// nullptr if it is not ours.
  std::shared_ptr<tracked_partition> find(const topic_partition& where) const;

  /// As of tracked_partition, for whoever holds no handle; another epoch than the partition's counts as lost.
  start_outcome started(const topic_partition& where, std::uint64_t epoch, std::int64_t offset,
                        std::int32_t leader_epoch);
  bool finished(const topic_partition& where, std::uint64_t epoch, std::int64_t offset);

  /// Positions that moved since they were committed, by topic and partition.
  std::vector<tracked_position> uncommitted() const;
  /// These were stored. What belongs to another assignment than today's is passed over.
  void committed(std::span<const tracked_position> which);

  /// All partitions together; drained when nothing is unfinished.
  tracked_amount amount() const;

 private:
  std::vector<std::shared_ptr<tracked_partition>> all() const;

  const std::size_t max_records_;
  const tracked_partition::budget records_;
  mutable std::mutex mutex_;  // of the map alone; never held while a partition's is
  std::map<topic_partition, std::shared_ptr<tracked_partition>> partitions_;
};

}  // namespace v0
}  // namespace ottla
