// service_consumer_options: what is out of its range, or contradicts another.
#include "ottla/service/consumer_options.hpp"

#include <algorithm>

#include "../checked_config.hpp"
#include "../retrying/retry_levels.hpp"

namespace ottla {
inline namespace v0 {

namespace {

result<void> validate_tiers(const service_consumer_options& options) {
  const auto bad = [](std::string detail) { return bad_config("service_consumer_options", std::move(detail)); };
  const consumer_config& reading = options.reading;
  if (reading.topics.empty() || !reading.topic_pattern.empty() || !reading.partitions.empty())
    return bad("tiers needs reading.topics, and neither topic_pattern nor partitions");
  if (auto valid = options.tiers->validate(reading.topics); !valid) return valid;
  const std::vector<std::string> topics = retry_levels(options).topics();
  if (std::find(topics.begin(), topics.end(), options.dead_letter) != topics.end())
    return bad("dead_letter must not be a topic of tiers: what is given up would come back");
  if (!options.tiers->keep_key_order) return {};
  if (options.order == message_order::none) return bad("tiers.keep_key_order contradicts message_order::none");
  if (reading.assignors != std::vector<assignor>{assignor::range})
    return bad(
        "tiers.keep_key_order needs reading.assignors to be range alone: whoever has a partition must have it in "
        "each retry topic");
  return {};
}

}  // namespace

result<void> service_consumer_options::validate() const {
  using std::chrono::milliseconds;
  const auto bad = [](std::string detail) { return bad_config("service_consumer_options", std::move(detail)); };
  const auto between = [](milliseconds value, milliseconds least, milliseconds most) {
    return value >= least && value <= most;
  };
  if (reading.group.empty()) return bad("reading.group must not be empty");
  if (reading.topics.empty() && reading.topic_pattern.empty() && reading.partitions.empty())
    return bad("reading names nothing to read: set topics, topic_pattern or partitions");
  if (auto valid = retry.validate(); !valid) return valid;
  if (auto valid = dead_letter_headers.validate(); !valid) return valid;
  if (tiers) {
    if (auto valid = validate_tiers(*this); !valid) return valid;
  }
  for (const std::string& topic : reading.topics) {
    if (!dead_letter.empty() && topic == dead_letter)
      return bad("dead_letter must not be a topic that is read: what fails would come back for ever");
  }
  if (!between(dead_letter_timeout, milliseconds(100), std::chrono::minutes(10)))
    return bad("dead_letter_timeout must be between 100 ms and 10 min");
  if (!between(dead_letter_backoff, milliseconds(1), std::chrono::hours(24)))
    return bad("dead_letter_backoff must be between 1 ms and 24 h");
  if (!between(dead_letter_max_backoff, dead_letter_backoff, std::chrono::hours(24)))
    return bad("dead_letter_max_backoff must be between dead_letter_backoff and 24 h");
  if (workers < 1 || workers > 1024) return bad("workers must be between 1 and 1,024");
  if (key_lanes < 1 || key_lanes > 4096) return bad("key_lanes must be between 1 and 4,096");
  if (max_partition_records < 1 || max_partition_bytes < 1 || max_held_records < 1 || max_held_bytes < 1 ||
      max_ahead < 1)
    return bad(
        "max_partition_records, max_partition_bytes, max_held_records, max_held_bytes and max_ahead must be 1 or more");
  if (max_held_bytes > reading.max_held_bytes / 4)
    return bad("max_held_bytes must be at most a quarter of reading.max_held_bytes");
  if (!between(commit_interval, milliseconds(1), std::chrono::hours(1)))
    return bad("commit_interval must be between 1 ms and 1 h");
  if (drain_timeout < milliseconds(0)) return bad("drain_timeout must not be negative");
  return {};
}

}  // namespace v0
}  // namespace ottla
