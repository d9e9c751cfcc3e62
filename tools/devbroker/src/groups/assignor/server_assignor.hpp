// Who of a group shall read which partition: the assignors of the broker (KIP-848) as pure functions.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "ottla/protocol/types.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

using assignment = std::map<protocol::uuid, std::set<std::int32_t>>;

struct assignor_member {
  std::string id;
  std::optional<std::string> instance_id;
  std::set<protocol::uuid> topics;  // those that exist
  assignment before;                // what it was meant to have until now
};

struct assignor_input {
  std::vector<assignor_member> members;               // in order of their ids
  std::map<protocol::uuid, std::int32_t> partitions;  // of each topic that a member names

  bool is_homogeneous() const;  // all members read the same topics
};

/// What each member shall have, in the order of the input.
using assignor = std::vector<assignment> (*)(const assignor_input&);

/// Each topic's partitions in order, in ranges as equal as can be. Static members come first, by instance: so
/// partitions with the same number fall to the same member, and stay with it over a restart.
std::vector<assignment> assign_range(const assignor_input& in);
/// As equal in numbers as can be over all topics, and as many partitions as possible stay where they are.
std::vector<assignment> assign_uniform(const assignor_input& in);
/// The latter where members read different topics (uniform_mixed.cpp).
std::vector<assignment> assign_uniform_mixed(const assignor_input& in);

inline constexpr std::string_view default_assignor = "uniform";
/// Null if there is none of this name.
assignor find_assignor(std::string_view name);

}  // namespace mock
}  // namespace v0
}  // namespace ottla
