// sticky: balanced assignment that moves as little as it can, from what the members say they had.
#pragma once

#include <vector>

#include "group_plan.hpp"

namespace ottla {
inline namespace v0 {

/// What members claim, settled by generation (C-45, KIP-792).
struct sticky_claims {
  explicit sticky_claims(const group_plan& plan);

  /// By partition: who had it. `nobody`: no one did, or two say so in the same generation, and then neither is
  /// believed.
  holders owner;
  /// By partition: somebody said so, believed or not.
  std::vector<bool> claimed;
};

/// Dispatches to one of the two below.
holders assign_sticky(const group_plan& plan, const sticky_claims& claims);

/// All members subscribe to the same topics: everyone has the average, rounded down or up. Linear time.
holders assign_equal_subscriptions(const group_plan& plan, const holders& owner);

/// Subscriptions differ: as balanced as they allow (no other assignment has a smaller sum of squares of members'
/// loads), and of all those one that moves the fewest partitions.
holders assign_mixed_subscriptions(const group_plan& plan, const holders& owner);

/// Takes out what one member claims and another got: it must be revoked first (KIP-429).
void withhold_moving(holders& out, const sticky_claims& claims);

}  // namespace v0
}  // namespace ottla
