// InitProducerId: an id for an idempotent producer (KIP-98).
#include "api/answers.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

verdict answer(call& c, const protocol::InitProducerIdRequest& request, protocol::InitProducerIdResponse& response) {
  const bool names_id = request.producer_id != protocol::producer_id{-1};
  const bool names_epoch = request.producer_epoch != -1;
  if (request.transactional_id || names_id != names_epoch) {
    // There is no transaction coordinator here, and none is advertised (FindCoordinator is not served).
    if (request.transactional_id) c.cluster.log("InitProducerId with a transactional id: transactions are not served");
    answer_error(c, request, response, error_code::invalid_request);
    return verdict::answer;
  }
  // Without a transactional id the broker knows nothing to bump: even a producer that names its id gets a new one with
  // epoch 0, as from Kafka. (A client raises its own epoch by itself.)
  response.producer_id = protocol::producer_id{c.cluster.fresh_producer_id()};
  response.producer_epoch = 0;
  return verdict::answer;
}

void answer_error(call&, const protocol::InitProducerIdRequest&, protocol::InitProducerIdResponse& response,
                  error_code error) {
  response.error_code = error;
  response.producer_id = protocol::producer_id{-1};
  response.producer_epoch = -1;
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
