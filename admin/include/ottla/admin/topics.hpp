// What is asked and told about topics: making, deleting, listing and describing them.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ottla/error.hpp"
#include "ottla/protocol/types.hpp"

namespace ottla {
inline namespace v0 {

/// For partitions and replication factor: what the cluster is configured with (KIP-464, brokers from 2.4). 0 means the
/// same.
inline constexpr std::int32_t cluster_default = -1;

struct config_value {
  std::string name;
  std::optional<std::string> value;
};

struct new_topic {
  std::string name;
  std::int32_t partitions = cluster_default;
  std::int16_t replication_factor = cluster_default;
  std::vector<config_value> configs;
};
/// A bit set: `cleanup::compact | cleanup::remove`.
enum class cleanup : std::uint8_t { remove = 1, compact = 2 };
constexpr cleanup operator|(cleanup a, cleanup b) {
  return static_cast<cleanup>(static_cast<std::uint8_t>(a) | static_cast<std::uint8_t>(b));
}
/// The config entry cleanup.policy=delete, compact, or compact,delete.
config_value cleanup_policy(cleanup what);

struct create_topics_options {
  std::chrono::milliseconds timeout{30'000};  ///< the whole call; the broker's own wait ends a little earlier
  /// A topic that exists already counts as made; its settings are not compared. Makes the call repeatable after a lost
  /// answer.
  bool if_not_exists = false;
  /// Nothing is made: the cluster only says whether it would be.
  bool validate_only = false;
};
struct created_topic {
  std::string name;
  protocol::uuid id{};           ///< zero: the cluster did not say (before 2.8, or with validate_only)
  std::int32_t partitions = -1;  ///< -1: the cluster did not say (before 2.4)
  std::int16_t replication_factor = -1;
  bool existed = false;  ///< with if_not_exists: it was there before
  error failure;         ///< set: it was not made
};

struct delete_topics_options {
  std::chrono::milliseconds timeout{30'000};
  /// A topic that is not there counts as deleted. Makes the call repeatable after a lost answer.
  bool if_exists = false;
};
struct deleted_topic {
  std::string name;
  error failure;
};

/// What a topic shall have from now on: more partitions than it has.
struct partition_count {
  std::string name;
  std::int32_t partitions = 0;
};
struct create_partitions_options {
  std::chrono::milliseconds timeout{30'000};
  /// Nothing is made: the cluster only says whether it would be.
  bool validate_only = false;
};
struct enlarged_topic {
  std::string name;
  error failure;  ///< e.g. INVALID_PARTITIONS: it has as many, or more
};

struct partition_description {
  std::int32_t partition = -1;
  std::int32_t leader = -1;        ///< -1: none at the moment
  std::int32_t leader_epoch = -1;  ///< -1: unknown
  std::vector<std::int32_t> replicas;
  std::vector<std::int32_t> in_sync;
  std::vector<std::int32_t> offline;
  error failure;  ///< e.g. LEADER_NOT_AVAILABLE
};
struct topic_description {
  std::string name;
  protocol::uuid id{};
  bool internal = false;
  std::vector<partition_description> partitions;  ///< ascending
  error failure;                                  ///< e.g. UNKNOWN_TOPIC_OR_PARTITION
};
/// Replicas of the first partition; 0 without partitions.
std::int32_t replication_factor(const topic_description& topic);

}  // namespace v0
}  // namespace ottla
