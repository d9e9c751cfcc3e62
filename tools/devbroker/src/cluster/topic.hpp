// A topic and its partitions: log, producers, leadership.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cluster/topic_settings.hpp"
#include "cluster/trailing_replica.hpp"
#include "ottla/protocol/types.hpp"
#include "storage/partition_log.hpp"
#include "storage/producer_states.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

inline constexpr std::int32_t no_node = -1;

/// One partition. The one log is its leader's, or the last one's; a replica that does not trail has all of it, and one
/// that does has it up to some offset.
struct partition {
  /// The topic's settings outlive it.
  partition(const topic_settings& settings_in, std::string folder_in)
      : settings(settings_in), log(segment_bytes_of(settings_in)), folder(std::move(folder_in)) {}

  const topic_settings& settings;
  partition_log log;
  const std::string folder;  // of its files, where it has some
  producer_states producers;
  std::vector<std::int32_t> replicas;  // node ids, the preferred leader first
  std::vector<std::int32_t> in_sync;   // in the same order
  std::vector<trailing_replica> trailing;
  std::int64_t replicated_to = 0;  // the high watermark as long as replicas trail
  std::int32_t leader = no_node;
  std::int32_t leader_epoch = 0;
  std::int64_t compacted_to = 0;  // up to here each key has been compacted once
  /// Markers in the log that are still above the high watermark: the offset behind, by producer id.
  std::map<std::int64_t, std::int64_t> markers_under_way;

  /// Consumers see no further: all replicas in sync have the log up to here.
  std::int64_t high_watermark() const { return trailing.empty() ? log.end_offset() : replicated_to; }
  /// What readers of committed records see: below it all transactions are decided.
  std::int64_t last_stable_offset() const { return log.transactions.last_stable_offset(high_watermark()); }

  /// How many must be in sync before anything counts as replicated: not more than there are.
  std::size_t needed_in_sync() const;
  bool is_replica(std::int32_t node) const;
  bool is_in_sync(std::int32_t node) const;
  /// Null if it has all of the log.
  const trailing_replica* find_trailing(std::int32_t node) const;
  /// It trails from where it is now, if it does not yet.
  trailing_replica& trail(std::int32_t node);
  void stop_trailing(std::int32_t node);
  /// Where the replica's log ends.
  std::int64_t end_offset(std::int32_t node) const;
  /// What the replica takes for the high watermark: that of a follower may be an old one.
  std::int64_t high_watermark(std::int32_t node) const;
  /// Of all replicas that which has the least.
  std::int64_t lowest_end() const;
  /// After the log has lost something at either end.
  void log_was_cut();
};

struct topic {
  std::string name;
  protocol::uuid id;
  topic_settings settings;
  std::vector<std::unique_ptr<partition>> partitions;

  partition* find(std::int32_t index) const {
    return index < 0 || static_cast<std::size_t>(index) >= partitions.size()
               ? nullptr
               : partitions[static_cast<std::size_t>(index)].get();
  }
};

}  // namespace mock
}  // namespace v0
}  // namespace ottla
