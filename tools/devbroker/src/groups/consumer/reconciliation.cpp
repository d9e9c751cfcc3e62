// A member of the consumer protocol on its way to its target: first it gives back, then it gets what others have let
// go.
#include <algorithm>
#include <tuple>
#include <utility>

#include "groups/consumer/consumer_group.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

/// Whether the member still has some of it: it may, as long as it does not say what it has.
bool still_has(const std::optional<assignment>& said, const owned_partitions& of) {
  if (!said) return true;
  return std::any_of(said->begin(), said->end(), [&](const auto& entry) {
    const auto known = of.find(entry.first);
    return known != of.end() && std::any_of(entry.second.begin(), entry.second.end(),
                                            [&](std::int32_t p) { return known->second.contains(p); });
  });
}

}  // namespace

assignment plain(const owned_partitions& of) {
  assignment out;
  for (const auto& [topic, partitions] : of)
    for (const auto& [index, epoch] : partitions) out[topic].insert(index);
  return out;
}

bool consumer_group::is_held(const protocol::uuid& topic, std::int32_t partition) const {
  return held_.contains({topic, partition});
}

void consumer_group::hold(const consumer_member& m) {
  for (const owned_partitions* of : {&m.assigned, &m.revoking})
    for (const auto& [topic, partitions] : *of)
      for (const auto& [index, epoch] : partitions) held_.emplace(topic, index);
}

void consumer_group::release(const consumer_member& m) {
  for (const owned_partitions* of : {&m.assigned, &m.revoking})
    for (const auto& [topic, partitions] : *of)
      for (const auto& [index, epoch] : partitions) held_.erase({topic, index});
}

///              nothing to give back, nothing to wait for
///     stable ◄────────────────────────────────────────────┐
///       │ a new target                                     │
///       ├──► unrevoked: the epoch stays ── has let go ─────┤
///       └──► unreleased: the new epoch, without what others still have: looked at again with each heartbeat
void consumer_group::reconcile(consumer_member& m, const consumer_heartbeat& request, bool subscription_changed,
                               time_point now) {
  if (!subscription_changed && m.is_reconciled_to(assignment_epoch_)) return;
  const auto signature = [&] { return std::tuple(m.state, m.epoch, m.previous_epoch, m.assigned, m.revoking); };
  const auto before = signature();
  release(m);
  const bool waits = m.state == member_state::stable
                         ? m.epoch == assignment_epoch_
                         : m.state == member_state::unrevoked && still_has(request.owned, m.revoking);
  if (!waits) {
    next_assignment(m, request);
  } else if (subscription_changed) {
    drop_unsubscribed(m, request);
  }
  hold(m);
  if (signature() == before) return;
  ++changes_;
  m.revoke_end = m.state == member_state::unrevoked ? now + m.rebalance_timeout : no_deadline;
}

void consumer_group::next_assignment(consumer_member& m, const consumer_heartbeat& request) {
  const std::set<protocol::uuid> subscribed = topic_ids_of(m);
  owned_partitions kept;
  owned_partitions back;
  for (const auto& [topic, partitions] : m.assigned) {
    const auto target = m.target.find(topic);
    const bool reads = subscribed.contains(topic) && target != m.target.end();
    for (const auto& [index, since] : partitions)
      (reads && target->second.contains(index) ? kept : back)[topic].emplace(index, since);
  }
  if (!back.empty() && still_has(request.owned, back)) {
    m.enter(m.epoch);
    m.state = member_state::unrevoked;
    m.assigned = std::move(kept);
    m.revoking = std::move(back);
    return;
  }
  bool is_waiting = false;
  for (const auto& [topic, target] : m.target) {
    if (!subscribed.contains(topic)) continue;
    const auto has = kept.find(topic);
    for (const std::int32_t index : target) {
      if (has != kept.end() && has->second.contains(index)) continue;
      // What it has kept is not held: all of its own was released before.
      if (is_held(topic, index)) {
        is_waiting = true;
      } else {
        kept[topic].emplace(index, assignment_epoch_);
      }
    }
  }
  m.enter(assignment_epoch_);
  m.state = is_waiting ? member_state::unreleased : member_state::stable;
  m.assigned = std::move(kept);
  m.revoking.clear();
}

/// It reads less than before and there is no target yet that knows: what it no longer reads goes back at once.
void consumer_group::drop_unsubscribed(consumer_member& m, const consumer_heartbeat& request) {
  const std::set<protocol::uuid> subscribed = topic_ids_of(m);
  owned_partitions kept;
  owned_partitions back = m.revoking;
  for (const auto& [topic, partitions] : m.assigned) {
    if (subscribed.contains(topic)) {
      kept.emplace(topic, partitions);
    } else {
      back[topic].insert(partitions.begin(), partitions.end());
    }
  }
  if (kept == m.assigned) return;
  m.enter(m.epoch);
  m.assigned = std::move(kept);
  if (!still_has(request.owned, back)) return;
  m.state = member_state::unrevoked;
  m.revoking = std::move(back);
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
