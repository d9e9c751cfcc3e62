// transaction_manager: a producer's transactions as a machine: who it is, what its coordinators are asked, how each
// transaction ends. Stepped by the sender.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "../group/coordinator.hpp"
#include "../producer/identity.hpp"
#include "ottla/group.hpp"
#include "ottla/net/core.hpp"
#include "ottla/transaction.hpp"
#include "transaction_errors.hpp"
#include "transaction_gate.hpp"
#include "transaction_requests.hpp"

namespace ottla {
inline namespace v0 {

/// Offsets that become part of the transaction.
struct offsets_job {
  group_metadata member;
  std::vector<offset_to_commit> offsets;
  steady_ns deadline = never;
  unique_function<void(error)> done;  ///< once, inside a step
};

/// The core's thread only. One request is under way at a time, so what it does has one order.
///
///     fresh ──init──► starting ──a new epoch──► idle ◄──────────────── ended ─────────────────┐
///                                               │ begin                                        │
///                                               ▼                                              │
///                                             open ──commit──► committing ── all settled, EndTxn ──┤
///                                               │ │                │ a batch, a partition, offsets failed
///                                               │ └────────────────┴──► failed ──abort──┐      │
///                                               └──abort──► aborting ◄──────────────────┘      │
///                                                              └── all settled, EndTxn ────────┘
///     fenced, or refused for good: ──► fatal, from everywhere
///
/// Beside it `renew_`: the epoch is of no use any more, and a new one is asked for (KIP-360) before anything is sent.
class transaction_manager {
 public:
  using ended = unique_function<void(transaction_result)>;

  transaction_manager(std::string transactional_id, std::chrono::milliseconds timeout, identity& who,
                      transaction_gate& gate);

  // What the application asks. `done` runs once, inside a step, or before the call returns.

  /// A call before it whose deadline has passed is told so first; one that still waits has this one refused.
  void init(steady_ns now, steady_ns deadline, unique_function<void(error)> done);
  void begin(core& on);
  void send_offsets(offsets_job job);
  /// As init.
  void end(bool commit, steady_ns now, steady_ns deadline, ended done);
  /// Aborts what is open; `done` runs when nothing is under way any more.
  void rest(unique_function<void()> done);
  /// The producer ends: all that wait are told.
  void close(const error& why);

  // What the sender asks, and tells.

  /// Whether batches of this partition may go now. If the coordinator has not heard of it, it is told first (C-19).
  bool admits(partition_queue& queue);
  /// What became of a batch that was sent: stored, perhaps stored, or refused. Under v2 any but a refusal for the
  /// transaction before may have begun this one at the coordinator.
  void settled(bool stored, bool before_it) {
    started_ = started_ || stored;
    maybe_started_ = maybe_started_ || !before_it;
  }
  bool speaks_v2() const { return by_ == transaction_protocol::v2; }
  const std::string& id() const { return id_; }
  /// Commit waits for all that is buffered: it goes out at once (C-24).
  bool is_committing() const { return state_ == state::committing; }
  /// A batch that failed is tried again only in a transaction that can still be committed.
  bool may_retry() const { return state_ == state::open || state_ == state::committing; }
  /// A record had no luck: nothing of its transaction may be committed.
  void batch_failed(const error& why);
  /// Numbers were used up in vain, so the epoch has to move before the next transaction.
  void lost_sequence() { renew_at_end_ = true; }
  /// What is buffered is of no use: why it fails (C-24).
  error why_dropped() const;
  /// Sequences start over, since the last call: the epoch is new, or nothing came in under it.
  bool take_restart() { return std::exchange(restart_, false); }
  /// Nothing but an answer or a call moves this on; `drained` says whether no batch is buffered or in flight.
  steady_ns step(core& on, const std::weak_ptr<void>& alive, const std::function<bool()>& drained);

 private:
  enum class state : std::uint8_t { fresh, starting, idle, open, committing, failed, aborting, fatal };
  struct end_call {
    bool commit = false;
    steady_ns deadline = never;
    ended done;
  };

  bool is_ending() const { return state_ == state::committing || state_ == state::aborting; }
  bool is_at_rest() const;
  steady_ns step_once(core& on, const std::weak_ptr<void>& alive, const std::function<bool()>& drained);
  steady_ns expire(steady_ns now);
  void expire_calls(steady_ns now);
  error late(std::string asked) const;
  std::optional<transaction_step> next_step(const std::function<bool()>& drained);
  coordinator& coordinator_for(transaction_step what);
  request make(transaction_step what);
  steady_ns look_for(coordinator& where, transaction_step what, core& on, const std::weak_ptr<void>& alive);

  void answered(core& on, transaction_step what, broker_id from, const response& answer);
  error read_init(const response& answer);
  error read_added_partitions(const response& answer);
  error read_offsets(const response& answer);
  error read_end(const response& answer);
  void done_with(transaction_step what);
  void react(core& on, transaction_step what, broker_id from, const error& why);
  void end_answered(transaction_verdict verdict, const error& why);
  void take_epoch(std::int64_t id, std::int16_t epoch);

  void fail(const error& why);
  void die(const error& why);
  void finish(transaction_result how);
  void tell(transaction_result how);
  void drop_jobs(const error& why);
  void settle_rest();
  error refusal(bool commit, std::string detail) const;
  error_context about(transaction_step what, const response& answer) const;

  const std::string id_;
  const std::chrono::milliseconds timeout_;
  identity& who_;
  transaction_gate& gate_;
  coordinator coordinator_;
  std::optional<coordinator> group_coordinator_;
  std::string group_;  // of group_coordinator_

  state state_ = state::fresh;
  transaction_protocol by_ = transaction_protocol::v1;
  std::uint64_t number_ = 0;  // of the transaction
  bool started_ = false;      // the coordinator has something to end
  bool maybe_started_ = false;
  bool in_doubt_ = false;      // a commit was asked for, and the answer did not come
  bool renew_ = false;         // a new epoch before anything else
  bool renew_at_end_ = false;  // a new epoch behind this transaction
  bool skip_end_ = false;      // the coordinator has forgotten us: it has nothing to abort
  bool old_epoch_ = false;     // transactions of v1 went under this epoch
  bool restart_ = false;
  error failure_;
  error fatal_;

  steady_ns init_deadline_ = never;
  unique_function<void(error)> init_done_;
  std::optional<end_call> end_call_;
  std::optional<transaction_result> untold_;  // how a transaction ended whose caller had gone
  bool untold_commit_ = false;
  std::vector<partition_queue*> to_add_;
  std::vector<partition_queue*> adding_;
  std::deque<offsets_job> jobs_;  // the first is under way, or next
  std::vector<std::string> groups_added_;
  std::vector<unique_function<void()>> resting_;

  bool asking_ = false;
  int tries_ = 0;
  steady_ns not_before_{};
  error last_;  // why something is tried again
};

}  // namespace v0
}  // namespace ottla
