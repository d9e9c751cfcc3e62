// The assignor "range": each topic's partitions in order, in ranges as equal as can be.
#include <algorithm>
#include <numeric>

#include "groups/assignor/server_assignor.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

std::vector<assignment> assign_range(const assignor_input& in) {
  std::vector<std::size_t> order(in.members.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    const assignor_member& left = in.members[a];
    const assignor_member& right = in.members[b];
    if (left.instance_id.has_value() != right.instance_id.has_value()) return left.instance_id.has_value();
    return left.instance_id ? left.instance_id < right.instance_id : left.id < right.id;
  });
  std::vector<assignment> out(in.members.size());
  for (const auto& [topic, partitions] : in.partitions) {
    std::vector<std::size_t> readers;
    for (const std::size_t member : order)
      if (in.members[member].topics.contains(topic)) readers.push_back(member);
    if (readers.empty()) continue;
    const auto count = static_cast<std::int32_t>(readers.size());
    std::int32_t next = 0;
    for (std::int32_t i = 0; i < count; ++i) {
      const std::int32_t end = next + partitions / count + (i < partitions % count ? 1 : 0);
      for (; next < end; ++next) out[readers[static_cast<std::size_t>(i)]][topic].insert(next);
    }
  }
  return out;
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
