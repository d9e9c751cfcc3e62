// DescribeConfigs: the settings of topics and of this node, with where each value comes from (KIP-226, KIP-569).
#include <algorithm>
#include <set>

#include "api/answers.hpp"
#include "api/config_resource.hpp"
#include "cluster/setting.hpp"
#include "ottla/mock/address_text.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

using protocol::DescribeConfigsRequest;
using protocol::DescribeConfigsResponse;
using resource_answer = DescribeConfigsResponse::DescribeConfigsResult;
using config_answer = DescribeConfigsResponse::DescribeConfigsResourceResult;

struct synonym {
  std::string_view name;
  std::string value;
  config_source source;
};

/// A setting with all that is said of it, what counts first.
struct described_setting {
  const setting* which;
  std::vector<synonym> said;
  bool read_only;
};

/// What brokers say: altered for the node, altered for all, and the default.
void add_general(const call& c, std::string_view name, std::string_view initial, std::vector<synonym>& out) {
  const auto add = [&](const setting_values& given, config_source source) {
    if (const auto found = given.find(name); found != given.end()) out.push_back({name, found->second, source});
  };
  add(c.cluster.set_of_broker(std::to_string(c.node().about.id)), of_broker);
  add(c.cluster.set_of_broker(""), of_all_brokers);
  out.push_back({name, std::string(initial), of_default});
}

std::vector<described_setting> of(const call& c, const topic& t) {
  std::vector<described_setting> out;
  for (const setting& s : topic_settings_table()) {
    described_setting& told = out.emplace_back(described_setting{&s, {}, false});
    if (t.settings.is_set(s.name)) told.said.push_back({s.name, std::string(t.settings.value(s.name)), of_topic});
    if (!s.counterpart.empty()) add_general(c, s.counterpart, s.initial, told.said);
  }
  return out;
}

/// What its options say about this node, empty where they do not.
std::string in_file(const call& c, std::string_view name) {
  const node_options& about = c.node().about;
  const broker_options& options = c.cluster.options;
  if (name == "advertised.listeners" || name == "listeners")
    return "PLAINTEXT://" + address_text(about.host, about.port);
  if (name == "auto.create.topics.enable") return options.auto_create_topics ? "true" : "false";
  if (name == "broker.id" || name == "node.id") return std::to_string(about.id);
  if (name == "default.replication.factor") return std::to_string(options.default_replication_factor);
  if (name == "num.partitions") return std::to_string(options.default_partitions);
  if (name == "replica.lag.time.max.ms") return std::to_string(options.replica_lag_time_max.count());
  if (name == "socket.request.max.bytes") return std::to_string(options.max_frame_bytes);
  return {};
}

std::vector<described_setting> of_this_node(const call& c) {
  std::vector<described_setting> out;
  for (const setting& s : broker_settings_table()) {
    described_setting& told = out.emplace_back(described_setting{&s, {}, s.counterpart.empty()});
    const std::string own = in_file(c, s.name);
    if (!own.empty() && own != s.initial) told.said.push_back({s.name, own, of_broker_file});
    add_general(c, s.name, s.initial, told.said);
  }
  return out;
}

/// Only what was altered for all.
std::vector<described_setting> of_all_nodes(const call& c) {
  std::vector<described_setting> out;
  for (const auto& [name, value] : c.cluster.set_of_broker("")) {
    const setting* known = find_setting(broker_settings_table(), name);
    if (known == nullptr) continue;  // an older version knew it
    described_setting& told = out.emplace_back(described_setting{known, {}, false});
    told.said.push_back({known->name, value, of_all_brokers});
  }
  return out;
}

void tell(call& c, const DescribeConfigsRequest& request, const DescribeConfigsRequest::DescribeConfigsResource& asked,
          const std::vector<described_setting>& all, resource_answer& out) {
  std::set<std::string_view> keys;
  if (asked.configuration_keys) keys.insert(asked.configuration_keys->begin(), asked.configuration_keys->end());
  out.configs = c.make<config_answer>(all.size());
  std::size_t at = 0;
  for (const described_setting& d : all) {
    // Null and, as Kafka has it, an empty list both ask for everything.
    if (!keys.empty() && !keys.contains(d.which->name)) continue;
    config_answer& told = out.configs[at++];
    told.name = d.which->name;
    told.value = c.copy(d.said.empty() ? d.which->initial : std::string_view(d.said.front().value));
    told.read_only = d.read_only;
    told.config_source = d.said.empty() ? of_default : d.said.front().source;
    told.config_type = static_cast<std::int8_t>(d.which->type);
    told.documentation = std::nullopt;
    if (request.include_documentation) told.documentation = d.which->meaning;
    if (!request.include_synonyms) continue;
    told.synonyms = c.make<DescribeConfigsResponse::DescribeConfigsSynonym>(d.said.size());
    for (std::size_t i = 0; i < d.said.size(); ++i)
      told.synonyms[i] = {d.said[i].name, c.copy(d.said[i].value), d.said[i].source, {}};
  }
  out.configs = {out.configs.data(), at};
}

void refuse(call& c, resource_answer& out, error_code error, std::string_view why) {
  out.error_code = error;
  out.error_message = c.copy(why);
}

void describe(call& c, const DescribeConfigsRequest& request,
              const DescribeConfigsRequest::DescribeConfigsResource& asked, resource_answer& out) {
  if (const error_code error =
          check_allowed(c, acl_operation::describe_configs, asked.resource_type, asked.resource_name);
      error != error_code::none)
    return refuse(c, out, error, "This client may not see these settings.");
  if (asked.resource_type == topic_resource) {
    if (std::string why = why_illegal_topic_name(asked.resource_name); !why.empty())
      return refuse(c, out, error_code::invalid_topic_exception, why);
    const topic* t = c.cluster.topics.find(asked.resource_name);
    if (t == nullptr)
      return refuse(c, out, error_code::unknown_topic_or_partition, "This server does not host this topic.");
    return tell(c, request, asked, of(c, *t), out);
  }
  if (asked.resource_type == broker_resource) {
    if (asked.resource_name.empty()) return tell(c, request, asked, of_all_nodes(c), out);
    if (const auto error = check_is_this_node(c, asked.resource_name)) return refuse(c, out, error->error, error->why);
    return tell(c, request, asked, of_this_node(c), out);
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
