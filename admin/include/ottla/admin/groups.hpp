// Groups as their coordinators know them: listing (KIP-518, KIP-848), describing, deleting (KIP-229), removing members
// (KIP-345).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ottla/admin/cluster.hpp"
#include "ottla/error.hpp"
#include "ottla/topic_partition.hpp"

namespace ottla {
inline namespace v0 {

// States and types are told in the broker's words, so that those of newer brokers are told too. States today: Empty,
// PreparingRebalance, CompletingRebalance, Stable, Dead; of type consumer also Assigning and Reconciling; NotReady of
// streams groups. Types: classic, consumer (KIP-848), share, streams.

struct list_groups_options {
  std::vector<std::string> states = {};  ///< empty: all. Brokers from 2.6; upper and lower case are the same
  std::vector<std::string> types = {};   ///< empty: all. Brokers from 3.8
  std::chrono::milliseconds timeout{30'000};
};
struct listed_group {
  std::string group;
  std::string protocol_type;  ///< "consumer"; "connect" and others; empty: only used for its offsets
  std::string state;          ///< empty: the broker did not say (before 2.6)
  std::string type;           ///< empty: the broker did not say (before 3.8)
  std::int32_t coordinator = -1;
};
/// What one broker said instead of an answer.
struct broker_failure {
  std::int32_t broker = -1;
  error failure;
};
struct group_listing {
  std::vector<listed_group> groups;      ///< ascending by name, each once even if it moves meanwhile (C-58)
  std::vector<broker_failure> failures;  ///< brokers whose groups are missing above
};

struct topic_partitions {
  std::string topic;
  std::vector<std::int32_t> partitions;  ///< ascending
};
struct described_member {
  std::string member_id;
  std::optional<std::string> instance_id;  ///< of a static member
  std::string client_id;
  std::string host;                 ///< as the broker sees it: "/10.0.0.7"
  std::vector<std::string> topics;  ///< what it subscribed to, as far as it says
  std::vector<topic_partitions> assignment;
  /// False: what it was assigned is not in the form of consumers (Kafka Connect's is not), and is left out.
  bool readable = true;
  // Of groups of type consumer alone:
  std::optional<std::string> rack;
  std::optional<std::string> topic_regex;
  std::int32_t member_epoch = -1;
  std::vector<topic_partitions> target_assignment;  ///< where the coordinator wants it to arrive
};
struct group_description {
  std::string group;
  std::string type;
  std::string state;
  std::string protocol_type;
  std::string assignor;                   ///< empty while the group rebalances
  broker_description coordinator;         ///< id -1: not found
  std::int32_t group_epoch = -1;          ///< of type consumer alone
  std::int32_t assignment_epoch = -1;     ///< of type consumer alone
  std::vector<described_member> members;  ///< ascending by member id
  error failure;                          ///< e.g. GROUP_ID_NOT_FOUND
};

struct delete_groups_options {
  std::chrono::milliseconds timeout{30'000};
  /// A group that is not there counts as deleted. Makes the call repeatable after a lost answer.
  bool if_exists = false;
};
struct deleted_group {
  std::string group;
  error failure;  ///< e.g. NON_EMPTY_GROUP
};

/// By its instance, or by its member id.
struct member_to_remove {
  std::string instance_id = {};  ///< empty: by member id
  std::string member_id = {};
};
struct removed_member {
  member_to_remove member;
  error failure;  ///< e.g. UNKNOWN_MEMBER_ID
};

}  // namespace v0
}  // namespace ottla
