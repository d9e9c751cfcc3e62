// DescribeConfigs: the settings of topics and of this node, with where each value comes from (KIP-226, KIP-569).
#include <algorithm>
#include <set>

#include "api/answers.hpp"
#include "cluster/setting.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

using protocol::DescribeConfigsRequest;
using protocol::DescribeConfigsResponse;
using resource_answer = DescribeConfigsResponse::DescribeConfigsResult;
using config_answer = DescribeConfigsResponse::DescribeConfigsResourceResult;
enum resource_type : std::int8_t { topic_resource = 2, broker_resource = 4 };
enum config_source : std::int8_t { of_topic = 1, of_broker_file = 4, of_default = 5 };

struct named_value {
  const setting* which;
  std::string value;
  config_source source;
  bool read_only;
};

std::vector<named_value> of(const topic& t) {
  std::vector<named_value> out;
  for (const setting& s : topic_settings_table())
    out.push_back(
        {&s, std::string(t.settings.value(s.name)), t.settings.is_set(s.name) ? of_topic : of_default, false});
  return out;
}

std::vector<named_value> of(const cluster_state& cluster, const node_state& n) {
  const std::string listener = "PLAINTEXT://" + n.about.host + ":" + std::to_string(n.about.port);
  const auto own = [&](std::string_view name) -> std::string {
    if (name == "advertised.listeners" || name == "listeners") return listener;
    if (name == "auto.create.topics.enable") return cluster.options.auto_create_topics ? "true" : "false";
    if (name == "broker.id" || name == "node.id") return std::to_string(n.about.id);
    if (name == "default.replication.factor") return std::to_string(cluster.options.default_replication_factor);
    if (name == "num.partitions") return std::to_string(cluster.options.default_partitions);
    if (name == "socket.request.max.bytes") return std::to_string(cluster.options.max_frame_bytes);
    return {};
  };
  std::vector<named_value> out;
  for (const setting& s : broker_settings_table()) {
    const std::string value = own(s.name);
    const bool is_default = value.empty() || value == s.initial;
    out.push_back({&s, is_default ? std::string(s.initial) : value, is_default ? of_default : of_broker_file, true});
  }
  return out;
}

void tell(call& c, const DescribeConfigsRequest& request, const DescribeConfigsRequest::DescribeConfigsResource& asked,
          const std::vector<named_value>& values, resource_answer& out) {
  std::set<std::string_view> keys;
  if (asked.configuration_keys) keys.insert(asked.configuration_keys->begin(), asked.configuration_keys->end());
  out.configs = c.make<config_answer>(values.size());
  std::size_t at = 0;
  for (const named_value& v : values) {
    // Null and, as Kafka has it, an empty list both ask for everything.
    if (!keys.empty() && !keys.contains(v.which->name)) continue;
    config_answer& told = out.configs[at++];
    told.name = v.which->name;
    told.value = c.copy(v.value);
    told.read_only = v.read_only;
    told.config_source = v.source;
    told.config_type = static_cast<std::int8_t>(v.which->type);
    told.documentation = std::nullopt;
    if (request.include_documentation) told.documentation = v.which->meaning;
    if (!request.include_synonyms) continue;
    const bool overrides = v.source != of_default;
    told.synonyms = c.make<DescribeConfigsResponse::DescribeConfigsSynonym>(overrides ? 2 : 1);
    if (overrides) told.synonyms[0] = {v.which->name, told.value, v.source, {}};
    told.synonyms[overrides ? 1 : 0] = {v.which->name, v.which->initial, of_default, {}};
  }
  out.configs = {out.configs.data(), at};
}

void refuse(call& c, resource_answer& out, error_code error, std::string_view why) {
  out.error_code = error;
  out.error_message = c.copy(why);
}

void describe(call& c, const DescribeConfigsRequest& request,
              const DescribeConfigsRequest::DescribeConfigsResource& asked, resource_answer& out) {
  if (asked.resource_type == topic_resource) {
    if (std::string why = why_illegal_topic_name(asked.resource_name); !why.empty())
      return refuse(c, out, error_code::invalid_topic_exception, why);
    const topic* t = c.cluster.topics.find(asked.resource_name);
    if (t == nullptr)
      return refuse(c, out, error_code::unknown_topic_or_partition, "This server does not host this topic.");
    return tell(c, request, asked, of(*t), out);
  }
  if (asked.resource_type == broker_resource) {
    if (asked.resource_name.empty()) return;  // the cluster-wide dynamic settings: none
    const node_state& n = c.node();
    if (asked.resource_name != std::to_string(n.about.id))
      return refuse(c, out, error_code::invalid_request,
                    "This is node " + std::to_string(n.about.id) + ": ask the other node.");
    return tell(c, request, asked, of(c.cluster, n), out);
  }
  refuse(c, out, error_code::invalid_request, "Only topics (2) and brokers (4) have settings here.");
}

}  // namespace

verdict answer(call& c, const DescribeConfigsRequest& request, DescribeConfigsResponse& response) {
  std::set<std::pair<std::int8_t, std::string_view>> seen;
  response.results = c.make<resource_answer>(request.resources.size());
  std::size_t at = 0;
  for (const auto& asked : request.resources) {
    if (!seen.emplace(asked.resource_type, asked.resource_name).second) continue;
    resource_answer& told = response.results[at++];
    told.resource_type = asked.resource_type;
    told.resource_name = asked.resource_name;
    describe(c, request, asked, told);
  }
  response.results = {response.results.data(), at};
  return verdict::answer;
}

void answer_error(call& c, const DescribeConfigsRequest& request, DescribeConfigsResponse& response, error_code error) {
  response.results = c.make<resource_answer>(request.resources.size());
  for (std::size_t i = 0; i < request.resources.size(); ++i) {
    response.results[i].resource_type = request.resources[i].resource_type;
    response.results[i].resource_name = request.resources[i].resource_name;
    response.results[i].error_code = error;
    response.results[i].error_message = std::nullopt;
  }
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
