// group_plan: sorting out who and what there is.
#include "group_plan.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace ottla {
inline namespace v0 {
namespace {

// Sizes by name of the topics that somebody wants.
std::map<std::string_view, std::int32_t> wanted_sizes(const std::vector<subscription_of_member>& members,
                                                      std::span<const topic_size> sizes) {
  std::vector<std::string_view> wanted;
  for (const subscription_of_member& member : members)
    wanted.insert(wanted.end(), member.topics.begin(), member.topics.end());
  std::sort(wanted.begin(), wanted.end());
  std::map<std::string_view, std::int32_t> found;
  for (const topic_size& size : sizes) {
    if (size.partitions > 0 && std::binary_search(wanted.begin(), wanted.end(), size.topic)) {
      found.emplace(size.topic, size.partitions);
    }
  }
  return found;
}

}  // namespace

group_plan::group_plan(std::vector<subscription_of_member> from, std::span<const topic_size> sizes)
    : members(std::move(from)) {
  std::stable_sort(members.begin(), members.end(),
                   [](const auto& a, const auto& b) { return a.member_id < b.member_id; });
  const auto same = [](const auto& a, const auto& b) { return a.member_id == b.member_id; };
  members.erase(std::unique(members.begin(), members.end(), same), members.end());
  for (const auto& [name, count] : wanted_sizes(members, sizes)) {
    const auto first = partition_count();
    topic_of.insert(topic_of.end(), static_cast<std::size_t>(count), static_cast<plan_index>(topics.size()));
    topics.push_back({std::string(name), first, static_cast<plan_index>(count), {}});
  }
  subscriptions.resize(members.size());
  for (plan_index member = 0; member < members.size(); ++member) {
    std::vector<plan_index>& mine = subscriptions[member];
    for (const std::string& name : members[member].topics) {
      if (const plan_index topic = find_topic(name); topic != nobody) mine.push_back(topic);
    }
    std::sort(mine.begin(), mine.end());
    mine.erase(std::unique(mine.begin(), mine.end()), mine.end());
    for (const plan_index topic : mine) topics[topic].subscribers.push_back(member);
  }
}

plan_index group_plan::find_topic(std::string_view name) const {
  const auto at =
      std::lower_bound(topics.begin(), topics.end(), name,
                       [](const plan_topic& topic, std::string_view wanted) { return topic.name < wanted; });
  return at != topics.end() && at->name == name ? static_cast<plan_index>(at - topics.begin()) : nobody;
}

bool group_plan::subscribes(plan_index member, plan_index topic) const {
  const std::vector<plan_index>& mine = subscriptions[member];
  return std::binary_search(mine.begin(), mine.end(), topic);
}

plan_index group_plan::number_of(const topic_partition& where) const {
  const plan_index topic = find_topic(where.topic);
  if (topic == nobody || where.partition < 0) return nobody;
  const auto number = static_cast<plan_index>(where.partition);
  return number < topics[topic].count ? topics[topic].first + number : nobody;
}

std::vector<plan_index> serving_order(const group_plan& plan) {
  std::vector<plan_index> order(plan.members.size());
  for (plan_index member = 0; member < order.size(); ++member) order[member] = member;
  std::stable_sort(order.begin(), order.end(), [&](plan_index a, plan_index b) {
    const auto &left = plan.members[a].instance_id, &right = plan.members[b].instance_id;
    if (left && right) return *left < *right;
    return left && !right;  // the rest is in the order of member ids already
  });
  return order;
}

}  // namespace v0
}  // namespace ottla
