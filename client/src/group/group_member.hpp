// group_member: a consumer's part in its group as a machine, whatever the protocol: what is subscribed to, what is
// asked of the caller, how membership is lost, offsets, the end. Stepped by the core.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "../consumer/fetcher.hpp"
#include "coordinator.hpp"
#include "group_seam.hpp"
#include "offset_commits.hpp"
#include "offset_fetches.hpp"
#include "topic_pattern.hpp"

namespace ottla {
inline namespace v0 {

/// How members join, stay and are told what to read is the business of classic_group_member and consumer_group_member.
class group_member : public role, public std::enable_shared_from_this<group_member> {
 public:
  /// Of the protocol that the configuration names.
  static std::shared_ptr<group_member> make(const consumer_config& config, std::shared_ptr<group_seam> seam,
                                            std::shared_ptr<fetch_queue> queue, std::shared_ptr<fetcher> reader);

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
  virtual void task_done(std::uint64_t number, std::vector<topic_partition> owned, bool gave_up_some) = 0;
  /// The caller polls again after it was away.
  void back_again();
  /// Joins anew although nothing happened (KIP-568), if the protocol knows that.
  virtual void rejoin(std::string reason) = 0;
  void commit(commit_job job);
  void ask_committed(offset_question question);
  /// Finds where partitions begin that were just taken: what was committed, or the configured start.
  void locate(const std::vector<fetch_queue::assigned_start>& which);
  /// Waits for commits that are under way, leaves, and goes from the core; `done` runs at the latest at the deadline.
  void finish(steady_ns deadline, unique_function<void()> done);

 protected:
  enum class state : std::uint8_t {
    idle,       // nothing is subscribed: commits only
    waiting,    // for the caller to do what the seam asks
    joining,    // asking to be a member is due or under way
    assigning,  // classic: we lead, and wait for what metadata says of the members' topics
    syncing,    // classic: SyncGroup is due or under way
    stable,
    away,     // the caller polled too late; waits for it (C-46)
    refused,  // told by a poll; the poll after that tries again
    fenced,   // for good
    closed,
  };

  group_member(const consumer_config& config, std::shared_ptr<group_seam> seam, std::shared_ptr<fetch_queue> queue,
               std::shared_ptr<fetcher> reader);

  // What a protocol adds.

  virtual void attached() {}
  /// Joining, heartbeats, and all that follows.
  virtual void step_membership(instant now) = 0;
  virtual void subscription_changed() = 0;
  /// Metadata has changed.
  virtual void topics_changed() {}
  /// Whether names are held against the pattern here; else the coordinator does that.
  virtual bool matches_here() const { return true; }
  /// A question that waits at the coordinator does not count any more.
  virtual void question_dropped() {}
  /// We are no member any more. `unknown`: the coordinator does not know the member's id either.
  virtual void life_over(bool unknown) = 0;
  /// Whether the coordinator is to hear that we go.
  virtual bool has_to_leave() const = 0;
  /// Tells it, which need not answer for us to be gone. `done` runs with the answer, or at once if nothing is sent.
  virtual void leave(steady_ns deadline, std::string reason, unique_function<void()> done) = 0;
  /// An answer came from a coordinator that has us in another epoch.
  virtual void epoch_is_stale() {}
  virtual void describe(group_metadata&) const {}
  virtual void closed() {}

  // group_member.cpp
  void move(state to) { state_ = to; }
  void lose(bool unknown, const std::string& why);
  void refuse(const error& why);
  void fence(const error& why);
  void heard(group_verdict verdict, broker_id from, const group_identity& as, const error& why);
  void coordinator_failed(broker_id whom, const std::string& why);
  void tell();
  bool is_member() const { return who_.generation >= 0; }
  bool is_rebalancing() const {
    return state_ == state::joining || state_ == state::assigning || state_ == state::syncing;
  }

  // group_topics.cpp
  void set_topics(std::set<std::string> names);
  void want(std::set<std::string>& held, std::set<std::string> names);

  // A topic that was just created takes a moment to be known everywhere; after so many answers it is taken as missing
  // (C-14).
  static constexpr int unknown_answers_bound = 5;

  const consumer_config config_;
  std::shared_ptr<group_seam> seam_;
  counters tally_;
  core* core_ = nullptr;
  owner_id owner_{};
  instant now_{};
  bool attached_ = false;
  bool dirty_ = true;
  steady_ns next_{};

  state state_ = state::idle;
  coordinator coordinator_;
  group_identity who_;
  std::vector<topic_partition> owned_;  // what the caller has

  std::set<std::string> topics_;  // subscribed to
  std::optional<topic_pattern> pattern_;
  bool pattern_known_ = false;

  std::uint64_t attempt_ = 0;  // of being a member; answers to an older one do not count
  bool under_way_ = false;     // a question that decides on membership
  steady_ns not_before_{};
  std::optional<backoff> wait_;
  std::string reason_;  // of the next join (KIP-800)

 private:
  // group_member.cpp
  void step_poll_interval(instant now);
  offset_commits::surroundings commit_surroundings();
  offset_fetches::surroundings fetch_surroundings();
  void finish_now();

  // group_topics.cpp
  void sync_topics();
  void step_pattern(instant now);
  void on_all_topics(const response& answer);

  std::shared_ptr<fetch_queue> queue_;
  std::shared_ptr<fetcher> fetcher_;
  std::shared_ptr<group_member> self_;  // while attached: leaving may take longer than the consumer lives
  std::uint64_t seen_generation_ = 0;   // of metadata
  bool pattern_asked_ = false;
  steady_ns pattern_due_{};
  std::set<std::string> reported_;  // topics that do not exist, told once
  offset_commits commits_;
  offset_fetches fetches_;
  steady_ns finish_deadline_ = never;
  unique_function<void()> finished_;
};

}  // namespace v0
}  // namespace ottla
