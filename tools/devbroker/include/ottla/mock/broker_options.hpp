// What a dev broker cluster is made of: nodes, defaults, bounds.
#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "ottla/mock/authorization_options.hpp"
#include "ottla/mock/group_options.hpp"
#include "ottla/mock/sasl_options.hpp"
#include "ottla/mock/transaction_options.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

/// One node as clients are told about it. The broker itself never opens the address.
struct node_options {
  std::int32_t id = 1;
  std::string host = "localhost";
  std::uint16_t port = 9092;
  std::string rack = {};  // empty: none
};

struct broker_options {
  std::vector<node_options> nodes = {node_options{}};
  std::string cluster_id = "ottla-dev-broker-0001A";
  /// Topic ids and fetch session ids come from this and nothing else: the same seed gives the same cluster.
  std::uint64_t seed = 1;

  bool auto_create_topics = false;
  std::int32_t default_partitions = 1;
  std::int16_t default_replication_factor = 1;

  /// A follower that has lagged for so long leaves the in-sync set: replica.lag.time.max.ms. Looked at when it is due,
  /// not every now and then as in Kafka.
  std::chrono::milliseconds replica_lag_time_max{30'000};
  /// Leaders send consumers that name their rack to a follower of that rack (KIP-392), as with the
  /// replica.selector.class RackAwareReplicaSelector. Else they serve everybody themselves, as Kafka does unless told
  /// otherwise.
  bool replicas_by_rack = false;

  /// A frame that announces more closes its connection.
  std::size_t max_frame_bytes = std::size_t{100} << 20;
  /// Bytes of records in all logs together. Past it the oldest closed segments go first; when there are none left,
  /// Produce answers KAFKA_STORAGE_ERROR.
  std::size_t max_log_bytes = std::size_t{2} << 30;
  /// What DescribeLogDirs calls the place of the logs.
  std::string log_dir = "memory";
  /// A connection whose peer leaves more than this unread gets no further request served until it reads.
  std::size_t max_unread_bytes = std::size_t{1} << 20;
  /// Bytes of requests that have come in part or wait, on all connections together; a connection that would go past it
  /// is closed.
  std::size_t max_buffered_bytes = std::size_t{1} << 30;
  /// Fetch sessions per node (KIP-227).
  std::size_t fetch_session_slots = 1000;
  /// Memory that one decoded request may take beside its frame.
  std::size_t max_request_memory = std::size_t{64} << 20;

  sasl_options sasl = {};
  authorization_options authorization = {};
  group_options groups = {};
  transaction_options transactions = {};

  /// Told why connections are closed, segments dropped and faults applied. May be empty.
  std::function<void(std::string_view)> log = {};
  /// Told what whoever runs the broker has to do something about: what the disk refuses. Empty: the log is.
  std::function<void(std::string_view)> alarm = {};
};

}  // namespace mock
}  // namespace v0
}  // namespace ottla
