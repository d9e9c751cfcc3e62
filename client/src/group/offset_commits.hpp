// offset_commits: commits in the order they were asked for, one request at a time, so that none overtakes another and
// rewinds it (C-47).
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <vector>

#include "group_identity.hpp"
#include "ottla/group.hpp"
#include "ottla/net/core.hpp"

namespace ottla {
inline namespace v0 {

struct commit_job {
  std::vector<offset_to_commit> offsets;
  steady_ns deadline = never;
  unique_function<void(error)> done;  ///< once, on the core's thread, inside a step; no error: all are stored
};

/// The core's thread only; stepped by the group member.
class offset_commits {
 public:
  struct surroundings {
    core* on = nullptr;
    broker_id coordinator = no_broker;
    group_identity who;
    bool withheld = false;  ///< between JoinGroup and SyncGroup a coordinator refuses each commit: none is sent
    std::function<bool(const offset_to_commit&)> owned;  ///< a commit of a lost partition is never sent
    /// Whether a rebalance has gone on since it was asked as that: a refusal says nothing then of what we are now.
    std::function<bool(const group_identity&)> outlived;
    std::function<void(group_verdict, broker_id, const group_identity&)> heard;  ///< what answers tell of the group
    std::function<void()> changed;                                               ///< an answer came: step again
    std::weak_ptr<void> alive;
  };

  void add(commit_job job) { jobs_.push_back(std::move(job)); }
  bool idle() const { return jobs_.empty(); }
  /// Sends what may be sent; returns when to be stepped next.
  steady_ns step(surroundings now);
  /// Fails all that is not settled.
  void close(const error& why);

 private:
  steady_ns expire(const surroundings& now);
  void drop_lost(const surroundings& now);
  void send(const surroundings& now);
  void answered(surroundings asked, const response& answer);
  void settle(error why);

  std::deque<commit_job> jobs_;  // the first is under way, or next
  bool under_way_ = false;
  std::uint64_t round_ = 0;
  error last_;  // of the first job: why it is tried again
  error lost_;  // of the first job: partitions of it were taken away meanwhile
  int tries_ = 0;
  steady_ns not_before_{};
  std::int32_t stale_epoch_ = -1;  ///< refused as of this epoch: not before there is another, or after a while
  std::optional<backoff> wait_;
};

}  // namespace v0
}  // namespace ottla
