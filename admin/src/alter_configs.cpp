// Changes to settings: topics' by any broker, a broker's by itself.
#include <algorithm>
#include <map>

#include "ask.hpp"
#include "config_owner.hpp"
#include "ottla/admin.hpp"
#include "ottla/protocol/incremental_alter_configs.hpp"
#include "part_outcomes.hpp"

namespace ottla {
inline namespace v0 {
namespace {

using protocol::IncrementalAlterConfigsRequest;
using protocol::IncrementalAlterConfigsResponse;

/// Twice is as good as once.
bool harmless_twice(const config_changes& resource) {
  return std::all_of(resource.changes.begin(), resource.changes.end(), [](const config_change& one) {
    return one.operation == config_operation::set || one.operation == config_operation::remove;
  });
}

std::string asked_about(const config_changes& resource) {
  if (resource.type == config_resource_type::topic) return "alter configs of topic " + resource.name;
  return "alter configs of " + (resource.name.empty() ? "all brokers" : "broker " + resource.name);
}

std::vector<IncrementalAlterConfigsRequest::AlterableConfig> list_of(const std::vector<config_change>& changes) {
  std::vector<IncrementalAlterConfigsRequest::AlterableConfig> out(changes.size());
  for (std::size_t i = 0; i < changes.size(); ++i) {
    out[i].name = changes[i].name;
    out[i].config_operation = static_cast<std::int8_t>(changes[i].operation);
    out[i].value = changes[i].value ? std::optional<std::string_view>(*changes[i].value) : std::nullopt;
  }
  return out;
}

}  // namespace

result<std::vector<altered_configs>> admin::alter_configs(std::span<const config_changes> resources,
                                                          const alter_configs_options& how) {
  std::map<std::optional<std::int32_t>, std::vector<std::size_t>> by_owner;
  for (std::size_t i = 0; i < resources.size(); ++i)
    by_owner[owner_of(resources[i].type, resources[i].name)].push_back(i);
  std::vector<altered_configs> out(resources.size());
  for (const auto& [owner, indexes] : by_owner) {
    std::vector<IncrementalAlterConfigsRequest::AlterConfigsResource> list(indexes.size());
    std::vector<std::vector<IncrementalAlterConfigsRequest::AlterableConfig>> changes;
    changes.reserve(indexes.size());
    bool repeatable = true;
    for (std::size_t at = 0; at < indexes.size(); ++at) {
      const config_changes& one = resources[indexes[at]];
      list[at].resource_type = static_cast<std::int8_t>(one.type);
      list[at].resource_name = one.name;
      list[at].configs = changes.emplace_back(list_of(one.changes));
      repeatable = repeatable && harmless_twice(one);
    }
    IncrementalAlterConfigsRequest message;
    message.resources = list;
    message.validate_only = how.validate_only;
    auto got = ask(cluster_, owner ? to_broker(*owner) : route{}, message,
                   {.timeout = how.timeout, .repeatable = repeatable || how.validate_only},
                   [](const IncrementalAlterConfigsResponse& answer, const std::string& broker) {
                     return nothing_done(answer.responses, broker, "IncrementalAlterConfigs");
                   });
    if (!got) return unexpected(got.error());
    const auto& parts = got->body->responses;
    for (const std::size_t i : indexes) {
      const config_changes& asked = resources[i];
      const auto* found = std::find_if(parts.begin(), parts.end(), [&](const auto& part) {
        return part.resource_type == static_cast<std::int8_t>(asked.type) && part.resource_name == asked.name;
      });
      out[i] = {asked.type, asked.name, outcome_of(found, parts.end(), asked_about(asked), got->broker)};
    }
  }
  return out;
}

}  // namespace v0
}  // namespace ottla
