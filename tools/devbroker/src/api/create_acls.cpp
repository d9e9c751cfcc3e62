// CreateAcls: new access control entries, each with an answer of its own (KIP-140).
#include <algorithm>

#include "api/acl_wire.hpp"
#include "api/answers.hpp"
#include "api/permission.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

using protocol::CreateAclsRequest;
using protocol::CreateAclsResponse;

acl entry_of(const CreateAclsRequest::AclCreation& asked) {
  return {resource_kind_of(asked.resource_type),
          std::string(asked.resource_name),
          acl_operation_of(asked.operation),
          acl_permission_of(asked.permission_type),
          std::string(asked.principal),
          pattern_kind_of(asked.resource_pattern_type),
          std::string(asked.host)};
}

bool names_unknown(const CreateAclsRequest::AclCreation& asked) {
  return asked.resource_type == 0 || asked.resource_pattern_type == 0 || asked.operation == 0 ||
         asked.permission_type == 0;
}

/// Words for questions: Kafka stumbles over them.
bool says_any(const acl& entry) {
  return entry.resource == resource_kind::any || entry.pattern == pattern_kind::any ||
         entry.pattern == pattern_kind::match || entry.operation == acl_operation::any ||
         entry.permission == acl_permission::any;
}

void refuse(call& c, CreateAclsResponse::AclCreationResult& told, error_code error, std::string_view why) {
  told.error_code = error;
  told.error_message = c.copy(why);
}

void make(call& c, const acl& entry, CreateAclsResponse::AclCreationResult& told) {
  if (!c.cluster.rights.is_on()) return refuse(c, told, error_code::security_disabled, no_authorizer);
  if (const std::string why = why_invalid(entry); !why.empty())
    return refuse(c, told, says_any(entry) ? error_code::unknown_server_error : error_code::invalid_request, why);
  if (!c.cluster.rights.add(entry))
    refuse(c, told, error_code::policy_violation, "The memory for access control entries is used up.");
}

}  // namespace

verdict answer(call& c, const CreateAclsRequest& request, CreateAclsResponse& response) {
  if (std::any_of(request.creations.begin(), request.creations.end(), names_unknown)) {
    c.close_reason = unreadable;
    return verdict::close;
  }
  if (!may_cluster(c, acl_operation::alter)) {
    answer_error(c, request, response, error_code::cluster_authorization_failed);
    for (auto& told : response.results) told.error_message = not_for_this_client;
    return verdict::answer;
  }
  response.results = c.make<CreateAclsResponse::AclCreationResult>(request.creations.size());
  for (std::size_t i = 0; i < request.creations.size(); ++i)
    make(c, entry_of(request.creations[i]), response.results[i]);
  return verdict::answer;
}

void answer_error(call& c, const CreateAclsRequest& request, CreateAclsResponse& response, error_code error) {
  response.results = c.make<CreateAclsResponse::AclCreationResult>(request.creations.size());
  for (auto& told : response.results) {
    told.error_code = error;
    told.error_message = std::nullopt;
  }
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
