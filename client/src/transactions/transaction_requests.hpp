// transaction_requests: what a transactional producer asks of coordinators, in the form of each version, and the codes
// of the answers.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "ottla/group.hpp"
#include "ottla/net/request.hpp"

namespace ottla {
inline namespace v0 {

struct partition_queue;

/// As whom a producer speaks.
struct producer_claim {
  std::int64_t id = -1;
  std::int16_t epoch = -1;
};

/// Which protocol the transactions go by: the cluster's feature transaction.version (C-21).
///
///     v1   AddPartitionsToTxn, Produce to 11 | AddOffsetsToTxn, TxnOffsetCommit to 4 | EndTxn to 4
///     v2   Produce from 12 adds its partition | TxnOffsetCommit 5 adds its group     | EndTxn 5 gives a new epoch
enum class transaction_protocol : std::uint8_t { v1, v2 };

/// With `own` the very producer goes on with a new epoch (KIP-360); without, it begins and fences whoever had the id.
request ask_for_epoch(const std::string& transactional_id, std::chrono::milliseconds timeout,
                      const producer_claim* own);
/// The partitions by topic, as the request has them.
request add_partitions(const std::string& transactional_id, producer_claim who,
                       const std::vector<partition_queue*>& which);
request add_offsets(const std::string& transactional_id, producer_claim who, const std::string& group);
request commit_offsets(const std::string& transactional_id, producer_claim who, const group_metadata& member,
                       std::vector<offset_to_commit> offsets, transaction_protocol by);
request end_transaction(const std::string& transactional_id, producer_claim who, bool commit, transaction_protocol by);

}  // namespace v0
}  // namespace ottla
