// group_member: membership in a classic consumer group as a machine: join, synchronise, heartbeat, rejoin, leave.
// Stepped by the core.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "../consumer/fetcher.hpp"
#include "assignor.hpp"
#include "coordinator.hpp"
#include "group_seam.hpp"
#include "offset_commits.hpp"
#include "offset_fetches.hpp"
#include "ottla/protocol/join_group.hpp"
#include "topic_pattern.hpp"

namespace ottla {
inline namespace v0 {

class group_member final : public role, public std::enable_shared_from_this<group_member> {
 public:
  group_member(const consumer_config& config, std::shared_ptr<group_seam> seam, std::shared_ptr<fetch_queue> queue,
               std::shared_ptr<fetcher> reader);

  struct counters {
    std::atomic<std::uint64_t> rebalances{0}, heartbeats{0}, commits{0}, commit_failures{0};
  };
  const counters& tally() const { return tally_; }

  // All below: the core's thread.

  void attach(core& on);
  steady_ns step(core& on, instant now) override;
  void close(core& on) override;

  /// What to subscribe to from now on; nothing at all leaves the group.
  void subscribe(std::vector<std::string> topics, std::optional<topic_pattern> pattern);
  /// The caller did what task `number` asked; these partitions it has now.
  void task_done(std::uint64_t number, std::vector<topic_partition> owned, bool gave_up_some);
  /// The caller polls again after it was away.
  void back_again();
  /// Joins anew although nothing happened (KIP-568).
  void rejoin(std::string reason);
  void commit(commit_job job);
  void ask_committed(offset_question question);
  /// Finds where partitions begin that were just taken: what was committed, or the configured start.
  void locate(const std::vector<fetch_queue::assigned_start>& which);
  /// Waits for commits that are under way, leaves, and goes from the core; `done` runs at the latest at the deadline.
  void finish(steady_ns deadline, unique_function<void()> done);

 private:
  enum class state : std::uint8_t {
    idle,       // nothing is subscribed: commits only
    waiting,    // for the caller to do what the seam asks
    joining,    // JoinGroup is due or under way
    assigning,  // we lead: waits for what metadata says of the members' topics
    syncing,    // SyncGroup is due or under way
    stable,
    away,     // the caller polled too late; waits for it (C-46)
    refused,  // told by a poll; the poll after that tries again
    fenced,   // for good
    closed,
  };

  // group_member.cpp
  void move(state to) { state_ = to; }
  void begin_rejoin();
  void lose(bool forget_id, const std::string& why);
  void refuse(const error& why);
  void fence(const error& why);
  void heard(group_verdict verdict, broker_id from, const group_identity& as, const error& why);
  void coordinator_failed(broker_id whom, const std::string& why);
  void tell();
  bool is_member() const { return who_.generation >= 0; }
  offset_commits::surroundings commit_surroundings();
  offset_fetches::surroundings fetch_surroundings();
  void finish_now();

  // group_join.cpp
  void step_join(instant now);
  void send_join();
  void on_join(std::uint64_t attempt, broker_id from, const response& answer);
  void joined(const protocol::JoinGroupResponse& told, const response& answer);
  void step_assign(instant now);
  void send_sync();
  void on_sync(std::uint64_t attempt, broker_id from, const response& answer);
  void synchronised(std::vector<topic_partition> assignment);
  void again_later(group_verdict verdict, broker_id from, const error& why);

  // group_heartbeat.cpp
  void step_heartbeat(instant now);
  void on_heartbeat(broker_id from, const group_identity& as, const response& answer);
  void step_poll_interval(instant now);
  void leave(steady_ns deadline, std::string reason, unique_function<void()> done);

  // group_topics.cpp
  void sync_topics();
  void step_pattern(instant now);
  void on_all_topics(const response& answer);
  void set_topics(std::set<std::string> names);
  void want(std::set<std::string>& held, std::set<std::string> names);
  std::optional<std::vector<topic_size>> sizes_of(const std::set<std::string>& names, bool late) const;

  const consumer_config config_;
  const bool cooperative_;
  std::shared_ptr<group_seam> seam_;
  std::shared_ptr<fetch_queue> queue_;
  std::shared_ptr<fetcher> fetcher_;
  counters tally_;
  core* core_ = nullptr;
  std::shared_ptr<group_member> self_;  // while attached: leaving may take longer than the consumer lives
  owner_id owner_{};
  instant now_{};
  bool attached_ = false;
  bool dirty_ = true;
  steady_ns next_{};
  std::uint64_t seen_generation_ = 0;  // of metadata

  state state_ = state::idle;
  coordinator coordinator_;
  group_identity who_;
  std::vector<topic_partition> owned_;   // what the caller has
  std::vector<topic_partition> claims_;  // what it had last: what the sticky assignors are told
  std::int32_t claims_generation_ = -1;

  std::set<std::string> topics_;         // subscribed to
  std::set<std::string> joined_topics_;  // as told with the last join
  std::optional<topic_pattern> pattern_;
  bool pattern_asked_ = false, pattern_known_ = false;
  steady_ns pattern_due_{};
  std::set<std::string> reported_;  // topics that do not exist, told once

  std::uint64_t attempt_ = 0;  // of joining; answers to an older one do not count
  bool under_way_ = false;     // JoinGroup or SyncGroup
  steady_ns not_before_{};
  std::optional<backoff> wait_;
  bool rejoin_wanted_ = false;
  std::string reason_;  // of the next join (KIP-800)

  // While we lead.
  bool leader_ = false;
  std::string protocol_;
  std::vector<subscription_of_member> members_;
  std::set<std::string> group_topics_;
  std::vector<topic_size> assigned_sizes_;  // what the assignment was made from
  steady_ns sizes_deadline_ = never;
  std::vector<member_assignment> assignments_;

  bool beat_under_way_ = false;
  steady_ns beat_due_{};
  offset_commits commits_;
  offset_fetches fetches_;
  steady_ns finish_deadline_ = never;
  unique_function<void()> finished_;
};

}  // namespace v0
}  // namespace ottla
