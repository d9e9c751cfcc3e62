// group: what a consumer in a group commits, and who it is there.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "ottla/consumed_record.hpp"
#include "ottla/consumer_config.hpp"
#include "ottla/error.hpp"

namespace ottla {
inline namespace v0 {

/// What to commit for one partition; a position of a poll or of a record will do.
struct offset_to_commit {
  offset_to_commit() = default;
  offset_to_commit(topic_partition partition, std::int64_t next, std::int32_t epoch = -1, std::string note = {})
      : where(std::move(partition)), offset(next), leader_epoch(epoch), metadata(std::move(note)) {}
  offset_to_commit(const partition_position& at)  // NOLINT: each position is one
      : where(at.where), offset(at.offset), leader_epoch(at.leader_epoch), assignment(at.assignment) {}

  topic_partition where{};
  std::int64_t offset = -1;        ///< of the next record to read, not of the last one that was processed
  std::int32_t leader_epoch = -1;  ///< of the last record that was processed; -1: unknown (KIP-320)
  std::string metadata{};          ///< anything; brokers take 4096 bytes at most by default
  std::uint64_t assignment = 0;    ///< as in partition_position; 0: the assignment of now
};

/// What was committed for one partition.
struct committed_offset {
  topic_partition where{};
  std::int64_t offset = -1;  ///< -1: nothing was ever committed, or it expired
  std::int32_t leader_epoch = -1;
  std::string metadata{};
  error failure{};  ///< set: this partition has no answer
};

/// Who a consumer is in its group, at the moment (for transactions, and for logs).
struct group_metadata {
  std::string group{};
  std::string member_id{};  ///< empty before the first join
  std::string instance_id{};
  std::int32_t generation = -1;  ///< with the protocol `consumer` the member's epoch; -1: not a member at the moment
  std::string assignor{};        ///< classic: which one the group agreed on; empty before that
  bool leader = false;           ///< classic: this member assigns
};

}  // namespace v0
}  // namespace ottla
