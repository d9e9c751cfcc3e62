// A partition's replicas: who they are, who is in sync, where their logs end.
#include "cluster/topic.hpp"

#include <algorithm>

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

bool holds(const std::vector<std::int32_t>& nodes, std::int32_t id) {
  return std::find(nodes.begin(), nodes.end(), id) != nodes.end();
}

}  // namespace

std::size_t partition::needed_in_sync() const {
  const auto asked = static_cast<std::size_t>(std::max(settings.min_insync_replicas, 0));
  return std::min(asked, replicas.size());
}

bool partition::is_replica(std::int32_t node) const { return holds(replicas, node); }
bool partition::is_in_sync(std::int32_t node) const { return holds(in_sync, node); }

const trailing_replica* partition::find_trailing(std::int32_t node) const {
  const auto at = std::find_if(trailing.begin(), trailing.end(), [&](const auto& t) { return t.node == node; });
  return at == trailing.end() ? nullptr : &*at;
}

trailing_replica& partition::trail(std::int32_t node) {
  if (trailing.empty()) replicated_to = log.end_offset();
  const auto at = std::find_if(trailing.begin(), trailing.end(), [&](const auto& t) { return t.node == node; });
  return at != trailing.end() ? *at : trailing.emplace_back(node, log.end_offset(), high_watermark());
}

void partition::stop_trailing(std::int32_t node) {
  std::erase_if(trailing, [&](const trailing_replica& t) { return t.node == node; });
}

std::int64_t partition::end_offset(std::int32_t node) const {
  const trailing_replica* t = find_trailing(node);
  return t == nullptr ? log.end_offset() : t->end_offset();
}

std::int64_t partition::high_watermark(std::int32_t node) const {
  const trailing_replica* t = find_trailing(node);
  return t == nullptr ? high_watermark() : t->high_watermark;
}

std::int64_t partition::lowest_end() const {
  std::int64_t out = log.end_offset();
  for (const trailing_replica& t : trailing) out = std::min(out, t.end_offset());
  return out;
}

void partition::log_was_cut() {
  for (trailing_replica& t : trailing) {
    t.leader_cut_back(log.end_offset());
    t.leader_cut_front(log.start_offset());
  }
  replicated_to = std::clamp(replicated_to, log.start_offset(), log.end_offset());
  compacted_to = std::min(compacted_to, log.end_offset());
  std::erase_if(markers_under_way, [&](const auto& marker) { return marker.second > log.end_offset(); });
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
