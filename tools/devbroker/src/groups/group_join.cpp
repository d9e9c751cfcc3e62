// A group's JoinGroup: who is let in, who is told the generation as it is, who starts a rebalance.
#include <algorithm>

#include "groups/group.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

namespace {

constexpr std::chrono::minutes newcomer_patience{5};  // as in Kafka: a newcomer that waits longer is given up
constexpr std::size_t longest_id_prefix = 255;        // ids have to fit into every answer

void refuse(answer_slot<join_result>& slot, error_code error, std::string_view member_id) {
  fill(slot, {.error = error, .member_id = std::string(member_id)});
}

}  // namespace

answer_slot<join_result> group::join(const join_request& request, time_point now) {
  auto slot = std::make_shared<std::optional<join_result>>();
  auto mine = slot;
  if (!supports(request)) {
    refuse(mine, error_code::inconsistent_group_protocol, request.member_id);
  } else if (request.member_id.empty()) {
    join_new(request, std::move(mine), now);
  } else {
    join_again(request, std::move(mine), now);
  }
  return slot;
}

/// Whether one of the offers is known to every member.
bool group::supports(const join_request& request) const {
  if (consumer_ && has_members()) return false;
  if (request.protocol_type.empty() || request.offers.empty()) return false;
  if (body_.members.empty()) return true;
  if (request.protocol_type != body_.protocol_type) return false;
  const auto known_to_all = [&](const protocol_offer& offered) {
    return std::all_of(body_.members.begin(), body_.members.end(), [&](const auto& m) {
      const auto& theirs = m.second.offers;
      return std::any_of(theirs.begin(), theirs.end(), [&](const protocol_offer& o) { return o.name == offered.name; });
    });
  };
  return std::any_of(request.offers.begin(), request.offers.end(), known_to_all);
}

std::string group::fresh_id(const join_request& request) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out = request.instance_id.value_or(request.client_id).substr(0, longest_id_prefix);
  for (int half = 0; half < 2; ++half) {
    out += '-';
    std::uint64_t bits = random_.next();
    for (int i = 0; i < 16; ++i, bits >>= 4) out += digits[bits & 15];
  }
  return out;
}

void group::join_new(const join_request& request, answer_slot<join_result> slot, time_point now) {
  if (request.instance_id) {
    if (group_member* known = static_member(*request.instance_id))
      return replace_static(*known, request, std::move(slot), now);
  }
  become_classic();
  if (is_full()) return refuse(slot, error_code::group_max_size_reached, {});
  std::string id = fresh_id(request);
  if (!request.instance_id && request.needs_known_id) {
    pending_.emplace(id, now + request.session_timeout);
    return refuse(slot, error_code::member_id_required, id);
  }
  add(std::move(id), request, std::move(slot), now);
}

void group::join_again(const join_request& request, answer_slot<join_result> slot, time_point now) {
  if (pending_.erase(request.member_id) != 0) return add(request.member_id, request, std::move(slot), now);
  const auto instance = request.instance_id ? std::optional<std::string_view>(*request.instance_id) : std::nullopt;
  if (const error_code error = check({request.member_id, instance, body_.generation}); error != error_code::none)
    return refuse(slot, error, request.member_id);
  group_member& m = body_.members.find(request.member_id)->second;
  const bool same_offers = m.offers == request.offers;
  // Only the leader can ask for a new assignment by joining again with nothing changed. In the middle of a rebalance
  // the answer to its JoinGroup was lost.
  const bool nothing_new = (state_ == group_state::completing_rebalance && same_offers) ||
                           (state_ == group_state::stable && same_offers && m.id != body_.leader);
  if (nothing_new) {
    m.arm(now);
    fill(slot, current_generation(m));
    return;
  }
  update(m, request, std::move(slot));
  rebalance_or_complete(now);
}

/// A static member has been started again: it takes the place of its former self, which is fenced.
void group::replace_static(group_member& known, const join_request& request, answer_slot<join_result> slot,
                           time_point now) {
  const std::string old_id = known.id;
  const std::string old_leader = body_.leader;
  fill(known.joining, {.error = error_code::fenced_instance_id, .member_id = old_id});
  fill(known.syncing, {.error = error_code::fenced_instance_id});
  group_member moved = std::move(known);
  body_.members.erase(old_id);
  const std::string new_id = moved.id = fresh_id(request);
  group_member& m = body_.members.emplace(new_id, std::move(moved)).first->second;
  if (body_.leader == old_id) body_.leader = m.id;
  update(m, request, std::move(slot));
  m.arm(now);
  if (state_ != group_state::stable || vote() != body_.protocol) return rebalance_or_complete(now);

  // The generation goes on, with the assignment that the former self had. A leader is told so in as many words if it
  // can be; otherwise it is told that another leads, so that it assigns nothing.
  join_result told = current_generation(m);
  if (!request.knows_skip) {
    told.leader = old_leader;
    told.members.clear();
  } else {
    told.skip_assignment = m.id == body_.leader;
  }
  fill(m.joining, std::move(told));
  store();
}

void group::add(std::string id, const join_request& request, answer_slot<join_result> slot, time_point now) {
  if (body_.members.empty()) {
    body_.protocol_type = request.protocol_type;
    body_.leader = id;
  }
  group_member& m = body_.members[id];
  m.id = std::move(id);
  m.instance_id = request.instance_id;
  update(m, request, std::move(slot));
  m.session_end = now + newcomer_patience;
  joined_in_delay_ = true;
  rebalance_or_complete(now);
}

void group::update(group_member& m, const join_request& request, answer_slot<join_result> slot) {
  // An earlier JoinGroup of the same member, perhaps on a connection that is gone.
  fill(m.joining, {.error = error_code::rebalance_in_progress, .member_id = m.id});
  m.client_id = request.client_id;
  m.session_timeout = request.session_timeout;
  m.rebalance_timeout = request.rebalance_timeout;
  m.offers = request.offers;
  m.joining = std::move(slot);
}

join_result group::current_generation(const group_member& m) const {
  join_result out{.member_id = m.id,
                  .generation = body_.generation,
                  .protocol_type = body_.protocol_type,
                  .protocol = body_.protocol,
                  .leader = body_.leader};
  if (m.id != body_.leader) return out;
  for (const auto& [id, other] : body_.members)
    out.members.push_back({id, other.instance_id, other.metadata_for(body_.protocol)});
  return out;
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
