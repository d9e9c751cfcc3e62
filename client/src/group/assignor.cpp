// assignor: names, and the way from what members said to what they get.
#include "assignor.hpp"

#include <array>
#include <utility>

#include "group_plan.hpp"
#include "sticky.hpp"

namespace ottla {
inline namespace v0 {
namespace {

constexpr std::array<std::string_view, 4> names{"range", "roundrobin", "sticky", "cooperative-sticky"};

holders divide(assignor which, const group_plan& plan) {
  if (which == assignor::range) return assign_range(plan);
  if (which == assignor::round_robin) return assign_round_robin(plan);
  const sticky_claims claims(plan);
  holders out = assign_sticky(plan, claims);
  if (which == assignor::cooperative_sticky) withhold_moving(out, claims);
  return out;
}

}  // namespace

std::string_view name_of(assignor which) { return names[static_cast<std::size_t>(which)]; }

std::optional<assignor> assignor_named(std::string_view name) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == name) return static_cast<assignor>(i);
  }
  return std::nullopt;
}

std::vector<member_assignment> assign_partitions(assignor which, std::vector<subscription_of_member> members,
                                                 std::span<const topic_size> topics) {
  group_plan plan(std::move(members), topics);
  const holders holder = divide(which, plan);
  std::vector<member_assignment> out(plan.members.size());
  for (std::size_t i = 0; i < out.size(); ++i) out[i].member_id = std::move(plan.members[i].member_id);
  for (plan_index number = 0; number < holder.size(); ++number) {
    if (holder[number] == nobody) continue;
    const plan_topic& topic = plan.topics[plan.topic_of[number]];
    out[holder[number]].partitions.push_back({topic.name, static_cast<std::int32_t>(number - topic.first)});
  }
  return out;
}

}  // namespace v0
}  // namespace ottla
