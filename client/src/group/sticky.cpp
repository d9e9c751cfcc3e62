// sticky: whose claim counts, and what a cooperative round holds back.
#include "sticky.hpp"

#include <algorithm>

namespace ottla {
inline namespace v0 {

// A member that was away answers with what it had long ago. Each partition belongs to the claim of the newest
// generation; of two equal ones one must be wrong, and nobody can tell which.
sticky_claims::sticky_claims(const group_plan& plan)
    : owner(plan.partition_count(), nobody), claimed(plan.partition_count(), false) {
  std::vector<std::int32_t> newest(plan.partition_count(), 0);
  std::vector<plan_index> mine;
  for (plan_index member = 0; member < plan.members.size(); ++member) {
    const subscription_of_member& said = plan.members[member];
    const std::int32_t generation = std::max(said.generation, -1);
    mine.clear();
    for (const topic_partition& where : said.owned) {
      if (const plan_index number = plan.number_of(where); number != nobody) mine.push_back(number);
    }
    std::sort(mine.begin(), mine.end());  // a member that names a partition twice does not contradict itself
    mine.erase(std::unique(mine.begin(), mine.end()), mine.end());
    for (const plan_index number : mine) {
      if (!claimed[number] || generation > newest[number]) {
        owner[number] = member;
        newest[number] = generation;
      } else if (generation == newest[number]) {
        owner[number] = nobody;
      }
      claimed[number] = true;
    }
  }
}

holders assign_sticky(const group_plan& plan, const sticky_claims& claims) {
  holders owner = claims.owner;
  for (plan_index number = 0; number < owner.size(); ++number) {
    if (owner[number] != nobody && !plan.subscribes(owner[number], plan.topic_of[number])) owner[number] = nobody;
  }
  const auto differs = [&](const auto& mine) { return mine != plan.subscriptions.front(); };
  const bool mixed = std::any_of(plan.subscriptions.begin(), plan.subscriptions.end(), differs);
  return mixed ? assign_mixed_subscriptions(plan, owner) : assign_equal_subscriptions(plan, owner);
}

// 1. a reads p and a new member b joins; the leader gives p to b.
// 2. Both get their assignment at once; b starts to read p.
// 3. a sees that p is missing, and only now stops.
// Between 2 and 3 both read it. So nobody gets p in this round: a revokes it and joins again, and then it is free.
void withhold_moving(holders& out, const sticky_claims& claims) {
  for (plan_index number = 0; number < out.size(); ++number) {
    if (claims.claimed[number] && out[number] != claims.owner[number]) out[number] = nobody;
  }
}

}  // namespace v0
}  // namespace ottla
