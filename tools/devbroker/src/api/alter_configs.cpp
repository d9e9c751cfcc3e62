// AlterConfigs and IncrementalAlterConfigs (KIP-339): what is set of topics and of brokers, replaced or changed.
#include <set>
#include <vector>

#include "api/answers.hpp"
#include "api/config_resource.hpp"
#include "cluster/setting_changes.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

using protocol::AlterConfigsRequest;
using protocol::AlterConfigsResponse;
using protocol::IncrementalAlterConfigsRequest;
using protocol::IncrementalAlterConfigsResponse;
using objection_if_any = std::optional<plan_error>;

objection_if_any invalid_request(std::string why) { return plan_error{error_code::invalid_request, std::move(why)}; }

/// What one resource of either request asks for.
struct wanted {
  std::int8_t type;
  std::string_view name;
  bool replaces;  // what is not named is unset
  bool validate_only;
  std::vector<setting_change> changes;
};

/// The changes as the request has them, in `out`; or why they make no sense whatever they are of.
objection_if_any read_changes(const AlterConfigsRequest::AlterConfigsResource& asked,
                              std::vector<setting_change>& out) {
  for (const auto& config : asked.configs) {
    if (!config.value) return invalid_request("There is no value for " + std::string(config.name) + ".");
    out.push_back({config.name, change_kind::set, *config.value});
  }
  return std::nullopt;
}

objection_if_any read_changes(const IncrementalAlterConfigsRequest::AlterConfigsResource& asked,
                              std::vector<setting_change>& out) {
  constexpr auto last_kind = static_cast<std::int8_t>(change_kind::subtract);
  for (const auto& config : asked.configs) {
    if (config.config_operation < 0 || config.config_operation > last_kind) {
      const std::string why = "There is no operation " + std::to_string(config.config_operation) + ".";
      // As Kafka: it stumbles over those of topics.
      if (asked.resource_type == broker_resource) return invalid_request(why);
      return plan_error{error_code::unknown_server_error, why};
    }
    const auto kind = static_cast<change_kind>(config.config_operation);
    if (!config.value && kind != change_kind::remove)
      return invalid_request("There is no value for " + std::string(config.name) + ".");
    out.push_back({config.name, kind, config.value.value_or("")});
  }
  return std::nullopt;
}

template <class Configs>
bool names_one_twice(const Configs& configs) {
  std::set<std::string_view> seen;
  for (const auto& config : configs)
    if (!seen.insert(config.name).second) return true;
  return false;
}

objection_if_any alter_topic(call& c, const wanted& what) {
  topic* t = c.cluster.topics.find(what.name);
  if (what.name.empty()) return invalid_request("There are no settings of all topics.");
  if (std::string why = why_illegal_topic_name(what.name); !why.empty())
    return plan_error{error_code::invalid_topic_exception, std::move(why)};
  setting_values given;
  if (!what.replaces && t != nullptr) given = t->settings.given();
  if (std::string why = change(topic_settings_table(), given, what.changes); !why.empty())
    return plan_error{error_code::invalid_config, std::move(why)};
  topic_settings tried = t == nullptr ? topic_settings() : t->settings;
  if (std::string why = tried.assign(given); !why.empty())
    return plan_error{error_code::invalid_config, std::move(why)};
  if (t == nullptr) return plan_error{error_code::unknown_topic_or_partition, "This server does not host this topic."};
  if (!what.validate_only) c.cluster.alter(*t, std::move(given));
  return std::nullopt;
}

objection_if_any alter_broker(call& c, const wanted& what) {
  if (!what.name.empty()) {
    if (auto error = check_is_this_node(c, what.name)) return error;
  }
  setting_values given;
  if (!what.replaces) given = c.cluster.set_of_broker(what.name);
  if (std::string why = change(broker_settings_table(), given, what.changes); !why.empty())
    return plan_error{error_code::invalid_config, std::move(why)};
  for (auto& [name, value] : given) {
    const setting* known = find_setting(broker_settings_table(), name);
    if (known == nullptr) return invalid_request("No broker setting is called " + name + " here.");
    if (known->counterpart.empty()) return invalid_request(name + " cannot be changed while the broker runs.");
    value = canonical(*known, value);
    if (std::string why = why_invalid(*known, value); !why.empty()) return invalid_request(std::move(why));
  }
  if (!what.validate_only) c.cluster.alter_broker(what.name, std::move(given));
  return std::nullopt;
}

objection_if_any alter(call& c, const wanted& what) {
  if (const error_code error = check_allowed(c, acl_operation::alter_configs, what.type, what.name);
      error != error_code::none)
    return plan_error{error, "This client may not alter these settings."};
  if (what.type == topic_resource) return alter_topic(c, what);
  if (what.type == broker_resource) return alter_broker(c, what);
  return invalid_request("Only topics (2) and brokers (4) have settings here, not " + std::to_string(what.type) + ".");
}

template <class Request, class Response>
void answer_all(call& c, const Request& request, Response& response, bool replaces) {
  std::set<std::pair<std::int8_t, std::string_view>> seen, twice;
  for (const auto& asked : request.resources)
    if (!seen.emplace(asked.resource_type, asked.resource_name).second)
      twice.emplace(asked.resource_type, asked.resource_name);
  response.responses = c.make<typename Response::AlterConfigsResourceResponse>(request.resources.size());
  for (std::size_t i = 0; i < request.resources.size(); ++i) {
    const auto& asked = request.resources[i];
    auto& told = response.responses[i];
    told.resource_type = asked.resource_type;
    told.resource_name = asked.resource_name;
    told.error_message = std::nullopt;
    wanted what{asked.resource_type, asked.resource_name, replaces, request.validate_only, {}};
    objection_if_any why;
    if (twice.contains({asked.resource_type, asked.resource_name})) {
      why = invalid_request("The request names this resource more than once.");
    } else if (names_one_twice(asked.configs)) {
      why = invalid_request("The request names a setting of this resource more than once.");
    } else {
      why = read_changes(asked, what.changes);
      if (!why) why = alter(c, what);
    }
    if (!why) continue;
    told.error_code = why->error;
    told.error_message = c.copy(why->why);
  }
}

template <class Request, class Response>
void answer_error_to_all(call& c, const Request& request, Response& response, error_code error) {
  response.responses = c.make<typename Response::AlterConfigsResourceResponse>(request.resources.size());
  for (std::size_t i = 0; i < request.resources.size(); ++i) {
    response.responses[i].error_code = error;
    response.responses[i].error_message = std::nullopt;
    response.responses[i].resource_type = request.resources[i].resource_type;
    response.responses[i].resource_name = request.resources[i].resource_name;
  }
}

}  // namespace

verdict answer(call& c, const AlterConfigsRequest& request, AlterConfigsResponse& response) {
  answer_all(c, request, response, true);
  return verdict::answer;
}
verdict answer(call& c, const IncrementalAlterConfigsRequest& request, IncrementalAlterConfigsResponse& response) {
  answer_all(c, request, response, false);
  return verdict::answer;
}
void answer_error(call& c, const AlterConfigsRequest& request, AlterConfigsResponse& response, error_code error) {
  answer_error_to_all(c, request, response, error);
}
void answer_error(call& c, const IncrementalAlterConfigsRequest& request, IncrementalAlterConfigsResponse& response,
                  error_code error) {
  answer_error_to_all(c, request, response, error);
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
