// group_seam: the seam between group membership on the core's thread and the caller's poll: what the caller must do for
// a rebalance, and when it was last heard of.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "../consumer/fetch_queue.hpp"
#include "ottla/group.hpp"

namespace ottla {
inline namespace v0 {

/// What a rebalance asks of the caller's thread, inside poll. One at a time; a newer one replaces an older.
struct rebalance_task {
  enum class kind : std::uint8_t {
    revoke,  ///< eager: give up all partitions, then say so; only then is the group joined again
    assign,  ///< take the partitions of `target`, give up what is not among them
    lose,    ///< all partitions are gone already: nothing may be committed (C-42)
  };
  kind what = kind::assign;
  std::uint64_t number = 0;
  std::vector<topic_partition> target;
};

class group_seam {
 public:
  explicit group_seam(std::shared_ptr<fetch_queue> queue) : queue_(std::move(queue)) {}

  // --- The core's thread ---

  void give(rebalance_task::kind what, std::vector<topic_partition> target = {});
  /// Takes the task back if the caller has not begun it. False: it has, and will say when it is done.
  bool withdraw();
  /// The task that was given last, as long as it is not done; 0: none.
  std::uint64_t outstanding() const;
  void done(std::uint64_t number);
  /// The caller has not polled for that long: from now on it is away, until it polls again (C-46).
  bool overdue(steady_ns now, std::chrono::nanoseconds max_poll_interval);
  /// When overdue could turn true; `never` inside a poll.
  steady_ns overdue_at(std::chrono::nanoseconds max_poll_interval) const;
  /// The next poll fails with it; one that lasts fails each.
  void fail(error why, bool lasts);
  void tell(group_metadata now);

  // --- The caller's thread ---

  struct entry {
    bool was_away = false;  ///< tell the machine that the caller is back
  };
  entry enter_poll(steady_ns now);
  void leave_poll(steady_ns now);
  /// The task to work on, if there is one; it cannot be withdrawn from then on.
  std::optional<rebalance_task> begin();
  std::optional<error> take_failure();
  /// A member whose caller is asked for nothing.
  bool settled() const;
  group_metadata membership() const;

 private:
  void update_attention();

  mutable std::mutex mutex_;  // before the queue's
  std::shared_ptr<fetch_queue> queue_;
  std::optional<rebalance_task> task_;
  bool begun_ = false;
  std::uint64_t last_number_ = 0;
  bool polling_ = false;
  bool away_ = false;
  steady_ns last_poll_{};
  error failure_;
  bool failure_lasts_ = false;
  group_metadata membership_;
};

}  // namespace v0
}  // namespace ottla
