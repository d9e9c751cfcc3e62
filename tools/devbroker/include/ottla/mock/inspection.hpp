// What a test can ask a dev broker about its insides. Copies: they live as long as the caller keeps them.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ottla/protocol/types.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

struct topic_info {
  std::string name;
  protocol::uuid id;
  std::int32_t partitions = 0;
};

/// A partition's log on one node.
struct replica_info {
  std::int32_t node = -1;  ///< id
  std::int64_t log_end_offset = 0;
  std::int64_t high_watermark = 0;  ///< as far as this replica has heard
};

struct partition_info {
  std::int32_t leader = -1;  ///< node id, -1: none
  std::int32_t leader_epoch = 0;
  std::vector<std::int32_t> replicas;  ///< node ids
  std::vector<std::int32_t> in_sync;
  std::int64_t log_start_offset = 0;
  std::int64_t high_watermark = 0;
  std::size_t size_bytes = 0;           ///< of the batches as stored
  std::int64_t last_stable_offset = 0;  ///< what readers of committed records see
  std::int64_t log_end_offset = 0;      ///< of the leader; without one, of the last one
  std::vector<replica_info> logs = {};  ///< in the order of replicas
};

/// A transactional id, as its coordinator has it.
struct transaction_info {
  std::string state;  ///< in Kafka's words: Empty, Ongoing, PrepareCommit, ...
  std::int64_t producer_id = -1;
  std::int16_t producer_epoch = -1;
  std::size_t coordinator = 0;  ///< index of the node
  /// In order; offsets of groups show as partitions of __consumer_offsets. None once all markers are written.
  std::vector<std::pair<std::string, std::int32_t>> partitions;
};

/// A transaction that is open in a partition: its records hold back readers of committed records.
struct open_transaction_info {
  std::int64_t producer_id = -1;
  std::int16_t producer_epoch = -1;
  std::int64_t first_offset = -1;
};

/// What a group has committed for one partition.
struct committed_info {
  std::string topic;
  std::int32_t partition = -1;
  std::int64_t offset = -1;
  std::string metadata;
};

/// A record as it lies in a log, decompressed.
struct stored_record {
  std::int64_t offset = 0;
  std::int64_t timestamp = -1;  ///< ms
  std::optional<std::string> key;
  std::optional<std::string> value;
  std::vector<std::pair<std::string, std::optional<std::string>>> headers;
  std::int32_t leader_epoch = -1;
  std::int64_t producer_id = -1;
  std::int16_t producer_epoch = -1;
  std::int32_t sequence = -1;  ///< of this record, -1 without a producer id
  bool transactional = false;
  bool control = false;  ///< the marker that ends a transaction, no record of a user
};

}  // namespace mock
}  // namespace v0
}  // namespace ottla
