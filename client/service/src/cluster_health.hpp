// cluster_health: whether the cluster answers, really asked.
#pragma once

#include <chrono>

#include "ottla/cluster.hpp"

namespace ottla {
inline namespace v0 {

/// Asks several brokers at once for the cluster's metadata; one that answers is enough. broker_unreachable
/// (KAFKA_BROKERS_UNAVAILABLE) if none does in time; closed, would_deadlock. Any thread but the core's.
result<void> ask_cluster(cluster_state& on, std::chrono::nanoseconds timeout);

}  // namespace v0
}  // namespace ottla
