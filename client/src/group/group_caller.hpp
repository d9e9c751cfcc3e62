// group_caller: the caller's side of a group: what a rebalance asks of the thread that polls, and commits.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "../consumer/fetcher.hpp"
#include "group_member.hpp"
#include "group_seam.hpp"
#include "ottla/cluster.hpp"
#include "ottla/group.hpp"

namespace ottla {
inline namespace v0 {

class consumer;

class group_caller {
 public:
  group_caller(std::shared_ptr<cluster_state> cluster, const consumer_config& config,
               std::shared_ptr<fetch_queue> queue, std::shared_ptr<fetcher> reader);

  /// The machine steps from now on; subscribes to what the configuration names.
  void attach();
  bool subscribed() const { return subscribed_; }
  result<void> subscribe(std::vector<std::string> topics, const std::string& pattern);
  result<void> unsubscribe(consumer& face);
  void rejoin(std::string reason);

  // --- poll ---

  /// A poll begins: what the one before handed out counts as done (C-47). Fails inside a handler.
  result<void> enter();
  void leave();
  /// Does what the group asks for; the error of a group that cannot be joined.
  result<void> attend(consumer& face);
  /// How many assignments were taken.
  std::uint64_t taken() const { return taken_; }
  /// A member, and nothing is asked for.
  bool settled() const { return taken_ > 0 && seam_->settled(); }

  // --- offsets, any thread ---

  result<void> commit(std::vector<offset_to_commit> offsets, std::chrono::nanoseconds timeout);
  result<void> commit_async(std::vector<offset_to_commit> offsets, std::function<void(const error&)> handler);
  std::vector<offset_to_commit> all_positions() const;
  result<std::vector<committed_offset>> committed(std::span<const topic_partition> which,
                                                  std::chrono::nanoseconds timeout);
  /// Partitions that were assigned by hand, and begin where the group committed.
  void locate(std::vector<fetch_queue::assigned_start> which);
  group_metadata membership() const { return seam_->membership(); }
  std::uint64_t rebalances() const { return member_->tally().rebalances.load(std::memory_order_relaxed); }

  // --- the end ---

  /// Commits what is done, tells the handler (of that face, if there is one), and leaves.
  void close(consumer* face, steady_ns deadline);
  /// Leaves, without waiting.
  void abandon(steady_ns deadline);

 private:
  void work_on(const rebalance_task& asked, consumer& face);
  void give_up(const std::vector<topic_partition>& which, consumer* face, steady_ns deadline);
  void give_up_all(consumer* face, steady_ns deadline);
  void tell_assigned(consumer& face);
  std::vector<topic_partition> told(const std::vector<topic_partition>& which);
  void take(std::vector<topic_partition> target, std::vector<fetch_queue::assigned_start>& fresh);
  void call(const rebalance_handler& handler, consumer* face, std::span<const topic_partition> which);
  const rebalance_handler& lost_handler() const { return config_.on_lost ? config_.on_lost : config_.on_revoked; }
  void log_change(std::string_view what, const std::vector<topic_partition>& which);
  void commit_finished(const std::vector<topic_partition>& which, steady_ns deadline);
  void auto_commit(steady_ns now);
  result<void> check(std::vector<offset_to_commit>& offsets) const;
  bool enter_handlers();
  void leave_handlers();
  steady_ns now() const { return cluster_->runner().now().mono; }

  std::shared_ptr<cluster_state> cluster_;
  const consumer_config config_;
  std::shared_ptr<fetch_queue> queue_;
  std::shared_ptr<fetcher> fetcher_;
  std::shared_ptr<group_seam> seam_;
  std::shared_ptr<group_member> member_;
  std::atomic<bool> subscribed_{false};  // read by commits of any thread
  std::uint64_t taken_ = 0;

  // Handlers run on one thread at a time: that of poll, or that of close.
  std::atomic<bool> handlers_busy_{false};
  std::atomic<bool> leaving_{false};  // close was called: nothing new is taken
  bool ended_ = false;                // whoever has set handlers_busy_
  // Partitions that were taken, and on_assigned is still to be told of: later than usual if on_revoked threw. Likewise.
  bool must_tell_ = false;
  std::vector<topic_partition> untold_;
  std::atomic<bool> gone_{false};  // closed: the consumer that handlers were to be given may not be there any more

  // What poll committed by itself; its thread only.
  steady_ns next_auto_commit_{};
  struct committed_mark {
    std::uint64_t assignment = 0;
    std::int64_t offset = -1;
  };
  std::map<topic_partition, committed_mark> marks_;
  std::shared_ptr<std::atomic<bool>> mark_failed_ = std::make_shared<std::atomic<bool>>(false);
};

}  // namespace v0
}  // namespace ottla
