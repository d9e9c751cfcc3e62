// metadata: brokers, topics, leaders and their epochs as last heard, and when to ask again. State only: the core asks.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ottla/error.hpp"
#include "ottla/net/address.hpp"
#include "ottla/net/backoff.hpp"
#include "ottla/net/time.hpp"
#include "ottla/protocol/error_code.hpp"
#include "ottla/protocol/metadata.hpp"

namespace ottla {
inline namespace v0 {

using protocol::broker_id;
inline constexpr broker_id no_broker{-1};

struct partition_metadata {
  broker_id leader = no_broker;    ///< no_broker: none at the moment
  std::int32_t leader_epoch = -1;  ///< the highest that was ever heard; -1: unknown
  protocol::error_code error = protocol::error_code::none;
};
struct topic_metadata {
  protocol::uuid id{};  ///< zero: the brokers know no ids
  protocol::error_code error = protocol::error_code::none;
  std::vector<partition_metadata> partitions;  ///< by index
  int unknown_answers = 0;                     ///< how often in a row the cluster said that it does not exist (C-14)
  int wanted = 0;                              ///< roles that asked for it
};

class metadata {
 public:
  metadata(std::chrono::nanoseconds max_age, backoff retry) : max_age_(max_age), retry_(retry) {}

  /// A role is interested in a topic from now on; asks at once if it is not known.
  void want_topic(std::string_view name, steady_ns now);
  void release_topic(std::string_view name);
  /// Null until the first answer that names the topic.
  const topic_metadata* find(std::string_view name) const;
  /// A topic by the id the brokers gave it; its name is empty if unknown.
  std::string_view name_of(const protocol::uuid& id) const;
  const std::map<broker_id, host_port>& brokers() const { return brokers_; }
  broker_id controller() const { return controller_; }
  const std::string& cluster_id() const { return cluster_id_; }

  /// Something is stale: ask again as soon as backoff allows.
  void request_refresh() { refresh_wanted_ = true; }
  /// A leader named by a Produce or Fetch answer (KIP-951, C-35): taken only if its epoch is newer.
  bool apply_leader_hint(std::string_view topic, std::int32_t partition, broker_id leader, std::int32_t epoch);
  /// Nothing happens if it cannot be a broker: an id below 0, or no host. So with those of a Metadata answer.
  void apply_broker_hint(broker_id id, host_port address);

  /// Whether to send a Metadata request now; the core then calls started and, with the outcome, applied or failed.
  bool due(steady_ns now) const;
  steady_ns next_deadline() const;
  void started();
  std::vector<std::string> wanted_topics() const;
  void applied(const protocol::MetadataResponse& answer, steady_ns now, random_stream& rng);
  void failed(error why, steady_ns now);
  /// One of the addresses that a refresh asked gave no answer.
  void stumbled(steady_ns now) { failing_since_ = std::min(failing_since_, now); }
  /// Since when no refresh succeeded, counted from the first try that failed (C-56); `never`: the last one succeeded.
  steady_ns failing_since() const { return failing_since_; }
  /// Forgets the brokers, so that the bootstrap addresses are asked next (KIP-899, KIP-1102). What is known of topics
  /// stays until then: their ids tell whether it is still the same cluster (KIP-516).
  void rebootstrap();
  /// Why the last refresh failed at every address; empty after a success.
  const error& last_failure() const { return last_failure_; }

  /// Grows with every change that a role may want to look at.
  std::uint64_t generation() const { return generation_; }
  bool ever_applied() const { return ever_applied_; }

 private:
  void apply_topic(const protocol::MetadataResponse::MetadataResponseTopic& topic);

  std::chrono::nanoseconds max_age_;
  backoff retry_;
  std::map<broker_id, host_port> brokers_;
  std::map<std::string, topic_metadata, std::less<>> topics_;
  std::map<protocol::uuid, std::string> names_;
  broker_id controller_ = no_broker;
  std::string cluster_id_;
  std::uint64_t generation_ = 1;
  bool ever_applied_ = false;
  error last_failure_;
  bool refresh_wanted_ = false;
  bool under_way_ = false;
  steady_ns not_before_{};
  steady_ns expires_ = never;
  steady_ns failing_since_ = never;
};

}  // namespace v0
}  // namespace ottla
