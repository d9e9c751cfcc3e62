// SyncGroup: the leader brings the assignments, everybody waits for his own.
#include "api/answers.hpp"
#include "api/group_call.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

namespace {

using protocol::SyncGroupRequest;
using protocol::SyncGroupResponse;
constexpr std::int16_t first_version_with_protocol = 5;

void tell_sync(call&, const sync_result& result, SyncGroupResponse& response) {
  response.error_code = result.error;
  if (result.error != error_code::none) return;
  response.protocol_type = result.protocol_type;
  response.protocol_name = result.protocol;
  response.assignment = result.assignment;
}

error_code why_refused(const call& c, const SyncGroupRequest& request) {
  if (const error_code wrong = why_no_member(c, request.group_id); wrong != error_code::none) return wrong;
  // Null is how a reader sees that an older version has no such field (KIP-559).
  if (c.version >= first_version_with_protocol && (!request.protocol_type || !request.protocol_name))
    return error_code::inconsistent_group_protocol;
  std::size_t cost = 0;
  for (const auto& a : request.assignments) cost += 2 * a.assignment.size();
  if (!c.cluster.groups.has_room(cost)) {
    c.cluster.log("the memory bound for groups is reached: an assignment is refused");
    return error_code::unknown_server_error;
  }
  return error_code::none;
}

}  // namespace

verdict answer(call& c, const SyncGroupRequest& request, SyncGroupResponse& response) {
  error_code refused = why_refused(c, request);
  group* in = refused == error_code::none ? c.cluster.groups.find(request.group_id) : nullptr;
  if (in == nullptr) {
    response.error_code = refused == error_code::none ? error_code::unknown_member_id : refused;
    return verdict::answer;
  }
  sync_request asked{.who = {request.member_id, request.group_instance_id, request.generation_id},
                     .protocol_type = request.protocol_type,
                     .protocol = request.protocol_name,
                     .assignments = {}};
  for (const auto& a : request.assignments)
    asked.assignments[std::string(a.member_id)].assign(a.assignment.begin(), a.assignment.end());
  auto slot = in->sync(std::move(asked), c.now.mono);
  c.cluster.touched(*in);
  return answer_or_park<tell_sync>(c, std::move(slot), response);
}

void answer_error(call&, const SyncGroupRequest&, SyncGroupResponse& response, error_code error) {
  response.error_code = error;
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
