// What a dev broker cluster allows its transactions.
#pragma once
#include <chrono>
#include <cstddef>

namespace ottla {
inline namespace v0 {
namespace mock {

/// Names in Kafka's configuration stand behind each.
struct transaction_options {
  /// The finalized feature transaction.version, 0 to 2, by which clients choose how they work: with 2 (KIP-890, Kafka's
  /// default since 4.0) partitions are added by Produce itself and each transaction has an epoch of its own; with 0 and
  /// 1 clients send AddPartitionsToTxn. What a client does all the same is served in both ways.
  int version = 2;
  std::chrono::milliseconds max_timeout{900'000};  ///< transaction.max.timeout.ms; past it INVALID_TRANSACTION_TIMEOUT
  /// How long after EndTxn its markers are written. Until then the transaction is being completed, and its producer
  /// hears CONCURRENT_TRANSACTIONS. At 0 they stand before EndTxn is answered; in Kafka it takes some milliseconds.
  std::chrono::milliseconds marker_delay{0};
  std::chrono::hours id_expiration{7 * 24};  ///< transactional.id.expiration.ms
  /// Transactional ids at a time, on all nodes together. Past it the one that was idle for longest is forgotten; when
  /// none is idle, InitProducerId answers COORDINATOR_NOT_AVAILABLE.
  std::size_t max_ids = 10'000;
  /// Memory of all of them. Past it no id and no partition is taken in: COORDINATOR_NOT_AVAILABLE.
  std::size_t max_bytes = std::size_t{64} << 20;
};

}  // namespace mock
}  // namespace v0
}  // namespace ottla
