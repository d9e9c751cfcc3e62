// "Not here, but there" (KIP-951): collects the nodes that an answer's errors point to.
#pragma once
#include <set>

#include "api/call.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

/// Produce and Fetch carry the same two structures under their own names; Response is either. Older versions have no
/// room for them: nothing is said then.
template <class Response>
class leader_hints {
 public:
  leader_hints(std::int16_t first_with_leader, std::int16_t first_with_nodes)
      : first_with_leader_(first_with_leader), first_with_nodes_(first_with_nodes) {}

  /// Fills in the partition's current leader if the error says that the client is wrong about it.
  template <class LeaderIdAndEpoch>
  void note(const call& c, const located& found, LeaderIdAndEpoch& current_leader) {
    const bool stale = found.error == protocol::error_code::not_leader_or_follower ||
                       found.error == protocol::error_code::fenced_leader_epoch;
    if (!stale || found.where == nullptr || c.version < first_with_leader_) return;
    current_leader.leader_id = protocol::broker_id{found.where->leader};
    current_leader.leader_epoch = found.where->leader_epoch;
    if (c.cluster.node_by_id(found.where->leader) != nullptr) leaders_.insert(found.where->leader);
  }

  /// A leader that an answer names already.
  void keep(const call& c, protocol::broker_id leader) {
    const auto id = static_cast<std::int32_t>(leader);
    if (c.cluster.node_by_id(id) != nullptr) leaders_.insert(id);
  }

  void write(call& c, Response& response) const {
    if (c.version < first_with_nodes_) return;
    response.node_endpoints = c.make<typename Response::NodeEndpoint>(leaders_.size());
    std::size_t at = 0;
    for (const std::int32_t id : leaders_) {
      const node_options& about = c.cluster.node_by_id(id)->about;
      auto& told = response.node_endpoints[at++];
      told.node_id = protocol::broker_id{id};
      told.host = about.host;
      told.port = about.port;
      if (!about.rack.empty()) told.rack = about.rack;
    }
  }

 private:
  std::int16_t first_with_leader_;
  std::int16_t first_with_nodes_;
  std::set<std::int32_t> leaders_;
};

}  // namespace mock
}  // namespace v0
}  // namespace ottla
