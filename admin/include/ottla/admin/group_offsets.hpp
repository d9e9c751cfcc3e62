// What groups have committed: asking, setting, forgetting (KIP-88, KIP-396, KIP-496, KIP-709), and how far behind they
// are.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ottla/admin/groups.hpp"
#include "ottla/admin/offsets.hpp"

namespace ottla {
inline namespace v0 {

struct group_offsets_query {
  std::string group;
  std::optional<std::vector<topic_partition>> partitions = std::nullopt;  ///< none: all that have been committed
};
struct group_offsets_options {
  /// Waits until no open transaction is about to change what is told (KIP-447; brokers from 2.5).
  bool require_stable = false;
  std::chrono::milliseconds timeout{30'000};
};
struct committed_partition {
  std::string topic;
  std::int32_t partition = -1;
  std::int64_t offset = -1;        ///< of the next record to read; -1: nothing was committed
  std::int32_t leader_epoch = -1;  ///< -1: unknown
  std::string metadata;            ///< what the committer noted beside it
  error failure;
};
struct group_offsets {
  std::string group;
  std::vector<committed_partition> partitions;  ///< ascending
  error failure;                                ///< of the group as a whole
};

struct group_offset {
  std::string topic;
  std::int32_t partition = -1;
  std::int64_t offset = -1;
  std::int32_t leader_epoch = -1;
  std::string metadata = {};
};
/// What became of one partition's offset.
struct partition_outcome {
  std::string topic;
  std::int32_t partition = -1;
  error failure;
};

struct group_lag_options {
  /// committed: up to the last stable offset, where a reader with read_committed ends.
  read_isolation isolation = read_isolation::uncommitted;
  std::chrono::milliseconds timeout{30'000};
};
struct partition_lag {
  std::string topic;
  std::int32_t partition = -1;
  std::int64_t committed = -1;  ///< -1: nothing was committed
  std::string metadata;
  std::int64_t end = -1;  ///< -1: could not be found; see `failure`
  /// end - committed. None without either. Negative when more was committed than there is: the topic was made anew.
  std::optional<std::int64_t> lag;
  std::optional<std::size_t> member;  ///< who reads it: index into the description's members
  error failure;
};
struct group_lag {
  group_description description;          ///< its failure tells that there is no such group
  std::vector<partition_lag> partitions;  ///< all with a committed offset or a reader; ascending
  std::int64_t total = 0;                 ///< of those whose lag is known and positive
  error failure;                          ///< set: offsets could not be asked
};

}  // namespace v0
}  // namespace ottla
