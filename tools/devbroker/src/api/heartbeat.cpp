// Heartbeat: a member is alive, and hears whether its group is rebalancing.
#include "api/answers.hpp"
#include "api/group_call.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

verdict answer(call& c, const protocol::HeartbeatRequest& request, protocol::HeartbeatResponse& response) {
  response.error_code = why_no_member(c, request.group_id);
  if (response.error_code != error_code::none) return verdict::answer;
  group* in = c.cluster.groups.find(request.group_id);
  if (in == nullptr) {
    response.error_code = error_code::unknown_member_id;
    return verdict::answer;
  }
  response.error_code =
      in->heartbeat({request.member_id, request.group_instance_id, request.generation_id}, c.now.mono);
  c.cluster.groups.touched(*in);
  return verdict::answer;
}

void answer_error(call&, const protocol::HeartbeatRequest&, protocol::HeartbeatResponse& response, error_code error) {
  response.error_code = error;
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
