// A group: its offsets, and its members in generations (KIP-62, 134, 345, 394, 814) or in the consumer protocol
// (KIP-848).
#pragma once
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/seeded.hpp"
#include "durable/entry_bytes.hpp"
#include "groups/committed_offsets.hpp"
#include "groups/consumer/consumer_group.hpp"
#include "groups/group_member.hpp"
#include "groups/undecided_offsets.hpp"
#include "ottla/mock/group_options.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

/// A group that does not exist is what Kafka calls Dead.
enum class group_state : std::uint8_t {
  empty,                 // no members; offsets may be there
  preparing_rebalance,   // members are called to join (again)
  completing_rebalance,  // the generation is made, the leader's assignment has not come
  stable,
};
std::string_view name(group_state state);

/// Who says it in which request: the three fields that Heartbeat, SyncGroup and OffsetCommit share.
struct member_claim {
  std::string_view member_id;
  std::optional<std::string_view> instance_id;
  std::int32_t generation = -1;
};

struct sync_request {
  member_claim who;
  std::optional<std::string_view> protocol_type;
  std::optional<std::string_view> protocol;
  std::map<std::string, std::vector<std::byte>, std::less<>> assignments;  // from the leader, by member
};

/// It knows neither the wire nor the clock: every call says what time it is (on instant::mono), and expire() is to be
/// called at deadline(). After a call the slots of others may have been filled as well.
///
///              join                      all have joined, or the time is up             the leader's SyncGroup
///     Empty ──────────► PreparingRebalance ────────────────────────► CompletingRebalance ─────────────► Stable
///       ▲                  │    ▲  ▲                                            │                          │
///       └──── all gone ────┘    │  └──── join, leave, session ended ────────────┘                          │
///                               └──── join of the leader or with other metadata, leave, session ended ─────┘
class group {
 public:
  group(std::string id, const group_options& options, seeded random)
      : id_(std::move(id)), options_(options), random_(random) {}

  /// Set for a group of the consumer protocol. As long as it is the group has no generations and, as a classic one,
  /// nobody in it.
  consumer_group* consumer() { return consumer_ ? &*consumer_ : nullptr; }
  const consumer_group* consumer() const { return consumer_ ? &*consumer_ : nullptr; }
  /// Null if there are members of the classic protocol. Offsets stay.
  consumer_group* become_consumer();

  answer_slot<join_result> join(const join_request& request, std::chrono::nanoseconds now);
  answer_slot<sync_result> sync(sync_request request, std::chrono::nanoseconds now);
  error_code heartbeat(const member_claim& who, std::chrono::nanoseconds now);
  /// Takes one member out. After the last one of a request: finish_leaving(), which is when the others are told.
  error_code leave(std::string_view member_id, std::optional<std::string_view> instance_id);
  void finish_leaving(std::chrono::nanoseconds now);
  /// Whether the sender may commit; counts as a heartbeat.
  error_code check_commit(const member_claim& who, std::chrono::nanoseconds now);
  /// The same for offsets of a transaction (KIP-447). Who says nothing about a membership is believed: so did producers
  /// before that.
  error_code check_transactional_commit(const member_claim& who) const;

  /// Does what is due; says whether anything was.
  bool expire(std::chrono::nanoseconds now);
  std::chrono::nanoseconds deadline() const;

  /// Another node is the coordinator now. As in Kafka it finds what was stored when the group was last stable or empty:
  /// that generation goes on, who was joining has to do so again.
  void move_to_another_node();

  const std::string& id() const { return id_; }
  group_state state() const { return state_; }
  std::string_view state_name() const { return consumer_ ? consumer_->state() : name(state_); }
  bool has_members() const { return consumer_ ? !consumer_->members().empty() : state_ != group_state::empty; }
  const std::string& protocol_type() const { return body_.protocol_type; }
  const std::string& protocol() const { return body_.protocol; }
  const std::map<std::string, group_member, std::less<>>& members() const { return body_.members; }
  /// Nothing in it that anybody could miss.
  bool is_blank() const { return !has_members() && pending_.empty() && offsets.empty() && undecided.empty(); }
  std::size_t size_bytes() const;

  /// Rises whenever there is something new to be stored, which is what save() writes and load() reads: the generation,
  /// as it was when the group was last stable or empty. Offsets are stored beside it.
  std::uint64_t stored_changes() const { return stored_changes_ + (consumer_ ? consumer_->changes() : 0); }
  void save(entry_writer& out) const;
  /// From here on new members get other ids.
  void draw_from(seeded random) {
    random_ = random;
    if (consumer_) consumer_->draw_from(random_.stream(1));
  }
  /// As move_to_another_node(), but by way of the disk. False if the bytes make no sense.
  bool load(entry_reader& in);
  /// What consumer_group::save() has written.
  bool load_consumer(entry_reader& in);

  committed_offsets offsets;
  undecided_offsets undecided;

 private:
  using time_point = std::chrono::nanoseconds;
  /// What is stored, and so survives the coordinator.
  struct stored_state {
    std::int32_t generation = 0;
    std::string protocol_type;
    std::string protocol;
    std::string leader;
    std::map<std::string, group_member, std::less<>> members;
    std::size_t size_bytes() const;
  };

  // group_join.cpp
  void join_new(const join_request& request, answer_slot<join_result> slot, time_point now);
  void join_again(const join_request& request, answer_slot<join_result> slot, time_point now);
  void replace_static(group_member& known, const join_request& request, answer_slot<join_result> slot, time_point now);
  void add(std::string id, const join_request& request, answer_slot<join_result> slot, time_point now);
  void update(group_member& m, const join_request& request, answer_slot<join_result> slot);
  bool supports(const join_request& request) const;
  bool is_full() const { return body_.members.size() + pending_.size() >= options_.max_members; }
  std::string fresh_id(const join_request& request);
  join_result current_generation(const group_member& m) const;

  // rebalance.cpp
  void rebalance_or_complete(time_point now);
  void prepare_rebalance(time_point now);
  void try_complete_join(time_point now);
  void complete_join(time_point now);
  bool elect_leader();
  std::string vote() const;
  std::chrono::milliseconds rebalance_timeout() const;
  bool expire_sessions(time_point now);
  bool expire_join(time_point now);
  bool expire_sync(time_point now);
  void remove(const std::string& member_id);

  error_code check(const member_claim& who) const;
  group_member* static_member(std::string_view instance_id);
  const group_member* static_member(std::string_view instance_id) const;
  void answer_syncs(error_code error, time_point now);
  sync_result assignment_of(const group_member& m) const;
  void become_classic();
  void store() {
    stored_ = body_;
    ++stored_changes_;
  }

  std::string id_;
  const group_options& options_;
  seeded random_;
  std::optional<consumer_group> consumer_;
  std::uint64_t conversions_ = 0;
  group_state state_ = group_state::empty;
  stored_state body_;
  stored_state stored_;
  std::uint64_t stored_changes_ = 0;
  std::map<std::string, time_point, std::less<>> pending_;  // ids handed out whose owners have not joined, until when
  time_point join_deadline_ = no_deadline;
  time_point sync_deadline_ = no_deadline;
  // The first rebalance of an empty group waits for those who start at the same time (KIP-134).
  bool in_initial_delay_ = false;
  bool joined_in_delay_ = false;
  std::chrono::nanoseconds delay_left_{};
  bool someone_left_ = false;
  bool sessions_restart_ = false;  // the new coordinator gives every member a whole session
};

}  // namespace mock
}  // namespace v0
}  // namespace ottla
