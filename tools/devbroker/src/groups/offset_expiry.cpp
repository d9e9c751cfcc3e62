// When committed offsets and their groups are forgotten (KIP-211).
#include <utility>
#include <vector>

#include "groups/group_catalog.hpp"
#include "groups/subscription.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

bool group_catalog::is_expired(const entry& e, std::string_view topic, const committed_offset& value,
                               std::int64_t since) {
  const group& g = e.state;
  if (g.consumer() != nullptr) return value.committed_at < since && !is_subscribed(g, topic);
  // Who uses a group for its offsets alone has no members to come and go: each offset counts from its commit.
  if (g.protocol_type().empty()) return value.committed_at < since;
  if (g.state() == group_state::empty) return (e.stored_at >= 0 ? e.stored_at : value.committed_at) < since;
  const bool is_readable = g.state() == group_state::stable && g.protocol_type() == consumer_protocol_type;
  return is_readable && value.committed_at < since && !is_subscribed(g, topic);
}

bool group_catalog::expire_offsets(std::chrono::milliseconds since) {
  bool any = false;
  for (auto at = groups_.begin(); at != groups_.end();) {
    group& g = at->second.state;
    std::vector<std::pair<std::string, std::int32_t>> late;
    for (const auto& [topic, partitions] : g.offsets.all())
      for (const auto& [index, value] : partitions)
        if (is_expired(at->second, topic, value, since.count()) && !g.undecided.any(topic, index))
          late.emplace_back(topic, index);
    for (const auto& [topic, index] : late) forget(g, topic, index);
    const bool goes = g.is_blank();
    any = any || goes || !late.empty();
    at = goes ? remove(at) : std::next(at);
  }
  return any;
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
