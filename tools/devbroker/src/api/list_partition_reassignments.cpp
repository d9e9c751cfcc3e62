// ListPartitionReassignments (KIP-455): nothing is ever under way here, and Kafka's tools ask before they describe a
// topic.
#include "api/answers.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

verdict answer(call&, const protocol::ListPartitionReassignmentsRequest&,
               protocol::ListPartitionReassignmentsResponse& response) {
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
