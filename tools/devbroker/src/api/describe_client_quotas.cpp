// DescribeClientQuotas: what was set of the entities that fit a filter (KIP-546).
#include <algorithm>
#include <map>

#include "api/answers.hpp"
#include "api/permission.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

using protocol::DescribeClientQuotasRequest;
using protocol::DescribeClientQuotasResponse;
using component = DescribeClientQuotasRequest::ComponentData;
enum match_type : std::int8_t { exact_name = 0, default_name = 1, any_name = 2 };

struct quota_objection {
  error_code error = error_code::none;
  std::string_view why = {};
};

quota_objection why_invalid(const DescribeClientQuotasRequest& request) {
  const auto invalid = [](std::string_view why) { return quota_objection{error_code::invalid_request, why}; };
  std::map<std::string_view, int> times;
  for (const component& asked : request.components) {
    const bool is_known =
        asked.entity_type == user_entity || asked.entity_type == client_entity || asked.entity_type == ip_entity;
    if (asked.entity_type.empty()) return invalid("A type of entity is empty.");
    if (!is_known) return {error_code::unsupported_version, "There are no quotas of such a type of entity."};
    if (++times[asked.entity_type] > 1) return invalid("A type of entity is asked for twice.");
    if (asked.match_type < exact_name || asked.match_type > any_name) return invalid("There is no such way to match.");
    if (asked.match.has_value() != (asked.match_type == exact_name))
      return invalid("A name is what exact matches need, and no others have.");
  }
  if (times.contains(ip_entity) && times.size() > 1) return invalid("An address has no quotas with anybody else.");
  return {};
}

bool fits(const component& asked, const quota_entity& entity) {
  const auto part = entity.find(asked.entity_type);
  if (part == entity.end()) return false;
  if (asked.match_type == any_name) return true;
  return asked.match_type == exact_name ? part->second == asked.match : !part->second.has_value();
}

bool fits(const DescribeClientQuotasRequest& request, const quota_entity& entity) {
  if (request.strict && entity.size() != request.components.size()) return false;
  return std::all_of(request.components.begin(), request.components.end(),
                     [&](const component& asked) { return fits(asked, entity); });
}

}  // namespace

verdict answer(call& c, const DescribeClientQuotasRequest& request, DescribeClientQuotasResponse& response) {
  quota_objection why =
      may_cluster(c, acl_operation::describe_configs)
          ? why_invalid(request)
          : quota_objection{error_code::cluster_authorization_failed, "This client may not see quotas."};
  if (why.error != error_code::none) {
    answer_error(c, request, response, why.error);
    response.error_message = why.why;
    return verdict::answer;
  }
  const auto& all = c.cluster.quotas.all();
  auto entries = c.make<DescribeClientQuotasResponse::EntryData>(all.size());
  std::size_t count = 0;
  for (const auto& [entity, values] : all) {
    if (!fits(request, entity)) continue;
    auto& told = entries[count++];
    told.entity = c.make<DescribeClientQuotasResponse::EntityData>(entity.size());
    auto part = told.entity.begin();
    for (const auto& [type, name] : entity) {
      part->entity_type = type;
      part->entity_name = name ? std::optional<std::string_view>(*name) : std::nullopt;
      ++part;
    }
    told.values = c.make<DescribeClientQuotasResponse::ValueData>(values.size());
    auto at = told.values.begin();
    for (const auto& [key, value] : values) *at++ = {key, value, {}};
  }
  response.entries = protocol::array<DescribeClientQuotasResponse::EntryData>(entries.data(), count);
  response.error_message = std::nullopt;
  return verdict::answer;
}

void answer_error(call&, const DescribeClientQuotasRequest&, DescribeClientQuotasResponse& response, error_code error) {
  response.error_code = error;
  response.error_message = std::nullopt;
  response.entries = std::nullopt;
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
