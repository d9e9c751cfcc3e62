// transaction_errors: what each error code of a coordinator means for a transaction. The one place where that is
// decided.
#pragma once

#include <cstdint>

#include "ottla/error.hpp"

namespace ottla {
inline namespace v0 {

/// What was asked.
enum class transaction_step : std::uint8_t { init, add_partitions, add_offsets, commit_offsets, end };

enum class transaction_verdict : std::uint8_t {
  fine,
  try_again,   ///< the same coordinator, after the usual pause
  soon_again,  ///< the transaction before is still being completed: some milliseconds (C-20)
  find_again,  ///< it is not the coordinator (any more): look for it
  must_abort,  ///< the transaction is lost, the producer is not (C-22)
  renew,       ///< the same, and the coordinator knows nothing to abort: a new epoch is all that helps
  fatal,       ///< fenced, or not allowed
  unknown,     ///< applied or not, the coordinator does not say (C-23)
};

inline transaction_verdict judge_transaction(transaction_step asked, protocol::error_code code) {
  using protocol::error_code;
  using verdict = transaction_verdict;
  switch (code) {
    case error_code::none:
      return verdict::fine;
    case error_code::concurrent_transactions:
      return verdict::soon_again;
    case error_code::not_coordinator:
    case error_code::coordinator_not_available:
      return verdict::find_again;
    case error_code::coordinator_load_in_progress:
      return verdict::try_again;
    // Only leaders say INVALID_PRODUCER_EPOCH of a transaction that was aborted over our heads; a coordinator means
    // that another producer took our place (C-22).
    case error_code::invalid_producer_epoch:
    case error_code::producer_fenced:
      return verdict::fatal;
    case error_code::transaction_abortable:
      return verdict::must_abort;
    // It forgot the transactional id, whose records were given up with it.
    case error_code::invalid_producer_id_mapping:
    case error_code::unknown_producer_id:
      return asked == transaction_step::init ? verdict::fatal : verdict::renew;
    // What this transaction may not touch, the next one may leave out.
    case error_code::topic_authorization_failed:
    case error_code::group_authorization_failed:
    case error_code::unknown_member_id:
    case error_code::illegal_generation:
    case error_code::fenced_instance_id:
    case error_code::rebalance_in_progress:
    case error_code::stale_member_epoch:
    case error_code::offset_metadata_too_large:
    case error_code::invalid_commit_offset_size:
      return asked == transaction_step::init || asked == transaction_step::end ? verdict::fatal : verdict::must_abort;
    // Adding and initialising may be done twice, ending may not be told as done (C-23).
    case error_code::unknown_server_error:
      return asked == transaction_step::end ? verdict::unknown : verdict::try_again;
    // Its neighbours in the same request say why.
    case error_code::operation_not_attempted:
      return verdict::try_again;
    default:
      return protocol::retriable(code) ? verdict::try_again : verdict::fatal;
  }
}

/// The same of a failure that may be without any answer.
inline transaction_verdict judge_transaction(transaction_step asked, const error& why) {
  if (!why) return transaction_verdict::fine;
  if (why.client() == client_code::none) return judge_transaction(asked, why.broker_code());
  return why.is(client_code::unsupported_version) ? transaction_verdict::fatal : transaction_verdict::find_again;
}

}  // namespace v0
}  // namespace ottla
