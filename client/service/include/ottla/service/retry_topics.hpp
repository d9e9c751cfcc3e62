// retry_topics: where messages wait whose tries in place are used up: a topic for each pause, tier behind tier.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ottla/cluster.hpp"
#include "ottla/result.hpp"
#include "ottla/service/json_log.hpp"
#include "ottla/service/topic_create.hpp"

namespace ottla {
inline namespace v0 {

/// A message that fails once more than retry_policy allows goes to the topic of the first tier, has one try there when
/// the tier's time is over, goes to the next, and behind the last to the dead letters. Whoever waits there holds up
/// nobody in the topic that it came from. A rejected message goes to the dead letters at once, from anywhere.
///
/// **Tries in place** are counted over all topics, so those that a message did not have yet it has where it is.
///
/// **A verdict with a pause of its own** goes to the first tier, above the one it is in, that waits at least that long,
/// or to the last; at once if the pause is longer than retry_policy::max, though there are tries in place left. In a
/// retry topic all wait equally long: the tier's time, not the verdict's.
///
/// **A record of a retry topic** is the record as it was, with the headers of a dead letter (dead_letter.hpp) and
/// x-retry-due, x-retry-tier. The same consumers of the same group read it; all of them need the same tiers. Nothing is
/// committed before it is acknowledged, and one that cannot be written stops its partition, as dead letters do.
///
/// **Waiting** costs no thread and no heartbeat. Nothing waits longer than its tier's time from when it was read,
/// whatever its header and the clocks say.
struct retry_topics {
  /// How long messages wait: 1 ms to 7 days, each longer than the one before; 1 to 16 of them.
  std::vector<std::chrono::milliseconds> tiers{std::chrono::seconds(5), std::chrono::minutes(1),
                                               std::chrono::minutes(10)};
  /// The topics' names, with {topic} and {tier} replaced: orders-retry-5s, orders-retry-1m, orders-retry-10m.
  std::string name = "{topic}-retry-{tier}";
  /// service::add_consumer makes those that are missing, in this way, and with as many partitions as the topic itself
  /// if no number is given. Without a service: ensure_retry_topics.
  std::optional<topic_create> create{};
  /// How long that may take.
  std::chrono::milliseconds create_timeout{30'000};

  /// No message is handled while an earlier one of its key waits in a retry topic: it goes to the same topic, behind
  /// that one, and has no wait of its own there. Messages without a key have no order. Needs as many partitions in each
  /// retry topic as in the topic itself, message_order other than none, and reading.assignors == {assignor::range} in
  /// all members, so that whoever has a partition has it in all of these topics; where that does not hold the partition
  /// stops, and trouble() says so. After an assignment a partition waits until it is known which keys are outstanding:
  /// what is in its retry topics is read once, beside the ordinary reading.
  bool keep_key_order = false;
  /// With keep_key_order: so many keys of a partition may be outstanding; past it the partition waits. 1 and up; some
  /// 100 bytes each.
  std::size_t max_keys = 100'000;

  /// invalid_config, naming the member. Names that do not differ, are no legal names of topics, or are among `read`,
  /// are found here as well.
  result<void> validate(std::span<const std::string> read) const;
  /// The topic of a tier, 1 and up.
  std::string topic_of(std::string_view source, std::size_t tier) const;
};

/// "5s", "1m", "10m", "2h", "1500ms": the largest unit that needs no fraction.
std::string tier_text(std::chrono::milliseconds time);

/// Makes the retry topics of these topics unless they exist: as `how.create` says, or by the cluster's defaults, with
/// as many partitions as their source has. The sources must exist. Blocking; errors as of ensure_topic, and
/// UNKNOWN_TOPIC_OR_PARTITION for a source that is not there.
result<void> ensure_retry_topics(cluster& on, std::span<const std::string> sources, const retry_topics& how,
                                 std::chrono::milliseconds timeout, const json_log* log = nullptr);

}  // namespace v0
}  // namespace ottla
