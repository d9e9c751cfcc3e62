// Finds the partition that a request names and says whether this node may serve it.
#include <algorithm>

#include "api/call.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

using protocol::error_code;

located locate(const call& c, topic* in, std::int32_t index, std::int32_t current_leader_epoch) {
  partition* where = in == nullptr ? nullptr : in->find(index);
  if (where == nullptr) return {in, nullptr, error_code::unknown_topic_or_partition};
  const std::int32_t here = c.node().about.id;
  if (std::find(where->replicas.begin(), where->replicas.end(), here) == where->replicas.end())
    return {in, where, error_code::not_leader_or_follower};
  if (current_leader_epoch >= 0 && current_leader_epoch < where->leader_epoch)
    return {in, where, error_code::fenced_leader_epoch};
  if (current_leader_epoch > where->leader_epoch) return {in, where, error_code::unknown_leader_epoch};
  if (where->leader != here) return {in, where, error_code::not_leader_or_follower};
  return {in, where, error_code::none};
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
