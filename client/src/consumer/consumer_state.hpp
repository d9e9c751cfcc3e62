// consumer_state: what a consumer's callers share: the queue, the decoder, the machine on the core, and how they wait.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>

#include "../group/group_caller.hpp"
#include "batch_decoder.hpp"
#include "fetch_queue.hpp"
#include "fetcher.hpp"
#include "ottla/consumer.hpp"

namespace ottla {
inline namespace v0 {

class consumer_state {
 public:
  consumer_state(std::shared_ptr<cluster_state> cluster, consumer_config config);
  ~consumer_state() = default;

  /// Makes the fetcher step, with the configuration's assignment.
  void attach();
  result<void> usable() const;
  /// `face` is what rebalance handlers are given.
  result<polled> poll(consumer& face, std::chrono::nanoseconds timeout);
  void wake() { queue_->wake_poll(); }
  result<void> assign(std::vector<assigned_partition> partitions, std::vector<std::string> topics,
                      start_position topics_start);
  result<void> seek(const topic_partition& where, start_position to);
  result<void> set_paused(std::span<const topic_partition> which, bool paused);
  result<void> wait_topics(consumer& face, std::chrono::nanoseconds timeout);
  result<partition_position> position(const topic_partition& where, std::chrono::nanoseconds timeout);
  result<std::vector<found_offset>> find_offsets(std::vector<leader_lookup::item> items,
                                                 std::chrono::nanoseconds timeout);
  /// Without a face no rebalance handler is called.
  result<void> close(consumer* face, std::chrono::nanoseconds timeout);
  /// As close, without waiting: for destructors on the core's thread.
  void abandon();
  consumer_stats stats() const;

  const consumer_config& config() const { return config_; }
  const error& config_error() const { return config_error_; }
  cluster_state& cluster() { return *cluster_; }
  const fetch_queue& queue() const { return *queue_; }
  /// The group's side, or why there is none to ask.
  result<group_caller*> group(const char* asked);
  group_metadata membership() const { return group_ ? group_->membership() : group_metadata{}; }

 private:
  struct pending_block {
    std::shared_ptr<partition_slot> slot;
    std::uint64_t version = 0;
    std::shared_ptr<partition_block> block;
  };
  /// What is there now; false if that is nothing.
  result<polled> poll_records(consumer& face, std::chrono::nanoseconds timeout);
  bool gather(polled& out);
  void decode(fetched_partition& part, polled& out);
  void hand_out(pending_block next, polled& out);
  std::size_t pending_bytes() const;
  bool hand_out_pending(polled& out);
  result<void> wait_group(consumer& face, steady_ns deadline);
  result<void> wait(fetch_queue::wait_for what, const partition_slot* slot, steady_ns deadline);
  void post(std::function<void(fetcher&)> work);

  std::shared_ptr<cluster_state> cluster_;
  const consumer_config config_;
  error config_error_;
  std::shared_ptr<fetch_queue> queue_;
  std::shared_ptr<fetcher> fetcher_;
  std::unique_ptr<group_caller> group_;  // null without a group
  batch_decoder decoder_;
  std::deque<pending_block> pending_;  // decoded, behind a poll's bound
  std::atomic<std::uint64_t> records_{0};
  std::atomic<std::uint64_t> bytes_{0};
  std::atomic<std::uint64_t> stale_{0};
  std::atomic<bool> closed_{false};
};

}  // namespace v0
}  // namespace ottla
