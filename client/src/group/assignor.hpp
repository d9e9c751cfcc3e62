// assignor: who gets which partitions, as a function of what the members said and how large topics are. No I/O.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ottla/consumer_config.hpp"
#include "ottla/group_assignor.hpp"

namespace ottla {
inline namespace v0 {

/// One member, as its JoinGroup metadata describes it.
struct subscription_of_member {
  std::string member_id{};
  std::optional<std::string> instance_id{};  ///< group.instance.id (KIP-345)
  std::vector<std::string> topics{};
  /// What it says it reads: owned partitions (cooperative) or those of its user data (sticky). Others ignore it.
  std::vector<topic_partition> owned{};
  /// In which `owned` was assigned (KIP-792); -1: it does not say.
  std::int32_t generation = -1;
  std::optional<std::string> rack{};  ///< kept for later: assignment does not look at racks yet (KIP-881)
};

/// A topic without partitions counts as one that is not there.
struct topic_size {
  std::string topic{};
  std::int32_t partitions = 0;
};

struct member_assignment {
  std::string member_id{};
  std::vector<topic_partition> partitions{};  ///< by topic and number
};

/// The same input gives the same answer, in whatever order members and topics come. One entry per member, by member id;
/// who gets nothing has an empty one. Of members with equal ids the first counts. Topics that nobody wants or that are
/// not in `topics` are assigned to nobody.
///
/// cooperative_sticky: a partition that somebody claims and another shall have is in no assignment yet. Its owner sees
/// it missing, revokes it and joins again; the round after that gives it away.
std::vector<member_assignment> assign_partitions(assignor which, std::vector<subscription_of_member> members,
                                                 std::span<const topic_size> topics);

}  // namespace v0
}  // namespace ottla
