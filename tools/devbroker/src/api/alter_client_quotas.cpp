// AlterClientQuotas: limits for users and clients, each entity with an answer of its own (KIP-546).
#include <set>

#include "api/answers.hpp"
#include "api/permission.hpp"
#include "quotas/quota_names.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

using protocol::AlterClientQuotasRequest;
using protocol::AlterClientQuotasResponse;
using entry_answer = AlterClientQuotasResponse::EntryData;

void refuse(call& c, entry_answer& told, error_code error, std::string_view why) {
  told.error_code = error;
  told.error_message = c.copy(why);
}

/// What is set of the entity after the changes, in `values`; or why they cannot be made.
std::string apply(const AlterClientQuotasRequest::EntryData& asked, const quota_entity& entity, quota_values& values) {
  std::set<std::string_view> seen;
  for (const auto& change : asked.ops) {
    if (!seen.insert(change.key).second) return "A quota of the entity is named twice.";
    if (change.remove) {
      if (const auto known = values.find(change.key); known != values.end()) values.erase(known);
      continue;
    }
    if (std::string why = why_no_quota(entity, change.key); !why.empty()) return why;
    if (std::string why = why_no_value(change.key, change.value); !why.empty()) return why;
    values.insert_or_assign(std::string(change.key), change.value);
  }
  return {};
}

/// Of a type that is named twice the last counts.
quota_entity entity_of(const AlterClientQuotasRequest::EntryData& asked) {
  quota_entity out;
  for (const auto& part : asked.entity)
    out.insert_or_assign(std::string(part.entity_type),
                         part.entity_name ? std::optional(std::string(*part.entity_name)) : std::nullopt);
  return out;
}

void alter(call& c, const AlterClientQuotasRequest::EntryData& asked, bool validate_only, entry_answer& told) {
  const quota_entity entity = entity_of(asked);
  if (const std::string why = why_no_entity(entity); !why.empty())
    return refuse(c, told, error_code::invalid_request, why);
  quota_values values;
  const auto& all = c.cluster.quotas.all();
  if (const auto known = all.find(entity); known != all.end()) values = known->second;
  if (const std::string why = apply(asked, entity, values); !why.empty())
    return refuse(c, told, error_code::invalid_request, why);
  if (!validate_only && !c.cluster.quotas.set(entity, std::move(values)))
    refuse(c, told, error_code::policy_violation, "The memory for quotas is used up.");
}

/// One answer per entry, each with its entity; `decide` says the rest.
template <class F>
void tell(call& c, const AlterClientQuotasRequest& request, AlterClientQuotasResponse& response, F&& decide) {
  response.entries = c.make<entry_answer>(request.entries.size());
  for (std::size_t i = 0; i < request.entries.size(); ++i) {
    auto& told = response.entries[i];
    told.error_message = std::nullopt;
    const quota_entity entity = entity_of(request.entries[i]);
    told.entity = c.make<AlterClientQuotasResponse::EntityData>(entity.size());
    auto part = told.entity.begin();
    for (const auto& [type, name] : entity) {
      part->entity_type = c.copy(type);
      part->entity_name = name ? std::optional(c.copy(*name)) : std::nullopt;
      ++part;
    }
    decide(request.entries[i], told);
  }
}

}  // namespace

verdict answer(call& c, const AlterClientQuotasRequest& request, AlterClientQuotasResponse& response) {
  if (!may_cluster(c, acl_operation::alter_configs)) {
    answer_error(c, request, response, error_code::cluster_authorization_failed);
    return verdict::answer;
  }
  tell(c, request, response,
       [&](const auto& asked, entry_answer& told) { alter(c, asked, request.validate_only, told); });
  return verdict::answer;
}

void answer_error(call& c, const AlterClientQuotasRequest& request, AlterClientQuotasResponse& response,
                  error_code error) {
  tell(c, request, response, [&](const auto&, entry_answer& told) { told.error_code = error; });
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
