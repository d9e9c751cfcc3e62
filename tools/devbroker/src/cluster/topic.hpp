// A topic and its partitions: log, producers, leadership.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "cluster/topic_settings.hpp"
#include "ottla/protocol/types.hpp"
#include "storage/partition_log.hpp"
#include "storage/producer_states.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

inline constexpr std::int32_t no_node = -1;

/// One partition. All replicas share the one log: replication takes no time here, so the high watermark is the log's
/// end and every living replica is in sync.
struct partition {
  partition(std::size_t segment_bytes, std::string folder_in) : log(segment_bytes), folder(std::move(folder_in)) {}

  partition_log log;
  const std::string folder;  // of its files, where it has some
  producer_states producers;
  std::vector<std::int32_t> replicas;  // node ids, the preferred leader first
  std::vector<std::int32_t> in_sync;
  std::vector<std::int32_t> held_out;  // replicas that a test keeps out of in_sync
  std::int32_t leader = no_node;
  std::int32_t leader_epoch = 0;
  std::int64_t compacted_to = 0;  // up to here each key has been compacted once

  std::int64_t high_watermark() const { return log.end_offset(); }
  /// What readers of committed records see: below it all transactions are decided.
  std::int64_t last_stable_offset() const { return log.transactions.last_stable_offset(high_watermark()); }
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
