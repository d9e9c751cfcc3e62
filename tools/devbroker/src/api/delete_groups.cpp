// DeleteGroups: groups without members, and what they have committed (KIP-229).
#include <set>

#include "api/answers.hpp"
#include "api/group_call.hpp"
#include "api/permission.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

namespace {

using protocol::DeleteGroupsRequest;
using protocol::DeleteGroupsResponse;

error_code remove(call& c, std::string_view id) {
  if (!may_group(c, acl_operation::remove, id)) return error_code::group_authorization_failed;
  if (const error_code wrong = wrong_coordinator(c, id); wrong != error_code::none) return wrong;
  const group* known = c.cluster.groups.find(id);
  if (known == nullptr) return error_code::group_id_not_found;
  if (known->has_members()) return error_code::non_empty_group;
  c.cluster.groups.remove(id);
  return error_code::none;
}

template <class F>
void tell(call& c, const DeleteGroupsRequest& request, DeleteGroupsResponse& response, F&& decide) {
  response.results = c.make<DeleteGroupsResponse::DeletableGroupResult>(request.groups_names.size());
  std::set<std::string_view> seen;
  for (const std::string_view id : request.groups_names) {
    if (!seen.insert(id).second) continue;
    auto& told = response.results[seen.size() - 1];
    told.group_id = id;
    told.error_code = decide(id);
  }
  response.results = {response.results.data(), seen.size()};
}

}  // namespace

verdict answer(call& c, const DeleteGroupsRequest& request, DeleteGroupsResponse& response) {
  tell(c, request, response, [&](std::string_view id) { return remove(c, id); });
  return verdict::answer;
}

void answer_error(call& c, const DeleteGroupsRequest& request, DeleteGroupsResponse& response, error_code error) {
  tell(c, request, response, [&](std::string_view) { return error; });
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
