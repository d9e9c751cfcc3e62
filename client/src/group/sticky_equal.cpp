// sticky_equal: the usual group, where everyone reads the same topics: quotas, and what is over goes round.
#include <algorithm>

#include "sticky.hpp"

namespace ottla {
inline namespace v0 {
namespace {

struct quotas {
  plan_index least = 0;   ///< every member gets so many
  plan_index larger = 0;  ///< and so many members one more
};

/// Everyone keeps what it had, up to its quota. The larger quotas go to those who can fill them with what they had:
/// each of them keeps one partition in its place.
void keep_owned(const holders& owner, quotas quota, holders& out, std::vector<plan_index>& load) {
  std::vector<plan_index> had(load.size(), 0), limit(load.size(), quota.least);
  for (const plan_index member : owner) {
    if (member != nobody) ++had[member];
  }
  for (plan_index member = 0; member < load.size() && quota.larger != 0; ++member) {
    if (had[member] <= quota.least) continue;
    ++limit[member];
    --quota.larger;
  }
  for (plan_index number = 0; number < owner.size(); ++number) {
    const plan_index member = owner[number];
    if (member == nobody || load[member] == limit[member]) continue;
    out[number] = member;
    ++load[member];
  }
}

std::vector<plan_index> members_below(plan_index limit, const std::vector<plan_index>& load) {
  std::vector<plan_index> found;
  for (plan_index member = 0; member < load.size(); ++member) {
    if (load[member] < limit) found.push_back(member);
  }
  return found;
}

}  // namespace

holders assign_equal_subscriptions(const group_plan& plan, const holders& owner) {
  holders out(plan.partition_count(), nobody);
  const auto among = static_cast<plan_index>(plan.members.size());
  if (among == 0) return out;
  const quotas quota{plan.partition_count() / among, plan.partition_count() % among};
  std::vector<plan_index> load(among, 0);
  keep_owned(owner, quota, out, load);
  // What is left goes round those who lack some, until none does; then once round those who may have one more.
  plan_index below = quota.least;
  std::vector<plan_index> round = members_below(below, load);
  std::size_t at = 0;
  for (plan_index& holder : out) {
    if (holder != nobody) continue;
    if (at == round.size()) {
      std::erase_if(round, [&](plan_index member) { return load[member] >= below; });
      at = 0;
    }
    if (round.empty()) round = members_below(++below, load);
    holder = round[at++];
    ++load[holder];
  }
  return out;
}

}  // namespace v0
}  // namespace ottla
