// consumer_config: what is read, from where, how much at once and how much ahead. Defaults follow the Java client;
// departures say why.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ottla/group_assignor.hpp"
#include "ottla/topic_partition.hpp"

namespace ottla {
inline namespace v0 {

/// Where reading begins, or a seek goes.
struct start_position {
  enum class kind : std::uint8_t {
    earliest,   ///< the first record that is still there
    latest,     ///< behind the last record (read_committed: behind the last stable one)
    offset,     ///< exactly there; the reset policy decides if the log has no such place
    tail,       ///< `value` records before the end, or the first one
    timestamp,  ///< the first record of that time or later; the end if there is none
  };
  kind from = kind::latest;
  std::int64_t value = 0;  ///< offset, number of records, or ms since 1970 UTC
  friend bool operator==(const start_position&, const start_position&) = default;
};

/// Where to go when the position is not in the log (any more): deleted by retention, truncated, or the topic was
/// created anew.
enum class offset_reset : std::uint8_t {
  earliest,
  latest,
  none,  ///< nowhere: polled.errors() says offset_out_of_range, and the partition waits for a seek
};

// Behind the enumerations: g++ takes enumerators of the same name for shadows.
inline constexpr start_position earliest{start_position::kind::earliest, 0};
inline constexpr start_position latest{start_position::kind::latest, 0};
constexpr start_position at_offset(std::int64_t offset) { return {start_position::kind::offset, offset}; }
constexpr start_position tail(std::int64_t records) { return {start_position::kind::tail, records}; }
constexpr start_position at_timestamp(std::int64_t ms_since_1970) {
  return {start_position::kind::timestamp, ms_since_1970};
}

enum class isolation_level : std::uint8_t {
  read_uncommitted,  ///< everything, also of transactions that are open or were aborted
  read_committed,    ///< up to the last stable offset, without aborted transactions (KIP-98)
};

/// One partition to read, with a start of its own if it is not the consumer's.
struct assigned_partition {
  std::string topic{};
  std::int32_t partition = -1;
  std::optional<start_position> start{};
};

/// How the members of a group come to share its partitions (group.protocol).
enum class group_protocol_kind : std::uint8_t {
  /// Members agree among themselves in rounds, and one of them assigns by an `assignor`. All brokers.
  classic,
  /// The group's coordinator assigns, and tells each member with the answer to its heartbeat; who keeps a partition
  /// goes
  /// on reading it (KIP-848). Brokers of Kafka 4.0 and later. A group may have members of both while it is being moved
  /// from one to the other, as far as the brokers' group.consumer.migration.policy allows.
  consumer,
};

class consumer;

/// Called inside poll (and close), on the thread that polls, with the partitions it is about. It may seek, pause, look
/// up and commit; poll itself fails with would_deadlock there. The group waits meanwhile. It may close and destroy the
/// consumer, which calls no handler from then on. An exception passes through poll (close, unsubscribe), the rebalance
/// goes on all the same, and what on_assigned was not told of yet it is told of by the next poll.
using rebalance_handler = std::function<void(consumer&, std::span<const topic_partition>)>;

struct consumer_config {
  /// Consumer group (group.id). Topics are then shared with the group's other members, and reading begins where the
  /// group committed. Without one all partitions are read, and nothing is committed. With a group and `partitions`
  /// instead of topics, these are read without membership, from what the group committed.
  std::string group{};
  /// Topics of which all partitions are read, also those that are added later (they are read from their beginning, so
  /// that nothing written before we noticed is skipped).
  std::vector<std::string> topics{};
  /// With a group, instead of topics: those whose names this POSIX extended regular expression finds, also new ones
  /// (looked for as often as metadata_max_age says). Internal topics are left out. With the protocol `consumer` brokers
  /// look for them, if it is written in what POSIX and RE2 have in common and finds no internal topic.
  std::string topic_pattern{};
  /// Single partitions beside them.
  std::vector<assigned_partition> partitions{};
  /// Where partitions without a start of their own begin. Java: latest, through auto.offset.reset.
  start_position start = latest;
  offset_reset reset = offset_reset::latest;
  /// Of these nothing is left out, whatever `start` and `reset` say: where nothing is committed they begin at the first
  /// record that is there, and so they go on when their position is not in the log. For topics that a program keeps its
  /// own work in. They are read only if they are among what is subscribed to.
  std::vector<std::string> whole_topics{};
  isolation_level isolation = isolation_level::read_uncommitted;
  /// Where this program runs, as brokers call it (client.rack, KIP-392). A leader whose cluster chooses replicas by
  /// rack (replica.selector.class) sends readers to a follower of that name, which has new records a moment later.
  /// Brokers from Kafka 2.3 on; others, and leaders without such a follower, serve the records themselves. Empty:
  /// leaders only.
  std::string rack{};

  /// How long a broker may wait for fetch_min_bytes before it answers. Where prefetch_bytes has no room for a response
  /// of each broker, they take turns and answer at once, and one that has less is asked again after this time.
  std::chrono::milliseconds fetch_max_wait{500};
  std::int32_t fetch_min_bytes = 1;
  /// One response, 1 KiB to 1 GiB. Java's 50 MiB costs twice as much per record (the cache). A single batch may exceed
  /// it (KIP-74).
  std::int32_t fetch_max_bytes = std::int32_t{2} << 20;
  /// One partition's share of a response.
  std::int32_t max_partition_fetch_bytes = std::int32_t{1} << 20;
  /// Fetched ahead of poll, all partitions together, reserved when it is asked for. At least one response is always
  /// allowed.
  std::size_t prefetch_bytes = std::size_t{32} << 20;
  /// Kept alive by `polled`, partition_records and what was moved out of them; past it poll fails with held_by_user.
  std::size_t max_held_bytes = std::size_t{128} << 20;
  /// At most so many records per poll; 0: as they come (about 1 MiB per poll).
  std::size_t max_poll_records = 0;
  /// Bytes that one batch may inflate to.
  std::size_t max_inflated_batch = std::size_t{64} << 20;
  /// CRC-32C of each batch. Off saves little.
  bool check_crcs = true;

  // All below: groups only.

  group_protocol_kind group_protocol = group_protocol_kind::classic;
  /// consumer: the assignor to ask the coordinator for (group.remote.assignor): "uniform" or "range" with Kafka 4.
  /// Empty: the coordinator's choice.
  std::string remote_assignor{};
  /// A name of this member that survives its restarts (group.instance.id, KIP-345): it does not leave when closed, and
  /// has its partitions back if it returns within session_timeout. Each running process needs its own.
  std::string group_instance_id{};
  /// classic: what this member can do, best first; the group takes one that all members offer. Rebalances are
  /// incremental (KIP-429) only if cooperative_sticky is the one entry.
  std::vector<assignor> assignors{assignor::range, assignor::cooperative_sticky};
  /// classic: a member that is not heard for so long is given up by the coordinator. 6 s to 30 min with brokers'
  /// defaults. With `consumer` brokers decide on this and the next (group.consumer.session.timeout.ms,
  /// group.consumer.heartbeat.interval.ms), and it is an error to set these two or assignors.
  std::chrono::milliseconds session_timeout{45'000};
  /// classic. At most a third of session_timeout makes sense.
  std::chrono::milliseconds heartbeat_interval{3'000};
  /// Longer without a poll, the member leaves; others process what it has (C-46). Also how long a rebalance waits for
  /// it.
  std::chrono::milliseconds max_poll_interval{300'000};
  /// What earlier polls handed out counts as done when poll is called again, and is committed as often as
  /// auto_commit_interval says, before partitions are given up, and by close. Off: commit() is yours.
  bool auto_commit = true;
  std::chrono::milliseconds auto_commit_interval{5'000};
  /// New partitions, before the first record of them: seek here. Called once per rebalance, perhaps with none.
  rebalance_handler on_assigned{};
  /// Partitions that are given up, still ours: commit here what is done.
  rebalance_handler on_revoked{};
  /// Partitions that others may have already: drop what is under way, commits are refused (C-42). Without a handler
  /// on_revoked is called, as in Java.
  rebalance_handler on_lost{};
};

}  // namespace v0
}  // namespace ottla
