// CreateTopics, with the cluster's defaults for -1 (KIP-464) and the settings in force in the answer (KIP-525).
#include <algorithm>
#include <map>

#include "api/answers.hpp"
#include "api/config_resource.hpp"
#include "api/permission_by_cluster.hpp"
#include "cluster/setting.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

using protocol::CreateTopicsRequest;
using protocol::CreateTopicsResponse;
using created_topic = CreateTopicsResponse::CreatableTopicResult;
constexpr std::int16_t first_version_with_configs = 5;

void refuse(call& c, created_topic& out, error_code error, std::string_view why) {
  out.error_code = error;
  out.error_message = c.copy(why);
}

/// The partitions of the assignment in order; an empty result if they are not 0, 1, 2, ...
std::vector<std::vector<std::int32_t>> in_order(const CreateTopicsRequest::CreatableTopic& asked) {
  std::map<std::int32_t, std::vector<std::int32_t>> sorted;
  for (const auto& a : asked.assignments) {
    auto& nodes = sorted[a.partition_index];
    for (const auto id : a.broker_ids) nodes.push_back(static_cast<std::int32_t>(id));
  }
  std::vector<std::vector<std::int32_t>> out;
  for (auto& [index, nodes] : sorted) {
    if (index != static_cast<std::int32_t>(out.size())) return {};
    out.push_back(std::move(nodes));
  }
  return out.size() == asked.assignments.size() ? out : std::vector<std::vector<std::int32_t>>{};
}

config_source source_of(const call& c, const topic_settings& settings, const setting& which) {
  if (settings.is_set(which.name)) return of_topic;
  if (c.cluster.set_of_broker(std::to_string(c.node().about.id)).contains(which.counterpart)) return of_broker;
  return c.cluster.set_of_broker("").contains(which.counterpart) ? of_all_brokers : of_default;
}

/// The settings in force, as an array and never null: the Java client takes null for a broken answer.
void tell_configs(call& c, const topic_settings& settings, created_topic& out) {
  const auto table = topic_settings_table();
  auto configs = c.make<CreateTopicsResponse::CreatableTopicConfigs>(table.size());
  for (std::size_t i = 0; i < table.size(); ++i) {
    configs[i].name = table[i].name;
    configs[i].value = c.copy(settings.value(table[i].name));
    configs[i].config_source = source_of(c, settings, table[i]);
  }
  out.configs = configs;
}

void make(call& c, const CreateTopicsRequest::CreatableTopic& asked, bool validate_only, created_topic& out) {
  if (!may_by_topic_or_cluster(c, acl_operation::create, asked.name))
    return refuse(c, out, error_code::topic_authorization_failed, "This client may not make this topic.");
  topic_plan plan{std::string(asked.name), asked.num_partitions, asked.replication_factor, in_order(asked), {}};
  if (plan.assignments.empty() && !asked.assignments.empty())
    return refuse(c, out, error_code::invalid_replica_assignment,
                  "Assigned partitions must be 0, 1, 2, ..., each once.");
  for (const auto& config : asked.configs) {
    if (!config.value)
      return refuse(c, out, error_code::invalid_config,
                    "Null value not supported for " + std::string(config.name) + ".");
    if (std::string why = plan.settings.set(config.name, *config.value); !why.empty())
      return refuse(c, out, error_code::invalid_config, why);
  }
  if (const auto error = c.cluster.check_plan(plan)) return refuse(c, out, error->error, error->why);
  // Kafka makes up an id for what it only validates, too.
  out.topic_id = validate_only ? c.cluster.topics.fresh_id() : c.cluster.create(plan).id;
  if (c.version < first_version_with_configs) return;
  if (!may_topic(c, acl_operation::describe_configs, plan.name)) {
    out.topic_config_error_code = error_code::topic_authorization_failed;
    return;
  }
  out.num_partitions = plan.partitions;
  out.replication_factor = plan.replication_factor;
  tell_configs(c, plan.settings, out);
}

}  // namespace

verdict answer(call& c, const CreateTopicsRequest& request, CreateTopicsResponse& response) {
  std::map<std::string_view, int> times;
  for (const auto& asked : request.topics) ++times[asked.name];
  // A name that comes twice is answered once, with an error: which of the two was meant?
  response.topics = c.make<created_topic>(times.size());
  std::size_t at = 0;
  for (const auto& asked : request.topics) {
    const auto count = times.find(asked.name);
    if (count == times.end()) continue;
    created_topic& told = response.topics[at++];
    told.name = asked.name;
    told.error_message = std::nullopt;
    if (count->second > 1) {
      refuse(c, told, error_code::invalid_request, "The request names this topic more than once.");
    } else {
      make(c, asked, request.validate_only, told);
    }
    times.erase(count);
  }
  return verdict::answer;
}

void answer_error(call& c, const CreateTopicsRequest& request, CreateTopicsResponse& response, error_code error) {
  response.topics = c.make<created_topic>(request.topics.size());
  for (std::size_t i = 0; i < request.topics.size(); ++i) {
    response.topics[i].name = request.topics[i].name;
    refuse(c, response.topics[i], error, "");
  }
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
