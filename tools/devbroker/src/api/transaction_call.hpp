// What the APIs of transactions share: the coordinator that is asked, and errors that old clients do not know.
#pragma once
#include <optional>
#include <string_view>

#include "api/call.hpp"
#include "api/permission.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

inline producer_claim claim_of(protocol::producer_id id, std::int16_t epoch) {
  return {static_cast<std::int64_t>(id), epoch};
}

/// Whether the client may write in the name of the id.
inline error_code why_no_producer(const call& c, std::string_view transactional_id) {
  return may_transaction(c, acl_operation::write, transactional_id) ? error_code::none
                                                                    : error_code::transactional_id_authorization_failed;
}

/// The transaction that a request is about, or why there is none: only its coordinator answers.
struct found_transaction {
  transaction* in = nullptr;
  error_code error = error_code::none;
};
inline found_transaction find_transaction(const call& c, std::string_view transactional_id) {
  if (transactional_id.empty()) return {nullptr, error_code::invalid_request};
  if (c.cluster.transaction_coordinator_of(transactional_id) != c.node_index)
    return {nullptr, error_code::not_coordinator};
  transaction* known = c.cluster.transactions.find(transactional_id);
  return {known, known == nullptr ? error_code::invalid_producer_id_mapping : error_code::none};
}

/// PRODUCER_FENCED is younger than the APIs of transactions (KIP-588).
inline error_code for_version(const call& c, error_code error, std::int16_t first_version_with_fenced) {
  const bool too_new = error == error_code::producer_fenced && c.version < first_version_with_fenced;
  return too_new ? error_code::invalid_producer_epoch : error;
}

/// Adds the partitions to the transaction: all or none.
inline error_code add_partitions(const call& c, transaction& to, const producer_claim& who,
                                 const partition_set& partitions) {
  constexpr std::size_t partition_cost = 128;
  std::size_t bytes = 0;
  for (const partition_ref& p : partitions) bytes += partition_cost + p.topic.size();
  if (!c.cluster.transactions.has_room(bytes)) return error_code::coordinator_not_available;
  const error_code error = to.add(who, partitions, c.now);
  if (error == error_code::none) c.cluster.transactions.touched(to, c.now);
  return error;
}

/// What one node, which leads partitions, hears from the coordinator before it takes a transaction's first batch
/// (KIP-890).
class enlistment {
 public:
  /// `adds`: the partitions become part of the transaction (version 2); else they must be part of it already.
  enlistment(const call& c, std::string_view transactional_id, const producer_claim& who,
             const partition_set& partitions, bool adds)
      : adds_(adds), error_(ask(c, transactional_id, who, partitions)) {}

  /// NETWORK_EXCEPTION if the coordinator does not answer.
  error_code told_of(const partition_ref& partition) const {
    if (error_ != error_code::none || adds_) return error_;
    return known_->holds(partition) ? error_code::none : error_code::transaction_abortable;
  }

 private:
  error_code ask(const call& c, std::string_view transactional_id, const producer_claim& who,
                 const partition_set& partitions) {
    if (transactional_id.empty()) return error_code::invalid_request;
    const auto home = c.cluster.transaction_coordinator_of(transactional_id);
    if (!home || c.cluster.nodes[*home].paused) return error_code::network_exception;
    known_ = c.cluster.transactions.find(transactional_id);
    if (known_ == nullptr) return error_code::invalid_producer_id_mapping;
    const error_code error = adds_ ? add_partitions(c, *known_, who, partitions) : known_->check(who);
    return error == error_code::producer_fenced ? error_code::invalid_producer_epoch : error;
  }

  bool adds_;
  transaction* known_ = nullptr;
  error_code error_;
};

}  // namespace mock
}  // namespace v0
}  // namespace ottla
