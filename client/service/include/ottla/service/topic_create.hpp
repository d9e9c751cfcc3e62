// topic_create: makes sure that a topic is there, and says so when it is not as asked.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>
#include <vector>

#include "ottla/admin/topics.hpp"
#include "ottla/cluster.hpp"
#include "ottla/result.hpp"
#include "ottla/service/json_log.hpp"

namespace ottla {
inline namespace v0 {

struct topic_create {
  /// `cleanup::compact | cleanup::remove` is compact,delete.
  ottla::cleanup cleanup_policy = ottla::cleanup::remove;
  std::int16_t replication_factor = cluster_default;  ///< 0 or -1: default.replication.factor
  std::int32_t partitions = cluster_default;          ///< 0 or -1: num.partitions
  std::vector<config_value> configs{};                ///< further settings of the topic

  /// invalid_config, naming the member.
  result<void> validate() const;
};

struct ensured_topic {
  bool existed = false;
  std::int32_t partitions = -1;  ///< that it has; -1: the cluster did not say
};

/// Makes the topic unless it exists. One that exists is no error, whatever its settings; if it has another number of
/// partitions than asked for, `log` gets a warning (may be null). Errors: invalid_config, timed_out,
/// broker_unreachable, would_deadlock, and the cluster's own refusal (INVALID_REPLICATION_FACTOR, ...).
result<ensured_topic> ensure_topic(cluster& on, std::string_view topic, const topic_create& how,
                                   std::chrono::milliseconds timeout, const json_log* log = nullptr);

}  // namespace v0
}  // namespace ottla
