// Metadata: nodes, topics, who leads which partition.
#include <algorithm>
#include <set>

#include "api/answers.hpp"
#include "api/node_ids.hpp"
#include "api/permission_by_cluster.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

using protocol::broker_id;
using protocol::MetadataRequest;
using protocol::MetadataResponse;
using metadata_topic = MetadataResponse::MetadataResponseTopic;
constexpr std::int16_t first_version_by_id = 12;

metadata_topic known(call& c, const topic& t, bool with_operations) {
  metadata_topic out;
  out.name = t.name;
  out.topic_id = t.id;
  out.partitions = c.make<MetadataResponse::MetadataResponsePartition>(t.partitions.size());
  for (std::size_t i = 0; i < t.partitions.size(); ++i) {
    const partition& p = *t.partitions[i];
    auto& told = out.partitions[i];
    if (p.leader == no_node) told.error_code = error_code::leader_not_available;
    told.partition_index = static_cast<std::int32_t>(i);
    told.leader_id = broker_id{p.leader};
    told.leader_epoch = p.leader_epoch;
    told.replica_nodes = ids(c, p.replicas);
    told.isr_nodes = ids(c, p.in_sync);
    told.offline_replicas = ids(c, p.replicas, true);
  }
  if (with_operations) out.topic_authorized_operations = allowed_operations(c, resource_kind::topic, t.name);
  return out;
}

metadata_topic forbidden(std::optional<std::string_view> name, protocol::uuid id) {
  metadata_topic out;
  out.name = name;
  out.topic_id = id;
  out.error_code = error_code::topic_authorization_failed;
  return out;
}

metadata_topic unknown(call& c, const MetadataRequest& request, std::string_view name) {
  metadata_topic out;
  out.name = name;
  out.error_code = error_code::unknown_topic_or_partition;
  if (request.include_topic_authorized_operations)
    out.topic_authorized_operations = allowed_operations(c, resource_kind::topic, name);
  if (!why_illegal_topic_name(name).empty()) {
    out.error_code = error_code::invalid_topic_exception;
  } else if (c.cluster.options.auto_create_topics && request.allow_auto_topic_creation) {
    if (!may_by_topic_or_cluster(c, acl_operation::create, name)) return forbidden(name, {});
    // As in a KRaft cluster, creation is started and this answer still says unknown: the client asks again.
    topic_plan plan{.name = std::string(name), .assignments = {}, .settings = {}};
    if (!c.cluster.check_plan(plan)) c.cluster.create(plan);
  }
  return out;
}

void answer_named(call& c, const MetadataRequest& request, MetadataResponse& response) {
  std::set<std::string_view> names;
  std::set<protocol::uuid> ids_seen;
  std::size_t count = 0;
  response.topics = c.make<metadata_topic>(request.topics->size());
  for (const auto& asked : *request.topics) {
    if (!asked.name) {
      if (!ids_seen.insert(asked.topic_id).second) continue;
      const topic* t = c.cluster.topics.find(asked.topic_id);
      metadata_topic& told = response.topics[count++];
      if (t != nullptr) {
        // Whoever has an id knows of the topic already, but not its name.
        told = may_topic(c, acl_operation::describe, t->name)
                   ? known(c, *t, request.include_topic_authorized_operations)
                   : forbidden(std::nullopt, asked.topic_id);
        continue;
      }
      told.topic_id = asked.topic_id;
      told.name = std::nullopt;
      told.error_code = error_code::unknown_topic_id;
      continue;
    }
    if (!names.insert(*asked.name).second) continue;  // told once: a repeated name must not multiply the answer
    if (!may_topic(c, acl_operation::describe, *asked.name)) {
      response.topics[count++] = forbidden(*asked.name, {});
      continue;
    }
    const topic* t = c.cluster.topics.find(*asked.name);
    response.topics[count++] =
        t != nullptr ? known(c, *t, request.include_topic_authorized_operations) : unknown(c, request, *asked.name);
  }
  response.topics = protocol::array<metadata_topic>(response.topics.data(), count);
}

/// Ids came into the request two versions before they could be used.
bool names_ids(const MetadataRequest& request) {
  if (!request.topics) return false;
  return std::any_of(request.topics->begin(), request.topics->end(),
                     [](const auto& asked) { return !asked.name || !asked.topic_id.is_zero(); });
}

void answer_nodes(call& c, MetadataResponse& response) {
  const auto& nodes = c.cluster.nodes;
  const auto up = std::count_if(nodes.begin(), nodes.end(), [](const node_state& n) { return n.up; });
  response.brokers = c.make<MetadataResponse::MetadataResponseBroker>(static_cast<std::size_t>(up));
  std::size_t at = 0;
  for (const node_state& n : nodes) {
    if (!n.up) continue;
    auto& told = response.brokers[at++];
    told.node_id = broker_id{n.about.id};
    told.host = n.about.host;
    told.port = n.about.port;
    if (!n.about.rack.empty()) told.rack = n.about.rack;
  }
  response.cluster_id = c.cluster.options.cluster_id;
  response.controller_id = broker_id{c.cluster.controller_id()};
}

}  // namespace

verdict answer(call& c, const MetadataRequest& request, MetadataResponse& response) {
  if (c.version < first_version_by_id && names_ids(request)) {
    answer_error(c, request, response, error_code::invalid_request);
    return verdict::answer;
  }
  answer_nodes(c, response);
  if (request.include_cluster_authorized_operations)
    response.cluster_authorized_operations = may_cluster(c, acl_operation::describe) ? allowed_on_cluster(c) : 0;
  const bool empty_means_all = c.version == 0;  // that version has no null
  if (request.topics && !(empty_means_all && request.topics->empty())) {
    answer_named(c, request, response);
    return verdict::answer;
  }
  const auto& all = c.cluster.topics.all();
  response.topics = c.make<metadata_topic>(all.size());
  std::size_t at = 0;
  for (const auto& [name, t] : all)
    if (may_topic(c, acl_operation::describe, name))
      response.topics[at++] = known(c, *t, request.include_topic_authorized_operations);
  response.topics = protocol::array<metadata_topic>(response.topics.data(), at);
  return verdict::answer;
}

void answer_error(call& c, const MetadataRequest& request, MetadataResponse& response, error_code error) {
  answer_nodes(c, response);
  response.error_code = error;
  if (!request.topics) return;
  response.topics = c.make<metadata_topic>(request.topics->size());
  for (std::size_t i = 0; i < response.topics.size(); ++i) {
    const auto& asked = (*request.topics)[i];
    response.topics[i].error_code = error;
    response.topics[i].topic_id = asked.topic_id;
    response.topics[i].name = asked.name;
    if (!asked.name && c.version < first_version_by_id) response.topics[i].name = std::string_view{};
  }
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
