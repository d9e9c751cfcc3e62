// How a transaction ends: by its producer, by a newer one, by its timeout; and what a repeated EndTxn is answered.
#include <utility>

#include "transactions/transaction.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

constexpr std::int16_t last_producer_epoch = 32766;  // that a producer gets; see transaction.cpp

}  // namespace

/// Under KIP-890 the epoch says which transaction is meant: `producer_.epoch` has moved on when an EndTxn has been
/// applied, so the epoch before it is that of a request sent again.
bool transaction::may_end(const producer_claim& who, bool is_retry) const {
  if (is_completing()) return who.epoch + 1 == producer_.epoch;
  const bool is_over = state_ == transaction_state::complete_commit || state_ == transaction_state::complete_abort;
  return who.epoch == producer_.epoch || (is_over && is_retry);
}

claim_result transaction::end(const producer_claim& who, bool commit, bool bumps_epochs, producer_ids& ids,
                              instant now) {
  const bool after_rotation = bumps_epochs && who.id == previous_id_ && who.id != producer_.id &&
                              who.epoch == last_producer_epoch && producer_.epoch == 0;
  const bool is_retry = bumps_epochs && (after_rotation || who.epoch + 1 == producer_.epoch);
  if (who.id != producer_.id && !after_rotation) return {error_code::invalid_producer_id_mapping};
  if (bumps_epochs ? !may_end(who, is_retry) : who.epoch != producer_.epoch) return {error_code::producer_fenced};
  switch (state_) {
    case transaction_state::ongoing:
      return prepare(commit, bumps_epochs, ids, now);
    case transaction_state::prepare_commit:
      return {commit ? error_code::concurrent_transactions : error_code::invalid_txn_state};
    case transaction_state::prepare_abort:
      return {commit ? error_code::invalid_txn_state : error_code::concurrent_transactions};
    case transaction_state::empty:
    case transaction_state::complete_commit:
    case transaction_state::complete_abort:
      break;
  }
  const bool same_as_before =
      state_ == (commit ? transaction_state::complete_commit : transaction_state::complete_abort);
  if (same_as_before && (is_retry || !bumps_epochs)) return {error_code::none, producer_};
  // A producer may abort what the coordinator has not heard of yet: its records may still be on their way, and the
  // new epoch fences them.
  if (!commit && bumps_epochs && !is_retry) return prepare(commit, bumps_epochs, ids, now);
  return {error_code::invalid_txn_state};
}

claim_result transaction::prepare(bool commit, bool bumps_epochs, producer_ids& ids, instant now) {
  if (bumps_epochs && is_exhausted()) next_id_ = ids.take();
  if (bumps_epochs) {
    previous_epoch_ = producer_.epoch;
    if (producer_.epoch <= last_producer_epoch) ++producer_.epoch;
  }
  if (state_ != transaction_state::ongoing) started_ = now.wall.count();
  state_ = commit ? transaction_state::prepare_commit : transaction_state::prepare_abort;
  previous_id_ = producer_.id;
  bumps_epochs_ = bumps_epochs;
  last_change_ = now.wall;
  return {error_code::none, next_id_ < 0 ? producer_ : producer_claim{next_id_, 0}};
}

void transaction::abort(int server_version, instant now) {
  const bool bumps_epochs = server_version >= 2;
  // Before KIP-890 nobody may find the old epoch again: it is fenced.
  previous_epoch_ = bumps_epochs ? producer_.epoch : std::int16_t{-1};
  if (producer_.epoch <= last_producer_epoch) ++producer_.epoch;
  state_ = transaction_state::prepare_abort;
  previous_id_ = producer_.id;
  bumps_epochs_ = bumps_epochs;
  last_change_ = now.wall;
}

void transaction::complete(instant now) {
  state_ = state_ == transaction_state::prepare_commit ? transaction_state::complete_commit
                                                       : transaction_state::complete_abort;
  previous_id_ = producer_.id;
  if (next_id_ >= 0) producer_ = {std::exchange(next_id_, -1), 0};
  partitions_.clear();
  last_change_ = now.wall;
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
