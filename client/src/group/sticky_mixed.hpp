// sticky_mixed: the state of an assignment while it is made better, for members with different subscriptions.
#pragma once

#include <vector>

#include "group_plan.hpp"

namespace ottla {
inline namespace v0 {

struct mixed_state {
  mixed_state(const group_plan& of, const holders& owners);

  void give(plan_index partition, plan_index to);
  std::size_t load(plan_index member) const { return held[member].size(); }
  /// It had an owner that may keep it, and is with another.
  bool moved(plan_index partition) const { return owner[partition] != nobody && owner[partition] != holder[partition]; }

  const group_plan& plan;
  const holders& owner;  ///< before; only those that still subscribe
  holders holder;
  std::vector<std::vector<plan_index>> held;  ///< by member: its partitions, in no order that matters
};

/// Passes partitions on along chains (a to b, another of b's to c) until no chain makes the group more balanced.
void balance(mixed_state& state);

/// Without making it less balanced, has partitions go back to their owners until no exchange brings one more back.
void save_moves(mixed_state& state);

}  // namespace v0
}  // namespace ottla
