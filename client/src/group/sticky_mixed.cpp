// sticky_mixed: members with different subscriptions: everyone keeps what it had, the rest is placed, then chains of
// members pass partitions on until the group is as balanced as its subscriptions allow.
#include "sticky_mixed.hpp"

#include <algorithm>
#include <deque>
#include <utility>

#include "sticky.hpp"

namespace ottla {
inline namespace v0 {

mixed_state::mixed_state(const group_plan& of, const holders& owners)
    : plan(of), owner(owners), holder(owners), held(of.members.size()) {
  for (plan_index number = 0; number < holder.size(); ++number) {
    if (holder[number] != nobody) held[holder[number]].push_back(number);
  }
}

void mixed_state::give(plan_index partition, plan_index to) {
  if (holder[partition] != nobody) {
    std::vector<plan_index>& from = held[holder[partition]];
    from.erase(std::find(from.begin(), from.end(), partition));
  }
  held[to].push_back(partition);
  holder[partition] = to;
}

namespace {

/// What nobody keeps goes to the subscriber with the least; topics with the fewest subscribers first, as they have the
/// least choice.
void place_the_rest(mixed_state& state) {
  const std::vector<plan_topic>& topics = state.plan.topics;
  std::vector<plan_index> order(topics.size());
  for (plan_index topic = 0; topic < order.size(); ++topic) order[topic] = topic;
  std::stable_sort(order.begin(), order.end(), [&](plan_index a, plan_index b) {
    return topics[a].subscribers.size() < topics[b].subscribers.size();
  });
  const auto lighter = [&](plan_index a, plan_index b) { return state.load(a) < state.load(b); };
  for (const plan_index topic : order) {
    const plan_topic& of = topics[topic];
    for (plan_index number = of.first; number < of.first + of.count; ++number) {
      if (state.holder[number] != nobody) continue;
      state.give(number, *std::min_element(of.subscribers.begin(), of.subscribers.end(), lighter));
    }
  }
}

/// From one member to all that it could pass something on to, directly or through others: member, by a partition, to
/// its topic, to the topic's subscribers. A step costs one if it takes a partition from the owner that had it.
class chain_search {
 public:
  static constexpr plan_index unreached = ~plan_index{0};

  explicit chain_search(mixed_state& state)
      : state_(state), topic_by_(state.plan.members.size()), partition_by_(state.plan.topics.size()) {}

  void run(plan_index from, const std::vector<bool>& settled) {
    from_ = from;
    members_.assign(state_.plan.members.size(), unreached);
    topics_.assign(state_.plan.topics.size(), unreached);
    members_[from] = 0;
    next_.assign(1, {from, 0, true});
    while (!next_.empty()) {
      const stop at = next_.front();
      next_.pop_front();
      if (at.is_member && at.cost == members_[at.index]) leave_member(at);
      if (!at.is_member && at.cost == topics_[at.index]) leave_topic(at, settled);
    }
  }

  bool reached(plan_index member) const { return members_[member] != unreached; }

  /// The lightest member reached, the cheapest of several, if it has at least two less than where the search began.
  plan_index target() const {
    plan_index best = nobody;
    for (plan_index member = 0; member < members_.size(); ++member) {
      if (!reached(member) || state_.load(member) + 2 > state_.load(from_)) continue;
      if (best == nobody ||
          std::pair(state_.load(member), members_[member]) < std::pair(state_.load(best), members_[best])) {
        best = member;
      }
    }
    return best;
  }

  void pass_on_to(plan_index member) {
    while (member != from_) {
      const plan_index partition = partition_by_[topic_by_[member]];
      const plan_index giver = state_.holder[partition];
      state_.give(partition, member);
      member = giver;
    }
  }

 private:
  struct stop {
    plan_index index;
    plan_index cost;
    bool is_member;
  };

  void leave_member(stop at) {
    for (const plan_index partition : state_.held[at.index]) {
      const plan_index topic = state_.plan.topic_of[partition];
      const plan_index step = state_.owner[partition] == at.index ? 1 : 0;
      if (at.cost + step >= topics_[topic]) continue;
      topics_[topic] = at.cost + step;
      partition_by_[topic] = partition;
      if (step == 0) {
        next_.push_front({topic, topics_[topic], false});
      } else {
        next_.push_back({topic, topics_[topic], false});
      }
    }
  }
  void leave_topic(stop at, const std::vector<bool>& settled) {
    for (const plan_index to : state_.plan.topics[at.index].subscribers) {
      if (settled[to] || at.cost >= members_[to]) continue;
      members_[to] = at.cost;
      topic_by_[to] = at.index;
      next_.push_front({to, at.cost, true});
    }
  }

  mixed_state& state_;
  plan_index from_ = nobody;
  std::vector<plan_index> members_, topics_;  // what it costs to get there
  std::vector<plan_index> topic_by_;          // by member: how one got there
  std::vector<plan_index> partition_by_;      // by topic
  std::deque<stop> next_;                     // cheapest first: costs differ by one at most
};

}  // namespace

// When the heaviest member finds nobody with two less, then none of those it reached will ever: they reach nobody else,
// have at most one less than the heaviest, and nothing that others do changes what they could pass on. So each search
// either improves the group or settles somebody.
void balance(mixed_state& state) {
  const auto count = static_cast<plan_index>(state.plan.members.size());
  std::vector<bool> settled(count, false);
  chain_search search(state);
  while (true) {
    plan_index heaviest = nobody;
    for (plan_index member = 0; member < count; ++member) {
      if (settled[member]) continue;
      if (heaviest == nobody || state.load(member) > state.load(heaviest)) heaviest = member;
    }
    if (heaviest == nobody) return;
    search.run(heaviest, settled);
    if (const plan_index to = search.target(); to != nobody) {
      search.pass_on_to(to);
      continue;
    }
    for (plan_index member = 0; member < count; ++member) {
      if (search.reached(member)) settled[member] = true;
    }
  }
}

holders assign_mixed_subscriptions(const group_plan& plan, const holders& owner) {
  mixed_state state(plan, owner);
  place_the_rest(state);
  balance(state);
  save_moves(state);
  return std::move(state.holder);
}

}  // namespace v0
}  // namespace ottla
