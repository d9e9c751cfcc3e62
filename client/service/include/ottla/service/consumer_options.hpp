// service_consumer_options: what is read, how it is worked on, and what becomes of what fails.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "ottla/consumer_config.hpp"
#include "ottla/net/config.hpp"
#include "ottla/result.hpp"
#include "ottla/service/circuit_breaker.hpp"
#include "ottla/service/dead_letter.hpp"
#include "ottla/service/json_log.hpp"
#include "ottla/service/metrics.hpp"
#include "ottla/service/rate_limiter.hpp"
#include "ottla/service/retry_policy.hpp"
#include "ottla/service/retry_topics.hpp"

namespace ottla {
inline namespace v0 {

/// What is handled strictly one behind the other. A message that waits for its next try holds up those behind it in its
/// order, and nobody else.
enum class message_order : std::uint8_t {
  partition,  ///< the records of a partition
  key,        ///< the records of a partition that have the same key; those without a key in any order
  none,       ///< nothing
};

/// What becomes of a message that is given up where there is no dead letter topic.
enum class without_dead_letter : std::uint8_t {
  stop_partition,  ///< nothing behind it is handled or committed, until the partition has a new owner; trouble() says
                   ///< so
  skip,            ///< it counts as done; the log has it as an error
};

struct service_consumer_options {
  /// Group, topics (or a pattern), where to start, and all else of a consumer. Needs a group. auto_commit is not
  /// looked at: what is done is committed, and nothing else. Its rebalance handlers are called: on_assigned before the
  /// first record, on_revoked when everything is drained and committed.
  consumer_config reading{};
  /// Who handled it, in dead letters and logs. Empty: the cluster's client id.
  std::string name{};

  /// Tries in place.
  retry_policy retry{};
  /// What fails once more waits in retry topics. Needs reading.topics: of a pattern nobody knows beforehand what it
  /// will find, and partitions by hand have no other topics. Retry topics are read besides, from their first record
  /// where nothing is committed, whatever `reading` says of start and reset; rebalance handlers are told of them too.
  std::optional<retry_topics> tiers{};
  /// The topic of dead letters; empty: none. It should exist, or the brokers create it.
  std::string dead_letter{};
  dead_letter_names dead_letter_headers{};
  without_dead_letter otherwise = without_dead_letter::stop_partition;
  /// How long one try to write a dead letter, or a record of a retry topic, may take; then its partition stops. 100 ms
  /// to 10 min.
  std::chrono::milliseconds dead_letter_timeout{30'000};
  /// The pause before the next try, doubled from the first to the second. Tried for ever. 1 ms to 24 h.
  std::chrono::milliseconds dead_letter_backoff{1'000};
  std::chrono::milliseconds dead_letter_max_backoff{30'000};
  /// Told once of each dead letter that the brokers have acknowledged, before its message can be committed: after a
  /// crash in between the message is given up, and told, again. On the core's thread and under no lock, also while a
  /// partition is given up or lost; must neither block nor throw, and must live until the
  /// consumer is closed.
  std::function<void(const dead_letter_receipt&)> on_dead_letter{};

  message_order order = message_order::partition;
  /// Threads that call the handler. 1 to 1,024. None with threading::manual.
  int workers = 1;
  /// With message_order::key: so many keys of a partition can be worked on at once; others share. 1 to 4,096.
  int key_lanes = 16;

  // Back-pressure: above these bounds partitions are paused, at half of them they go on. One poll, about 1 MiB, may
  // come on top.
  std::size_t max_partition_records = 10'000;              ///< read and not handled; 1 and up
  std::size_t max_partition_bytes = std::size_t{4} << 20;  ///< 1 and up
  std::size_t max_held_records = 100'000;                  ///< of all partitions
  std::size_t max_held_bytes = std::size_t{32} << 20;      ///< of all partitions; at most a quarter of reading.s
  /// Records of a partition that are handled, or being handled, above the first one that is not: they would be
  /// delivered again after a crash. Above it the partition is paused. 1 and up.
  std::size_t max_ahead = 100'000;

  /// What is done is committed so often, and soon when nothing is left to do. 1 ms to 1 h.
  std::chrono::milliseconds commit_interval{1'000};
  /// How long a rebalance waits for handlers that run and dead letters under way: what is not done by then, the next
  /// owner does again. Never more than half of reading's max_poll_interval. 0 and up.
  std::chrono::milliseconds drain_timeout{30'000};

  /// own_thread: one thread polls, `workers` threads call the handler; the cluster must have its thread too. manual: no
  /// thread, everything happens inside turn().
  threading threads = threading::own_thread;

  // Guards in front of the handler, if wanted; they may be shared with others. While the breaker is open or the
  // limiter has no room, messages wait; nothing fails. A retry verdict is the breaker's failure, a reject is none.
  std::shared_ptr<circuit_breaker> breaker{};
  std::shared_ptr<rate_limiter> limiter{};

  /// None: nothing is counted. Handlers that take less than some microseconds are timed up to 64 messages together, for
  /// at most 200 us, and each counts with their mean; counts and sums are exact.
  std::shared_ptr<ottla::metrics> counts{};
  std::shared_ptr<const json_log> log{};  ///< none: nothing is logged

  /// invalid_config, naming the member that is out of its range or contradicts another.
  result<void> validate() const;
};

}  // namespace v0
}  // namespace ottla
