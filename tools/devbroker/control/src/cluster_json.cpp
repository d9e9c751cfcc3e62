// The cluster's state as JSON.
#include "cluster_json.hpp"

#include <nlohmann/json.hpp>

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

using nlohmann::ordered_json;

ordered_json partition_json(std::int32_t index, const partition_info& of) {
  ordered_json logs = ordered_json::array();
  for (const replica_info& r : of.logs)
    logs.push_back({{"node", r.node}, {"logEndOffset", r.log_end_offset}, {"highWatermark", r.high_watermark}});
  return {{"partition", index},
          {"leader", of.leader},
          {"leaderEpoch", of.leader_epoch},
          {"replicas", of.replicas},
          {"inSync", of.in_sync},
          {"logStartOffset", of.log_start_offset},
          {"highWatermark", of.high_watermark},
          {"logEndOffset", of.log_end_offset},
          {"logs", logs},
          {"sizeBytes", of.size_bytes}};
}

}  // namespace

std::optional<std::size_t> node_of(const broker& of, const nlohmann::json& id) {
  if (!id.is_number_integer()) return std::nullopt;
  for (std::size_t i = 0; i < of.node_count(); ++i)
    if (of.node(i).id == id.get<std::int64_t>()) return i;
  return std::nullopt;
}

ordered_json cluster_json(const broker& of) {
  ordered_json nodes = ordered_json::array();
  for (std::size_t i = 0; i < of.node_count(); ++i) {
    const node_options& n = of.node(i);
    nodes.push_back(
        {{"id", n.id}, {"host", n.host}, {"port", n.port}, {"running", of.running(i)}, {"paused", of.paused(i)}});
  }
  ordered_json seen = ordered_json::object();
  for (const auto& [key, count] : of.requests_seen()) seen[std::string(name(key))] = count;
  return {{"nodes", nodes}, {"requestsSeen", seen}, {"faultsLeft", of.faults_left()}};
}

ordered_json topic_json(const broker& of, std::string_view name) {
  ordered_json partitions = ordered_json::array();
  for (std::int32_t i = 0;; ++i) {
    const auto told = of.partition(name, i);
    if (!told) break;
    partitions.push_back(partition_json(i, *told));
  }
  return {{"name", name}, {"partitions", partitions}};
}

ordered_json topics_json(const broker& of) {
  ordered_json out = ordered_json::array();
  for (const topic_info& t : of.topics()) out.push_back({{"name", t.name}, {"partitions", t.partitions}});
  return out;
}

ordered_json group_json(broker& of, std::string_view name) {
  ordered_json committed = ordered_json::array();
  for (const committed_info& one : of.committed(name))
    committed.push_back(
        {{"topic", one.topic}, {"partition", one.partition}, {"offset", one.offset}, {"metadata", one.metadata}});
  ordered_json out{{"name", name}, {"coordinator", nullptr}, {"committed", committed}};
  if (const auto node = of.coordinator(name)) out["coordinator"] = of.node(*node).id;
  return out;
}

ordered_json transaction_json(const broker& of, std::string_view transactional_id) {
  ordered_json out{{"transactionalId", transactional_id},
                   {"coordinator", nullptr},
                   {"state", nullptr},
                   {"producerId", nullptr},
                   {"producerEpoch", nullptr}};
  if (const auto node = of.transaction_coordinator(transactional_id)) out["coordinator"] = of.node(*node).id;
  ordered_json partitions = ordered_json::array();
  if (const auto told = of.transaction(transactional_id)) {
    out["state"] = told->state;
    out["producerId"] = told->producer_id;
    out["producerEpoch"] = told->producer_epoch;
    for (const auto& [topic, index] : told->partitions) partitions.push_back({{"topic", topic}, {"partition", index}});
  }
  out["partitions"] = partitions;
  return out;
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
