// ListPartitionReassignments (KIP-455): nothing is ever under way here, and Kafka's tools ask before they describe a
// topic.
#include "api/answers.hpp"
#include "api/permission.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

verdict answer(call& c, const protocol::ListPartitionReassignmentsRequest& request,
               protocol::ListPartitionReassignmentsResponse& response) {
  if (!may_cluster(c, acl_operation::describe)) {
    answer_error(c, request, response, error_code::cluster_authorization_failed);
    return verdict::answer;
  }
  response.error_message = std::nullopt;
  return verdict::answer;
}

void answer_error(call&, const protocol::ListPartitionReassignmentsRequest&,
                  protocol::ListPartitionReassignmentsResponse& response, error_code error) {
  response.error_code = error;
  response.error_message = std::nullopt;
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
