// JoinGroup: read for the group, answered when the group has made its generation.
#include <algorithm>

#include "api/answers.hpp"
#include "api/group_call.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

namespace {

using protocol::JoinGroupRequest;
using protocol::JoinGroupResponse;
constexpr std::int16_t first_version_with_rebalance_timeout = 1;
constexpr std::int16_t first_version_with_required_id = 4;  // KIP-394
constexpr std::int16_t first_version_with_null_protocol = 7;
constexpr std::int16_t first_version_with_skip = 9;  // KIP-814

void tell_join(call& c, const join_result& result, JoinGroupResponse& response) {
  response.error_code = result.error;
  response.generation_id = result.generation;
  response.member_id = result.member_id;
  response.leader = result.leader;
  response.skip_assignment = result.skip_assignment;
  if (result.error == error_code::none) {
    response.protocol_type = result.protocol_type;
    response.protocol_name = result.protocol;
  } else if (c.version >= first_version_with_null_protocol) {
    response.protocol_name = std::nullopt;
  }
  response.members = c.make<JoinGroupResponse::JoinGroupResponseMember>(result.members.size());
  for (std::size_t i = 0; i < result.members.size(); ++i) {
    const member_brief& member = result.members[i];
    response.members[i].member_id = member.id;
    if (member.instance_id) response.members[i].group_instance_id = *member.instance_id;
    response.members[i].metadata = member.metadata;
  }
}

std::size_t cost(const JoinGroupRequest& request) {
  std::size_t sum = sizeof(group) + 2 * sizeof(group_member) + request.group_id.size();
  // Twice: what the group is stored with, and what it is changing into.
  for (const auto& p : request.protocols) sum += 2 * (sizeof(protocol_offer) + p.name.size() + p.metadata.size());
  return sum;
}

join_request for_the_group(const call& c, const JoinGroupRequest& request) {
  join_request out;
  out.client_id = c.client_id;
  out.member_id = request.member_id;
  if (request.group_instance_id) out.instance_id = std::string(*request.group_instance_id);
  out.session_timeout = std::chrono::milliseconds(request.session_timeout_ms);
  const bool told = c.version >= first_version_with_rebalance_timeout;
  out.rebalance_timeout =
      std::chrono::milliseconds(std::max(told ? request.rebalance_timeout_ms : request.session_timeout_ms, 0));
  out.protocol_type = request.protocol_type;
  for (const auto& p : request.protocols)
    out.offers.push_back({std::string(p.name), {p.metadata.begin(), p.metadata.end()}});
  out.needs_known_id = c.version >= first_version_with_required_id;
  out.knows_skip = c.version >= first_version_with_skip;
  return out;
}

/// Why the group is not even asked.
error_code why_refused(const call& c, const JoinGroupRequest& request) {
  if (const error_code wrong = why_no_member(c, request.group_id); wrong != error_code::none) return wrong;
  const auto& bounds = c.cluster.options.groups;
  const std::chrono::milliseconds session(request.session_timeout_ms);
  if (session < bounds.min_session_timeout || session > bounds.max_session_timeout)
    return error_code::invalid_session_timeout;
  // Kafka says the same of a group that has become too large to be stored.
  if (!c.cluster.groups.has_room(cost(request))) {
    c.cluster.log("the memory bound for groups is reached: a join is refused");
    return error_code::unknown_server_error;
  }
  return error_code::none;
}

}  // namespace

verdict answer(call& c, const JoinGroupRequest& request, JoinGroupResponse& response) {
  error_code refused = why_refused(c, request);
  group* to = nullptr;
  if (refused == error_code::none) {
    to = request.member_id.empty() ? c.cluster.groups.find_or_make(request.group_id, c.node_index)
                                   : c.cluster.groups.find(request.group_id);
    if (to == nullptr)
      refused = request.member_id.empty() ? error_code::coordinator_not_available : error_code::unknown_member_id;
  }
  if (refused != error_code::none) {
    answer_error(c, request, response, refused);
    return verdict::answer;
  }
  auto slot = to->join(for_the_group(c, request), c.now.mono);
  c.cluster.touched(*to);
  return answer_or_park<tell_join>(c, std::move(slot), response);
}

void answer_error(call& c, const JoinGroupRequest& request, JoinGroupResponse& response, error_code error) {
  response.error_code = error;
  response.member_id = request.member_id;
  if (c.version >= first_version_with_null_protocol) response.protocol_name = std::nullopt;
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
