// sticky_moves: exchanges that bring partitions back to their owners and leave the group as balanced as it is.
#include <algorithm>
#include <cstdint>

#include "sticky_mixed.hpp"

namespace ottla {
inline namespace v0 {
namespace {

/// A graph whose circles are the exchanges that are possible, and the length of a circle what the exchange changes:
///
///     member --(partition)--> its topic -------> any subscriber     1 if the member owned the partition, else 0
///     member --(partition)--------------------> the partition's owner                                         -1
///     member --> anyone --> member              what one more costs the first, one less saves the second, in squares
///
/// A circle of negative length makes the assignment better; if there is none, nothing does (Klein 1967). Bellman-Ford
/// finds one: lengths from everywhere at once, until they stay or the way one came leads round in a circle.
class exchange_search {
 public:
  explicit exchange_search(mixed_state& state)
      : state_(state),
        members_(static_cast<plan_index>(state.plan.members.size())),
        anyone_(members_ + static_cast<plan_index>(state.plan.topics.size())),
        one_more_(static_cast<std::int64_t>(state.plan.partition_count()) + 1) {}

  /// False: there is no exchange left that helps.
  bool improve() {
    length_.assign(anyone_ + std::size_t{1}, 0);
    came_from_.assign(anyone_ + std::size_t{1}, nobody);
    by_.assign(anyone_ + std::size_t{1}, nobody);
    while (shorten()) {
      if (const plan_index on = find_circle(); on != nobody) {
        exchange(on);
        return true;
      }
    }
    return false;
  }

 private:
  bool step(plan_index from, plan_index to, std::int64_t length, plan_index partition) {
    if (length_[from] + length >= length_[to]) return false;
    length_[to] = length_[from] + length;
    came_from_[to] = from;
    by_[to] = partition;
    return true;
  }

  bool shorten() {
    bool shorter = false;
    for (plan_index member = 0; member < members_; ++member) {
      for (const plan_index partition : state_.held[member]) {
        const bool own = state_.owner[partition] == member;
        shorter |= step(member, members_ + state_.plan.topic_of[partition], own ? 1 : 0, partition);
        if (state_.moved(partition)) shorter |= step(member, state_.owner[partition], -1, partition);
      }
      shorter |= step(member, anyone_, load(member) * one_more_, nobody);
    }
    for (plan_index member = 0; member < members_; ++member) {
      if (load(member) > 0) shorter |= step(anyone_, member, (1 - load(member)) * one_more_, nobody);
    }
    for (plan_index topic = 0; topic < state_.plan.topics.size(); ++topic) {
      for (const plan_index to : state_.plan.topics[topic].subscribers)
        shorter |= step(members_ + topic, to, 0, nobody);
    }
    return shorter;
  }

  /// A stop on a circle of the ways one came; `nobody` if there is none.
  plan_index find_circle() {
    walk_.assign(came_from_.size(), nobody);
    for (plan_index start = 0; start < came_from_.size(); ++start) {
      plan_index at = start;
      while (at != nobody && walk_[at] == nobody) {
        walk_[at] = start;
        at = came_from_[at];
      }
      if (at != nobody && walk_[at] == start) return at;
    }
    return nobody;
  }

  void exchange(plan_index on) {
    struct move {
      plan_index partition;
      plan_index to;
    };
    std::vector<move> moves;
    plan_index at = on;
    do {
      const plan_index from = came_from_[at];
      if (at < members_ && from < anyone_) moves.push_back({from < members_ ? by_[at] : by_[from], at});
      at = from;
    } while (at != on);
    for (const move& one : moves) state_.give(one.partition, one.to);
  }

  std::int64_t load(plan_index member) const { return static_cast<std::int64_t>(state_.load(member)); }

  // Members, then topics, then `anyone_`: whoever is one of those.
  mixed_state& state_;
  const plan_index members_, anyone_;
  const std::int64_t one_more_;  // weighs more than all moves together
  std::vector<std::int64_t> length_;
  std::vector<plan_index> came_from_, by_, walk_;
};

}  // namespace

void save_moves(mixed_state& state) {
  exchange_search search(state);
  while (true) {
    bool moved = false;
    for (plan_index number = 0; number < state.holder.size() && !moved; ++number) moved = state.moved(number);
    if (!moved || !search.improve()) return;
  }
}

}  // namespace v0
}  // namespace ottla
