// Settings as the cluster reports them: topics' from any broker, a broker's from itself.
#include <algorithm>
#include <map>

#include "ask.hpp"
#include "config_owner.hpp"
#include "ottla/admin.hpp"
#include "ottla/protocol/describe_configs.hpp"

namespace ottla {
inline namespace v0 {
namespace {

using protocol::DescribeConfigsRequest;
using protocol::DescribeConfigsResponse;
using protocol::error_code;

std::string asked_about(const config_resource& resource) {
  return std::string("describe configs of ") + (resource.type == config_resource_type::topic ? "topic " : "broker ") +
         resource.name;
}

config_entry entry_of(const DescribeConfigsResponse::DescribeConfigsResourceResult& from) {
  config_entry out;
  out.name = std::string(from.name);
  if (from.value) out.value = std::string(*from.value);
  out.source = from.config_source >= 0 && from.config_source <= 5 ? static_cast<config_source>(from.config_source)
                                                                  : config_source::unknown;
  out.read_only = from.read_only;
  out.sensitive = from.is_sensitive;
  return out;
}

config_description description_of(const config_resource& asked, const DescribeConfigsResponse& answer,
                                  const std::string& broker) {
  config_description out;
  out.resource = asked;
  const auto* found = std::find_if(answer.results.begin(), answer.results.end(), [&](const auto& one) {
    return one.resource_type == static_cast<std::int8_t>(asked.type) && one.resource_name == asked.name;
  });
  if (found == answer.results.end()) {
    out.failure = refused(error_code::resource_not_found, asked_about(asked), broker);
  } else if (found->error_code != error_code::none) {
    out.failure = refused(found->error_code, asked_about(asked), broker, found->error_message);
  } else {
    for (const auto& one : found->configs) out.entries.push_back(entry_of(one));
    std::sort(out.entries.begin(), out.entries.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  }
  return out;
}

}  // namespace

std::string_view name(config_source source) {
  switch (source) {
    case config_source::topic:
      return "TOPIC";
    case config_source::dynamic_broker:
      return "DYNAMIC_BROKER";
    case config_source::dynamic_default:
      return "DYNAMIC_DEFAULT_BROKER";
    case config_source::static_broker:
      return "STATIC_BROKER";
    case config_source::built_in:
      return "DEFAULT";
    case config_source::unknown:
      break;
  }
  return "UNKNOWN";
}

result<std::vector<config_description>> admin::describe_configs(std::span<const config_resource> resources,
                                                                std::chrono::milliseconds timeout) {
  std::map<std::optional<std::int32_t>, std::vector<std::size_t>> by_owner;
  for (std::size_t i = 0; i < resources.size(); ++i)
    by_owner[owner_of(resources[i].type, resources[i].name)].push_back(i);
  std::vector<config_description> out(resources.size());
  for (const auto& [owner, indexes] : by_owner) {
    std::vector<DescribeConfigsRequest::DescribeConfigsResource> list;
    std::vector<std::vector<std::string_view>> keys;
    keys.reserve(indexes.size());
    for (const std::size_t i : indexes) {
      auto& added = list.emplace_back();
      added.resource_type = static_cast<std::int8_t>(resources[i].type);
      added.resource_name = resources[i].name;
      auto& names = keys.emplace_back(resources[i].keys.begin(), resources[i].keys.end());
      added.configuration_keys = names.empty() ? std::nullopt : std::optional(protocol::array<std::string_view>(names));
    }
    DescribeConfigsRequest message;
    message.resources = list;
    auto got = ask(cluster_, owner ? to_broker(*owner) : route{}, message, {.timeout = timeout, .repeatable = true});
    if (!got) return unexpected(got.error());
    for (const std::size_t i : indexes) out[i] = description_of(resources[i], *got->body, got->broker);
  }
  return out;
}

}  // namespace v0
}  // namespace ottla
