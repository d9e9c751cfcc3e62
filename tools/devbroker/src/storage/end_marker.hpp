// The control batch that ends a transaction in a partition: COMMIT or ABORT (KIP-98).
#pragma once
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace ottla {
inline namespace v0 {
namespace mock {

/// What a transaction coordinator writes into each partition of a transaction.
struct end_marker {
  std::int64_t producer_id = -1;
  std::int16_t producer_epoch = -1;
  bool commit = false;
  std::int32_t coordinator_epoch = 0;
  /// Of the client that ended the transaction: from 2 on (KIP-890) a marker has a newer epoch than the records before
  /// it.
  int transaction_version = 0;
};

// One record behind the 61 bytes of the batch header:
//
//   61  size 1 | attributes 1 | timestamp delta 1 | offset delta 1
//   65  key size 1 | version 2 = 0 | type 2: 0 ABORT, 1 COMMIT
//   70  value size 1 | version 2 = 0 | coordinator epoch 4          77  header count 1
inline constexpr std::size_t end_marker_size = 78;

/// The bytes as they enter the log, but for base offset and leader epoch.
std::array<std::byte, end_marker_size> encode(const end_marker& marker, bool log_append_time,
                                              std::chrono::milliseconds now);

}  // namespace mock
}  // namespace v0
}  // namespace ottla
