// What a dev broker cluster allows its consumer groups.
#pragma once
#include <chrono>
#include <cstddef>

namespace ottla {
inline namespace v0 {
namespace mock {

/// Names in Kafka's configuration stand behind each.
struct group_options {
  /// group.initial.rebalance.delay.ms: how long the first rebalance of an empty group waits for more members. Kafka's
  /// default of 3 s would make every start of a consumer slow; 50 ms still gathers consumers that start together.
  std::chrono::milliseconds initial_rebalance_delay{50};
  std::chrono::milliseconds min_session_timeout{6'000};      ///< group.min.session.timeout.ms
  std::chrono::milliseconds max_session_timeout{1'800'000};  ///< group.max.session.timeout.ms
  std::size_t max_members = 1000;                            ///< group.max.size; past it GROUP_MAX_SIZE_REACHED
  /// Groups of the consumer protocol (KIP-848): group.consumer.session.timeout.ms and
  /// group.consumer.heartbeat.interval.ms.
  std::chrono::milliseconds consumer_session_timeout{45'000};
  std::chrono::milliseconds consumer_heartbeat_interval{5'000};
  /// group.consumer.assignment.interval.ms (KIP-1263): what changes within it gets no new assignment of its own.
  /// Kafka's default of 1 s has who joins second wait for another heartbeat; here everybody is served at once.
  std::chrono::milliseconds consumer_assignment_interval{0};
  /// offsets.retention.minutes (KIP-211): how long offsets of a group without members are kept, or of topics that none
  /// of its members reads. Looked at every ten minutes, as in Kafka; a group without offsets and members goes then,
  /// too.
  std::chrono::milliseconds offsets_retention = std::chrono::hours(7 * 24);
  std::size_t max_offset_metadata_bytes = 4096;  ///< offset.metadata.max.bytes; past it OFFSET_METADATA_TOO_LARGE
  /// Groups at a time, on all nodes together. Past it those without members and offsets go; when there are none,
  /// JoinGroup and OffsetCommit answer COORDINATOR_NOT_AVAILABLE.
  std::size_t max_groups = 10'000;
  /// Memory of all groups together: member metadata, assignments, offsets. Past it JoinGroup and SyncGroup answer
  /// UNKNOWN_SERVER_ERROR and OffsetCommit INVALID_COMMIT_OFFSET_SIZE.
  std::size_t max_group_bytes = std::size_t{128} << 20;
};

}  // namespace mock
}  // namespace v0
}  // namespace ottla
