// group_plan: a group's members and partitions as numbers, so that assignors count instead of comparing names.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "assignor.hpp"

namespace ottla {
inline namespace v0 {

using plan_index = std::uint32_t;
inline constexpr plan_index nobody = ~plan_index{0};

struct plan_topic {
  std::string name{};
  plan_index first = 0;  ///< its partition 0 among all partitions of the plan
  plan_index count = 0;
  std::vector<plan_index> subscribers{};  ///< members, ascending
};

/// Everything sorted: members by id, topics by name, partitions by topic and number.
struct group_plan {
  group_plan(std::vector<subscription_of_member> from, std::span<const topic_size> sizes);

  bool subscribes(plan_index member, plan_index topic) const;
  /// The number of a partition, or `nobody` if there is no such partition.
  plan_index number_of(const topic_partition& where) const;
  plan_index partition_count() const { return static_cast<plan_index>(topic_of.size()); }

  std::vector<subscription_of_member> members;
  std::vector<plan_topic> topics;                      ///< those that exist and somebody wants
  std::vector<plan_index> topic_of;                    ///< by partition
  std::vector<std::vector<plan_index>> subscriptions;  ///< by member: topics, ascending

 private:
  plan_index find_topic(std::string_view name) const;
};

/// Members in the order in which range and roundrobin serve them: static ones first, by group.instance.id, then the
/// others by member id. A static member that restarts has a new id and keeps its place (KIP-345).
std::vector<plan_index> serving_order(const group_plan& plan);

/// By partition: the member that gets it, or `nobody`.
using holders = std::vector<plan_index>;

holders assign_range(const group_plan& plan);
holders assign_round_robin(const group_plan& plan);

}  // namespace v0
}  // namespace ottla
