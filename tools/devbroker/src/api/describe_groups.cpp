// DescribeGroups: state, members, what they were assigned.
#include "api/answers.hpp"
#include "api/group_call.hpp"
#include "api/permission.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

namespace {

using protocol::DescribeGroupsRequest;
using protocol::DescribeGroupsResponse;
using described_group = DescribeGroupsResponse::DescribedGroup;
constexpr std::int16_t first_describe_with_missing_group = 6;

void tell_members(call& c, const group& of, described_group& told) {
  // What they have chosen is known between rebalances only; what they have, until there is something else.
  const bool stable = of.state() == group_state::stable;
  if (stable) told.protocol_data = of.protocol();
  told.members = c.make<DescribeGroupsResponse::DescribedGroupMember>(of.members().size());
  auto at = told.members.begin();
  for (const auto& [id, member] : of.members()) {
    at->member_id = member.id;
    if (member.instance_id) at->group_instance_id = *member.instance_id;
    at->client_id = member.client_id;
    if (stable) at->member_metadata = member.metadata_for(of.protocol());
    at->member_assignment = member.assignment;
    ++at;
  }
}

void tell(call& c, answer_budget& budget, std::string_view id, bool with_operations, described_group& told) {
  told.group_id = id;
  told.error_code =
      may_group(c, acl_operation::describe, id) ? wrong_coordinator(c, id) : error_code::group_authorization_failed;
  if (told.error_code != error_code::none) return;
  if (with_operations) told.authorized_operations = allowed_operations(c, resource_kind::group, id);
  const group* known = c.cluster.groups.find(id);
  if (known == nullptr || known->consumer() != nullptr) {
    told.group_state = "Dead";
    if (c.version < first_describe_with_missing_group) return;
    told.error_code = error_code::group_id_not_found;
    told.error_message =
        known == nullptr ? "There is no such group." : "It is no classic group: ConsumerGroupDescribe tells of it.";
    return;
  }
  if (!budget.take(known->size_bytes())) {
    told.error_code = error_code::unknown_server_error;
    return;
  }
  told.group_state = name(known->state());
  told.protocol_type = known->protocol_type();
  tell_members(c, *known, told);
}

}  // namespace

verdict answer(call& c, const DescribeGroupsRequest& request, DescribeGroupsResponse& response) {
  response.groups = c.make<described_group>(request.groups.size());
  answer_budget budget;
  for (std::size_t i = 0; i < request.groups.size(); ++i)
    tell(c, budget, request.groups[i], request.include_authorized_operations, response.groups[i]);
  return verdict::answer;
}

void answer_error(call& c, const DescribeGroupsRequest& request, DescribeGroupsResponse& response, error_code error) {
  response.groups = c.make<described_group>(request.groups.size());
  for (std::size_t i = 0; i < request.groups.size(); ++i) {
    response.groups[i].group_id = request.groups[i];
    response.groups[i].error_code = error;
  }
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
