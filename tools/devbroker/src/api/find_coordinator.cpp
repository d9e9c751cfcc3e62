// FindCoordinator: the node that coordinates a group or a transactional id, for one or for many (KIP-699).
#include "api/answers.hpp"
#include "api/permission.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

namespace {

using protocol::FindCoordinatorRequest;
using protocol::FindCoordinatorResponse;
constexpr std::int16_t first_find_with_many = 4;
enum key_type : std::int8_t { group_key = 0, transaction_key = 1, share_key = 2 };

/// Version 0 to 3 and the entries of later ones have the same fields in two places.
template <class Answer>
void tell_nowhere(Answer& told, error_code error, std::string_view why) {
  told.error_code = error;
  told.error_message = why;
  told.node_id = protocol::broker_id{no_node};
  told.host = "";
  told.port = -1;
}

template <class Answer>
void tell(const call& c, std::int8_t type, std::string_view key, Answer& told) {
  if (type == group_key && !may_group(c, acl_operation::describe, key))
    return tell_nowhere(told, error_code::group_authorization_failed, "This group is not for this client.");
  if (type == transaction_key && !may_transaction(c, acl_operation::describe, key))
    return tell_nowhere(told, error_code::transactional_id_authorization_failed,
                        "This transactional id is not for this client.");
  if (type == share_key)
    return tell_nowhere(told, error_code::coordinator_not_available, "This broker coordinates no share groups.");
  if (type != group_key && type != transaction_key)
    return tell_nowhere(told, error_code::invalid_request, "There is no such type of key.");
  const auto node = type == group_key ? c.cluster.coordinator_of(key) : c.cluster.transaction_coordinator_of(key);
  if (!node) return tell_nowhere(told, error_code::coordinator_not_available, "No node is running.");
  const node_options& about = c.cluster.nodes[*node].about;
  told.error_code = error_code::none;
  told.node_id = protocol::broker_id{about.id};
  told.host = about.host;
  told.port = about.port;
}

}  // namespace

verdict answer(call& c, const FindCoordinatorRequest& request, FindCoordinatorResponse& response) {
  if (c.version < first_find_with_many) {
    tell(c, request.key_type, request.key, response);
    return verdict::answer;
  }
  response.coordinators = c.make<FindCoordinatorResponse::Coordinator>(request.coordinator_keys.size());
  for (std::size_t i = 0; i < request.coordinator_keys.size(); ++i) {
    response.coordinators[i].key = request.coordinator_keys[i];
    tell(c, request.key_type, request.coordinator_keys[i], response.coordinators[i]);
  }
  return verdict::answer;
}

void answer_error(call& c, const FindCoordinatorRequest& request, FindCoordinatorResponse& response, error_code error) {
  tell_nowhere(response, error, "");
  response.coordinators = c.make<FindCoordinatorResponse::Coordinator>(request.coordinator_keys.size());
  for (std::size_t i = 0; i < request.coordinator_keys.size(); ++i) {
    response.coordinators[i].key = request.coordinator_keys[i];
    tell_nowhere(response.coordinators[i], error, "");
  }
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
