// EndTxn: a transaction is committed or aborted; from version 5 on its producer gets a new epoch for the next one
// (KIP-890).
#include "api/answers.hpp"
#include "api/transaction_call.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

verdict answer(call& c, const protocol::EndTxnRequest& request, protocol::EndTxnResponse& response) {
  constexpr std::int16_t first_version_with_fenced = 2;
  constexpr std::int16_t first_version_that_bumps = 5;
  response.error_code = why_no_producer(c, request.transactional_id);
  if (response.error_code != error_code::none) return verdict::answer;
  const found_transaction found = find_transaction(c, request.transactional_id);
  if (found.error != error_code::none) {
    response.error_code = found.error;
    return verdict::answer;
  }
  const bool bumps_epochs = c.version >= first_version_that_bumps;
  const claim_result result = found.in->end(claim_of(request.producer_id, request.producer_epoch), request.committed,
                                            bumps_epochs, c.cluster.new_producers, c.now);
  response.error_code = for_version(c, result.error, first_version_with_fenced);
  if (result.error != error_code::none) return verdict::answer;
  response.producer_id = protocol::producer_id{result.now.id};
  response.producer_epoch = result.now.epoch;
  if (found.in->is_completing()) {
    c.cluster.transactions.touched(*found.in, c.now);
    c.cluster.advance_transactions(c.now);
  }
  return verdict::answer;
}

void answer_error(call&, const protocol::EndTxnRequest&, protocol::EndTxnResponse& response, error_code error) {
  response.error_code = error;
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
