// A group's rebalance: calling the members to join, making the generation, giving up who does not come.
#include <algorithm>
#include <utility>

#include "groups/group.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

namespace {

// Between looks at a group whose static members are all away, whatever they called a timeout.
constexpr std::chrono::seconds shortest_wait{1};

}  // namespace

void group::rebalance_or_complete(time_point now) {
  if (state_ == group_state::preparing_rebalance) return try_complete_join(now);
  prepare_rebalance(now);
}

void group::prepare_rebalance(time_point now) {
  if (state_ == group_state::completing_rebalance) answer_syncs(error_code::rebalance_in_progress, now);
  for (auto& [id, m] : body_.members) m.sync_due = false;
  sync_deadline_ = no_deadline;
  const bool first = state_ == group_state::empty;
  const std::chrono::nanoseconds limit = rebalance_timeout();
  state_ = group_state::preparing_rebalance;
  if (first && options_.initial_rebalance_delay.count() > 0) {
    const auto delay = std::min<std::chrono::nanoseconds>(options_.initial_rebalance_delay, limit);
    in_initial_delay_ = true;
    joined_in_delay_ = false;
    delay_left_ = limit - delay;
    join_deadline_ = now + delay;
    return;
  }
  join_deadline_ = now + limit;
  try_complete_join(now);
}

void group::try_complete_join(time_point now) {
  if (in_initial_delay_ || !pending_.empty()) return;
  const auto& all = body_.members;
  if (std::all_of(all.begin(), all.end(), [](const auto& m) { return m.second.joining != nullptr; }))
    complete_join(now);
}

void group::complete_join(time_point now) {
  in_initial_delay_ = false;
  join_deadline_ = no_deadline;
  // A static member that is away keeps its place until its session ends.
  std::erase_if(body_.members, [](const auto& m) { return !m.second.instance_id && m.second.joining == nullptr; });
  if (!body_.members.empty() && !elect_leader()) {
    join_deadline_ = now + std::max<std::chrono::nanoseconds>(rebalance_timeout(), shortest_wait);
    return;
  }
  ++body_.generation;
  if (body_.members.empty()) {
    state_ = group_state::empty;
    body_.protocol.clear();
    body_.leader.clear();
    return store();
  }
  state_ = group_state::completing_rebalance;
  body_.protocol = vote();
  sync_deadline_ = now + rebalance_timeout();
  for (auto& [id, m] : body_.members) {
    if (m.joining == nullptr) continue;
    m.is_new = false;
    m.sync_due = true;
    m.arm(now);
    fill(m.joining, current_generation(m));
  }
}

/// The leader stays if it has joined again; otherwise one that has takes over.
bool group::elect_leader() {
  const auto joined = [](const auto& m) { return m.second.joining != nullptr; };
  const auto known = body_.members.find(body_.leader);
  if (known != body_.members.end() && joined(*known)) return true;
  const auto next = std::find_if(body_.members.begin(), body_.members.end(), joined);
  if (next == body_.members.end()) return false;
  body_.leader = next->first;
  return true;
}

/// Each member votes for the first of its offers that all know; among equals the first by name wins.
std::string group::vote() const {
  std::map<std::string_view, std::size_t> known_to;
  for (const auto& [id, m] : body_.members) {
    std::map<std::string_view, bool> named;
    for (const protocol_offer& o : m.offers)
      if (!std::exchange(named[o.name], true)) ++known_to[o.name];
  }
  std::map<std::string_view, std::size_t> votes;
  for (const auto& [id, m] : body_.members) {
    const auto choice = std::find_if(m.offers.begin(), m.offers.end(),
                                     [&](const protocol_offer& o) { return known_to[o.name] == body_.members.size(); });
    if (choice != m.offers.end()) ++votes[choice->name];
  }
  const auto most =
      std::max_element(votes.begin(), votes.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  return most == votes.end() ? std::string() : std::string(most->first);
}

std::chrono::milliseconds group::rebalance_timeout() const {
  std::chrono::milliseconds longest{0};
  for (const auto& [id, m] : body_.members) longest = std::max(longest, m.rebalance_timeout);
  return longest;
}

void group::remove(const std::string& member_id) {
  const auto at = body_.members.find(member_id);
  if (at == body_.members.end()) return;
  // Whoever still waits is told to start over.
  fill(at->second.joining, {.error = error_code::unknown_member_id, .member_id = member_id});
  fill(at->second.syncing, {.error = error_code::unknown_member_id});
  body_.members.erase(at);
  if (body_.leader == member_id) body_.leader = body_.members.empty() ? "" : body_.members.begin()->first;
}

bool group::expire(time_point now) {
  bool any = false;
  if (std::exchange(sessions_restart_, false)) {
    for (auto& [id, m] : body_.members) m.arm(now);
    any = true;
  }
  if (consumer_) any |= consumer_->expire(now);
  any |= expire_sessions(now);
  any |= expire_join(now);
  any |= expire_sync(now);
  return any;
}

bool group::expire_sessions(time_point now) {
  const bool no_longer_pending = std::erase_if(pending_, [&](const auto& p) { return p.second <= now; }) != 0;
  std::vector<std::string> gone;
  for (const auto& [id, m] : body_.members)
    if (m.deadline() <= now) gone.push_back(id);
  for (const std::string& id : gone) remove(id);
  if (!gone.empty()) {
    rebalance_or_complete(now);
  } else if (no_longer_pending && state_ == group_state::preparing_rebalance) {
    try_complete_join(now);
  }
  return no_longer_pending || !gone.empty();
}

bool group::expire_join(time_point now) {
  if (join_deadline_ > now) return false;
  if (in_initial_delay_ && std::exchange(joined_in_delay_, false) && delay_left_.count() > 0) {
    const auto more = std::min<std::chrono::nanoseconds>(options_.initial_rebalance_delay, delay_left_);
    delay_left_ -= more;
    join_deadline_ = now + more;
  } else {
    complete_join(now);
  }
  return true;
}

bool group::expire_sync(time_point now) {
  if (sync_deadline_ > now) return false;
  sync_deadline_ = no_deadline;
  std::vector<std::string> silent;
  for (const auto& [id, m] : body_.members)
    if (m.sync_due) silent.push_back(id);
  for (const std::string& id : silent) remove(id);
  if (!silent.empty()) prepare_rebalance(now);
  return true;
}

std::chrono::nanoseconds group::deadline() const {
  if (sessions_restart_) return {};
  time_point next = std::min(join_deadline_, sync_deadline_);
  if (consumer_) next = std::min(next, consumer_->deadline());
  for (const auto& [id, until] : pending_) next = std::min(next, until);
  for (const auto& [id, m] : body_.members) next = std::min(next, m.deadline());
  return next;
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
