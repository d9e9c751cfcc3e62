// InitProducerId: an id for an idempotent producer (KIP-98), or the next epoch of a transactional one (KIP-360).
#include "api/answers.hpp"
#include "api/permission.hpp"
#include "api/transaction_call.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

using protocol::InitProducerIdRequest;
using protocol::InitProducerIdResponse;
constexpr std::int16_t first_init_with_fenced = 4;

claim_result begin(call& c, std::string_view transactional_id, const InitProducerIdRequest& request,
                   std::optional<producer_claim> own) {
  const transaction_options& options = c.cluster.options.transactions;
  const std::chrono::milliseconds timeout(request.transaction_timeout_ms);
  if (transactional_id.empty()) return {error_code::invalid_request};
  if (timeout <= timeout.zero() || timeout > options.max_timeout) return {error_code::invalid_transaction_timeout};
  if (c.cluster.transaction_coordinator_of(transactional_id) != c.node_index) return {error_code::not_coordinator};
  transaction* in = c.cluster.transactions.find_or_make(transactional_id, c.node_index, c.cluster.new_producers);
  if (in == nullptr) return {error_code::coordinator_not_available};
  const claim_result result = in->init(timeout, own, options.version, c.cluster.new_producers, c.now);
  c.cluster.transactions.touched(*in, c.now);
  c.cluster.advance_transactions(c.now);
  return result;
}

}  // namespace

verdict answer(call& c, const InitProducerIdRequest& request, InitProducerIdResponse& response) {
  if (request.transactional_id && why_no_producer(c, *request.transactional_id) != error_code::none) {
    answer_error(c, request, response, error_code::transactional_id_authorization_failed);
    return verdict::answer;
  }
  // KIP-679: whoever may write somewhere may do so idempotently.
  if (!request.transactional_id && !may_cluster(c, acl_operation::idempotent_write) &&
      !may_somewhere(c, acl_operation::write, resource_kind::topic)) {
    answer_error(c, request, response, error_code::cluster_authorization_failed);
    return verdict::answer;
  }
  const bool names_id = request.producer_id != protocol::producer_id{-1};
  const bool names_epoch = request.producer_epoch != -1;
  if (names_id != names_epoch) {
    answer_error(c, request, response, error_code::invalid_request);
    return verdict::answer;
  }
  if (!request.transactional_id) {
    // Without a transactional id the broker knows nothing to bump: even a producer that names its id gets a new one
    // with epoch 0, as from Kafka. (A client raises its own epoch by itself.)
    response.producer_id = protocol::producer_id{c.cluster.new_producers.take()};
    response.producer_epoch = 0;
    return verdict::answer;
  }
  const auto own = names_id ? std::optional(claim_of(request.producer_id, request.producer_epoch)) : std::nullopt;
  const claim_result result = begin(c, *request.transactional_id, request, own);
  if (result.error != error_code::none) {
    answer_error(c, request, response, for_version(c, result.error, first_init_with_fenced));
    return verdict::answer;
  }
  response.producer_id = protocol::producer_id{result.now.id};
  response.producer_epoch = result.now.epoch;
  return verdict::answer;
}

void answer_error(call&, const InitProducerIdRequest&, InitProducerIdResponse& response, error_code error) {
  response.error_code = error;
  response.producer_id = protocol::producer_id{-1};
  response.producer_epoch = -1;
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
