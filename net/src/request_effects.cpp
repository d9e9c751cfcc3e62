// Which requests change something, so that it matters whether one without an answer took effect.
#include "ottla/net/request.hpp"

namespace ottla {
inline namespace v0 {

// Those that only ask are named, each by its key: whoever adds a key has to think of it only if that is one of them. Of
// some more is to be said than their names do:
// - Metadata may have a topic made; who asks again finds it, or has it made then.
// - Fetch moves a session on, which ends with its connection; a ShareFetch acquires records, and is not among them.
// - Heartbeat says that somebody lives. ConsumerGroupHeartbeat joins, leaves and owns, and is not among them either.
bool changes_something(protocol::api_key key) {
  using enum protocol::api_key;
  switch (key) {
    case fetch:
    case list_offsets:
    case metadata:
    case offset_fetch:
    case find_coordinator:
    case heartbeat:
    case describe_groups:
    case list_groups:
    case sasl_handshake:
    case api_versions:
    case offset_for_leader_epoch:
    case describe_acls:
    case describe_configs:
    case describe_log_dirs:
    case sasl_authenticate:
    case describe_delegation_token:
    case list_partition_reassignments:
    case describe_client_quotas:
    case describe_user_scram_credentials:
    case describe_quorum:
    case fetch_snapshot:
    case describe_cluster:
    case describe_producers:
    case describe_transactions:
    case list_transactions:
    case consumer_group_describe:
    case get_telemetry_subscriptions:
    case list_config_resources:
    case describe_topic_partitions:
    case share_group_describe:
    case read_share_group_state:
    case read_share_group_state_summary:
    case streams_group_describe:
    case describe_share_group_offsets:
      return false;
    default:
      return true;
  }
}

persistence unanswered(protocol::api_key key) {
  return changes_something(key) ? persistence::possibly : persistence::no;
}

}  // namespace v0
}  // namespace ottla
