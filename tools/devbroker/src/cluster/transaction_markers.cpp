// How transactions end in the cluster: markers into the logs, and the offsets that wait for them.
#include "cluster/cluster_state.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

std::optional<error_code> cluster_state::append(topic& to, partition& where, const end_marker& marker, instant now) {
  switch (where.producers.check_marker(marker)) {
    case marker_verdict::append:
      break;
    case marker_verdict::stale_epoch:
      return error_code::invalid_producer_epoch;
    case marker_verdict::stale_coordinator:
      return error_code::transaction_coordinator_fenced;
  }
  if (!make_room(end_marker_size)) return std::nullopt;
  const auto bytes = encode(marker, to.settings.log_append_time, now.wall);
  const auto offset = append(to, where, bytes, batch_stamp{}, now);
  if (!offset) return std::nullopt;
  if (const auto began_at = where.producers.end(marker, now.wall.count()))
    where.log.transactions.end(marker.producer_id, *began_at, *offset, !marker.commit);
  return error_code::none;
}

bool cluster_state::write(const end_marker& marker, const partition_ref& to, instant now) {
  if (to.topic == offsets_topic) {
    groups.decide(to.index, marker.producer_id, marker.commit);
    return true;
  }
  topic* in = topics.find(to.topic);
  partition* where = in == nullptr ? nullptr : in->find(to.index);
  if (where == nullptr) return true;  // deleted meanwhile, and the transaction with it
  const node_state* leader = node_by_id(where->leader);
  if (leader == nullptr || leader->paused) return false;
  // It counts when all replicas in sync have it: before that a new leader may be without it, and it is written again.
  const auto known = where->markers_under_way.find(marker.producer_id);
  if (known != where->markers_under_way.end()) {
    if (known->second > where->high_watermark()) return false;
    where->markers_under_way.erase(known);
    return true;
  }
  const auto done = append(*in, *where, marker, now);
  // Errors mean that a marker of a later transaction stands there already.
  if (!done || *done != error_code::none || where->high_watermark() == where->log.end_offset()) return done.has_value();
  where->markers_under_way.emplace(marker.producer_id, where->log.end_offset());
  return false;
}

void cluster_state::advance_transactions(instant now) {
  const bool moved = transactions.advance(
      now, [&](std::size_t node) { return nodes[node].paused; },
      [&](const end_marker& marker, const partition_ref& to) { return write(marker, to, now); });
  if (moved) ++changes;
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
