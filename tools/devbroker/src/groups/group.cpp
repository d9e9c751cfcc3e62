// A group between its rebalances: SyncGroup, Heartbeat, LeaveGroup, who may commit, what survives a coordinator.
#include "groups/group.hpp"

#include <algorithm>
#include <utility>

namespace ottla {
inline namespace v0 {
namespace mock {

std::string_view name(group_state state) {
  switch (state) {
    case group_state::empty:
      return "Empty";
    case group_state::preparing_rebalance:
      return "PreparingRebalance";
    case group_state::completing_rebalance:
      return "CompletingRebalance";
    case group_state::stable:
      return "Stable";
  }
  return "Dead";
}

const std::vector<std::byte>& group_member::metadata_for(std::string_view protocol) const {
  static const std::vector<std::byte> none;
  const auto at =
      std::find_if(offers.begin(), offers.end(), [&](const protocol_offer& o) { return o.name == protocol; });
  return at == offers.end() ? none : at->metadata;
}

std::size_t group_member::size_bytes() const {
  std::size_t sum = sizeof(group_member) + 2 * id.size() + client_id.size() + assignment.size();
  if (instance_id) sum += instance_id->size();
  for (const protocol_offer& o : offers) sum += sizeof(o) + o.name.size() + o.metadata.size();
  return sum;
}

std::size_t group::stored_state::size_bytes() const {
  std::size_t sum = protocol_type.size() + protocol.size() + leader.size();
  for (const auto& [id, m] : members) sum += m.size_bytes();
  return sum;
}

std::size_t group::size_bytes() const {
  constexpr std::size_t pending_cost = 512;
  return sizeof(group) + 2 * id_.size() + (consumer_ ? consumer_->size_bytes() : 0) + body_.size_bytes() +
         stored_.size_bytes() + offsets.size_bytes() + undecided.size_bytes() + pending_.size() * pending_cost;
}

consumer_group* group::become_consumer() {
  if (consumer_) return &*consumer_;
  if (state_ != group_state::empty || !pending_.empty()) return nullptr;
  body_ = {};
  store();
  return &consumer_.emplace(options_, random_.stream(++conversions_));
}

/// Only when nobody is in it any more.
void group::become_classic() {
  if (!consumer_) return;
  stored_changes_ += consumer_->changes() + 1;
  consumer_.reset();
}

const group_member* group::static_member(std::string_view instance_id) const {
  for (const auto& [id, m] : body_.members)
    if (m.instance_id == instance_id) return &m;
  return nullptr;
}

group_member* group::static_member(std::string_view instance_id) {
  return const_cast<group_member*>(std::as_const(*this).static_member(instance_id));
}

error_code group::check(const member_claim& who) const {
  if (who.instance_id) {
    const group_member* known = static_member(*who.instance_id);
    if (known == nullptr) return error_code::unknown_member_id;
    if (known->id != who.member_id) return error_code::fenced_instance_id;
  }
  if (!body_.members.contains(who.member_id)) return error_code::unknown_member_id;
  return who.generation == body_.generation ? error_code::none : error_code::illegal_generation;
}

error_code group::heartbeat(const member_claim& who, time_point now) {
  if (const error_code error = check(who); error != error_code::none) return error;
  group_member& m = body_.members.find(who.member_id)->second;
  m.arm(now);
  return state_ == group_state::preparing_rebalance ? error_code::rebalance_in_progress : error_code::none;
}

answer_slot<sync_result> group::sync(sync_request request, time_point now) {
  auto slot = std::make_shared<std::optional<sync_result>>();
  const auto refuse = [&](error_code error) {
    slot->emplace(sync_result{.error = error});
    return slot;
  };
  if (const error_code error = check(request.who); error != error_code::none) return refuse(error);
  if (request.protocol_type.value_or(body_.protocol_type) != body_.protocol_type ||
      request.protocol.value_or(body_.protocol) != body_.protocol)
    return refuse(error_code::inconsistent_group_protocol);
  if (state_ == group_state::preparing_rebalance) return refuse(error_code::rebalance_in_progress);

  group_member& m = body_.members.find(request.who.member_id)->second;
  m.sync_due = false;
  m.arm(now);
  if (state_ == group_state::stable) {
    slot->emplace(assignment_of(m));
    return slot;
  }
  fill(m.syncing, {.error = error_code::rebalance_in_progress});  // an earlier SyncGroup of the same member
  m.syncing = slot;
  if (m.id != body_.leader) return slot;
  for (auto& [id, each] : body_.members) {
    const auto given = request.assignments.find(id);
    each.assignment = given == request.assignments.end() ? std::vector<std::byte>{} : std::move(given->second);
  }
  state_ = group_state::stable;
  answer_syncs(error_code::none, now);
  store();
  return slot;
}

sync_result group::assignment_of(const group_member& m) const {
  return {.protocol_type = body_.protocol_type, .protocol = body_.protocol, .assignment = m.assignment};
}

void group::answer_syncs(error_code error, time_point now) {
  for (auto& [id, m] : body_.members) {
    if (m.syncing == nullptr) continue;
    m.arm(now);
    fill(m.syncing, error == error_code::none ? assignment_of(m) : sync_result{.error = error});
  }
}

error_code group::leave(std::string_view member_id, std::optional<std::string_view> instance_id) {
  if (consumer_) return consumer_->remove(member_id, instance_id);
  if (instance_id) {
    // An administrator names a static member by its instance alone (KIP-345).
    const group_member* known = static_member(*instance_id);
    if (known == nullptr) return error_code::unknown_member_id;
    if (!member_id.empty() && known->id != member_id) return error_code::fenced_instance_id;
    remove(std::string(known->id));
  } else if (const auto p = pending_.find(member_id); p != pending_.end()) {
    pending_.erase(p);
  } else if (body_.members.contains(member_id)) {
    remove(std::string(member_id));
  } else {
    return error_code::unknown_member_id;
  }
  someone_left_ = true;
  return error_code::none;
}

void group::finish_leaving(time_point now) {
  if (!std::exchange(someone_left_, false) || state_ == group_state::empty) return;
  rebalance_or_complete(now);
}

error_code group::check_commit(const member_claim& who, time_point now) {
  // Without a generation it is an administrator, or a consumer that uses the group for its offsets alone.
  if (who.generation < 0 && state_ == group_state::empty) return error_code::none;
  if (who.generation < 0 && who.member_id.empty() && !who.instance_id) return error_code::unknown_member_id;
  if (const error_code error = check(who); error != error_code::none) return error;
  if (state_ == group_state::completing_rebalance) return error_code::rebalance_in_progress;
  body_.members.find(who.member_id)->second.arm(now);
  return error_code::none;
}

error_code group::check_transactional_commit(const member_claim& who) const {
  if (who.generation < 0 && state_ == group_state::empty) return error_code::none;
  if (who.generation < 0 && who.member_id.empty() && !who.instance_id) return error_code::none;
  return check(who);
}

void group::move_to_another_node() {
  if (consumer_) consumer_->restart_sessions();
  for (auto& [id, m] : body_.members) {
    fill(m.joining, {.error = error_code::not_coordinator, .member_id = id});
    fill(m.syncing, {.error = error_code::not_coordinator});
  }
  body_ = stored_;
  pending_.clear();
  join_deadline_ = sync_deadline_ = no_deadline;
  in_initial_delay_ = false;
  state_ = body_.members.empty() ? group_state::empty : group_state::stable;
  sessions_restart_ = !body_.members.empty();
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
