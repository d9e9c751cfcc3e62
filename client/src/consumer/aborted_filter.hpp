// aborted_filter: which batches of a fetched range belong to aborted transactions (read_committed, KIP-98).
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <vector>

#include "ottla/protocol/record_batch.hpp"
#include "ottla/protocol/types.hpp"

namespace ottla {
inline namespace v0 {

struct aborted_transaction {
  std::int64_t producer_id = -1;
  std::int64_t first_offset = -1;
};

/// Fed with the batches of one partition response in order. A broker lists the transactions that overlap the range, in
/// no promised order.
///
///     offsets   10    20    30    40        aborted {A from 10, B from 20}: A's and B's batches are dropped from there
///     on, batches   A     B     C     |abort A| and A's no more behind its abort marker. C was committed, or is not
///     transactional.
class aborted_filter {
 public:
  explicit aborted_filter(std::vector<aborted_transaction> list);

  /// Whether the records of this batch were aborted. Control batches are the caller's to look at first.
  bool drops(const protocol::batch_header& batch, std::int64_t last_offset);
  /// An abort marker of that producer was passed: what it writes next is a new transaction.
  void abort_marker(std::int64_t producer_id, std::int64_t last_offset);

 private:
  void advance(std::int64_t last_offset);
  std::vector<aborted_transaction> list_;  // by first offset
  std::size_t next_ = 0;
  std::set<std::int64_t> aborting_;
};

/// Whether the records of a control batch are one abort marker. Other control types (commit, those of KRaft, unknown
/// ones) are not.
bool is_abort_marker(protocol::bytes_view records, std::int32_t count);

}  // namespace v0
}  // namespace ottla
