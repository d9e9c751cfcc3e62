// DeleteAcls: the access control entries that fit one of the filters go, and are told (KIP-140).
#include <algorithm>
#include <iterator>

#include "api/acl_wire.hpp"
#include "api/answers.hpp"
#include "api/group_call.hpp"
#include "api/permission.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

using protocol::DeleteAclsRequest;
using protocol::DeleteAclsResponse;
using filter_answer = DeleteAclsResponse::DeleteAclsFilterResult;

std::size_t size_of(const std::vector<acl>& entries) {
  std::size_t sum = 0;
  for (const acl& entry : entries) sum += sizeof(entry) + entry.name.size() + entry.principal.size();
  return sum;
}

void tell(call& c, const std::vector<acl>& gone, filter_answer& told) {
  told.matching_acls = c.make<DeleteAclsResponse::DeleteAclsMatchingAcl>(gone.size());
  for (std::size_t i = 0; i < gone.size(); ++i) {
    auto& of_one = told.matching_acls[i];
    of_one.resource_type = static_cast<std::int8_t>(gone[i].resource);
    of_one.resource_name = c.copy(gone[i].name);
    of_one.pattern_type = static_cast<std::int8_t>(gone[i].pattern);
    describe(c, gone[i], of_one);
  }
}

}  // namespace

verdict answer(call& c, const DeleteAclsRequest& request, DeleteAclsResponse& response) {
  if (std::any_of(request.filters.begin(), request.filters.end(), [](const auto& f) { return says_unknown(f); })) {
    c.close_reason = unreadable;
    return verdict::close;
  }
  const bool may = may_cluster(c, acl_operation::alter);
  if (!may || !c.cluster.rights.is_on()) {
    answer_error(c, request, response, may ? error_code::security_disabled : error_code::cluster_authorization_failed);
    for (auto& told : response.filter_results) told.error_message = may ? no_authorizer : not_for_this_client;
    return verdict::answer;
  }
  response.filter_results = c.make<filter_answer>(request.filters.size());
  answer_budget budget;
  // Each filter is asked about what was there before: an entry that fits two is told of twice.
  std::vector<acl> gone;
  for (std::size_t i = 0; i < request.filters.size(); ++i) {
    auto& told = response.filter_results[i];
    const acl_filter filter = filter_of(request.filters[i]);
    if (has_unknown(filter)) {
      told.error_code = error_code::invalid_request;
      told.error_message = "The filter has a number that means nothing.";
      continue;
    }
    std::vector<acl> fitting = c.cluster.rights.fitting(filter);
    if (!budget.take(size_of(fitting))) {
      told.error_code = error_code::unknown_server_error;
      continue;
    }
    tell(c, fitting, told);
    gone.insert(gone.end(), std::make_move_iterator(fitting.begin()), std::make_move_iterator(fitting.end()));
  }
  for (const acl& entry : gone) c.cluster.rights.remove(entry);
  return verdict::answer;
}

void answer_error(call& c, const DeleteAclsRequest& request, DeleteAclsResponse& response, error_code error) {
  response.filter_results = c.make<filter_answer>(request.filters.size());
  for (auto& told : response.filter_results) {
    told.error_code = error;
    told.error_message = std::nullopt;
  }
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
