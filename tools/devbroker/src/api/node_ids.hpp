// Lists of nodes, as answers about partitions have them.
#pragma once
#include <algorithm>
#include <vector>

#include "api/call.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

inline protocol::array<protocol::broker_id> ids(call& c, const std::vector<std::int32_t>& nodes,
                                                bool only_down = false) {
  const auto wanted = [&](std::int32_t id) { return !only_down || !c.cluster.node_by_id(id)->up; };
  auto out = c.make<protocol::broker_id>(static_cast<std::size_t>(std::count_if(nodes.begin(), nodes.end(), wanted)));
  std::size_t at = 0;
  for (const std::int32_t id : nodes)
    if (wanted(id)) out[at++] = protocol::broker_id{id};
  return out;
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
