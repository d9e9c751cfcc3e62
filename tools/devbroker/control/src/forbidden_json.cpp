// What a test forbids, as JSON and back.
#include "forbidden_json.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

using nlohmann::json;

constexpr std::array<std::pair<acl_operation, std::string_view>, 11> operations{{
    {acl_operation::all, "all"},
    {acl_operation::read, "read"},
    {acl_operation::write, "write"},
    {acl_operation::create, "create"},
    {acl_operation::remove, "delete"},
    {acl_operation::alter, "alter"},
    {acl_operation::describe, "describe"},
    {acl_operation::cluster_action, "cluster_action"},
    {acl_operation::describe_configs, "describe_configs"},
    {acl_operation::alter_configs, "alter_configs"},
    {acl_operation::idempotent_write, "idempotent_write"},
}};

constexpr std::array<std::pair<resource_kind, std::string_view>, 3> named{{
    {resource_kind::topic, "topic"},
    {resource_kind::group, "group"},
    {resource_kind::transactional_id, "transactionalId"},
}};

std::string all_operations() {
  std::string out;
  for (const auto& [operation, name] : operations) out += (out.empty() ? "" : ", ") + std::string(name);
  return out;
}

/// False if the member is none that names a resource, or no name.
bool read_resource(const std::string& member, const json& value, acl& out) {
  if (member == "cluster") {
    out.resource = resource_kind::cluster;
    out.name = cluster_resource_name;
    return value == json(true);
  }
  const auto kind = std::find_if(named.begin(), named.end(), [&](const auto& n) { return n.second == member; });
  if (kind == named.end() || !value.is_string()) return false;
  out.resource = kind->first;
  out.name = value.get<std::string>();
  return !out.name.empty();
}

}  // namespace

nlohmann::ordered_json to_json(const acl& forbidden) {
  nlohmann::ordered_json out;
  if (forbidden.resource == resource_kind::cluster) out["cluster"] = true;
  for (const auto& [kind, name] : named)
    if (kind == forbidden.resource) out[std::string(name)] = forbidden.name;
  for (const auto& [operation, name] : operations)
    if (operation == forbidden.operation) out["operation"] = name;
  if (forbidden.pattern == pattern_kind::prefixed) out["prefixed"] = true;
  out["principal"] = forbidden.principal;
  out["host"] = forbidden.host;
  return out;
}

std::string read_forbidden(const json& in, acl& out) {
  out = {.permission = acl_permission::deny};
  if (!in.is_object()) return R"(what is forbidden is an object such as {"topic": "orders", "operation": "write"})";
  int resources = 0;
  for (const auto& [member, value] : in.items()) {
    if (member == "operation") {
      const auto known = std::find_if(operations.begin(), operations.end(),
                                      [&, &said = value](const auto& o) { return said == json(o.second); });
      if (known == operations.end()) return R"("operation": )" + value.dump() + " is none of " + all_operations();
      out.operation = known->first;
    } else if (member == "principal" || member == "host") {
      if (!value.is_string()) return '"' + member + R"(" is a text)";
      (member == "host" ? out.host : out.principal) = value.get<std::string>();
    } else if (member == "prefixed") {
      if (!value.is_boolean()) return R"("prefixed" is true or false)";
      out.pattern = value.get<bool>() ? pattern_kind::prefixed : pattern_kind::literal;
    } else if (read_resource(member, value, out)) {
      ++resources;
    } else {
      return '"' + member +
             R"(": say a "topic", a "group" or a "transactionalId" by its name, or "cluster": true; and )"
             R"("operation", "principal", "host", "prefixed")";
    }
  }
  if (resources != 1) return R"(say one of "topic", "group", "transactionalId", "cluster")";
  return {};
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
