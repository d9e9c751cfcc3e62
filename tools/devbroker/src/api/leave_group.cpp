// LeaveGroup: one member, or from version 3 many, each with an answer of its own.
#include "api/answers.hpp"
#include "api/group_call.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

namespace {

using protocol::LeaveGroupRequest;
using protocol::LeaveGroupResponse;
constexpr std::int16_t first_leave_with_many = 3;

error_code leave(group* from, std::string_view member_id, std::optional<std::string_view> instance_id) {
  return from == nullptr ? error_code::unknown_member_id : from->leave(member_id, instance_id);
}

}  // namespace

verdict answer(call& c, const LeaveGroupRequest& request, LeaveGroupResponse& response) {
  response.error_code = why_no_member(c, request.group_id);
  if (response.error_code != error_code::none) return verdict::answer;
  group* from = c.cluster.groups.find(request.group_id);
  if (c.version < first_leave_with_many) response.error_code = leave(from, request.member_id, std::nullopt);
  response.members = c.make<LeaveGroupResponse::MemberResponse>(request.members.size());
  for (std::size_t i = 0; i < request.members.size(); ++i) {
    const auto& asked = request.members[i];
    response.members[i].member_id = asked.member_id;
    response.members[i].group_instance_id = asked.group_instance_id;
    response.members[i].error_code = leave(from, asked.member_id, asked.group_instance_id);
  }
  if (from == nullptr) return verdict::answer;
  from->finish_leaving(c.now.mono);
  c.cluster.touched(*from);
  return verdict::answer;
}

void answer_error(call& c, const LeaveGroupRequest& request, LeaveGroupResponse& response, error_code error) {
  response.error_code = error;
  response.members = c.make<LeaveGroupResponse::MemberResponse>(request.members.size());
  for (std::size_t i = 0; i < request.members.size(); ++i) {
    response.members[i].member_id = request.members[i].member_id;
    response.members[i].group_instance_id = request.members[i].group_instance_id;
    response.members[i].error_code = error;
  }
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
