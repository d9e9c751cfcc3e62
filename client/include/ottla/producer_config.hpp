// producer_config: how records become batches and how hard they are tried. Defaults follow the Java client; departures
// say why.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>

#include "ottla/delivery.hpp"
#include "ottla/protocol/compression.hpp"

namespace ottla {
inline namespace v0 {

using protocol::codec;
using protocol::compression;
inline compression gzip(int level = compression::default_level) { return {codec::gzip, level}; }
inline compression snappy() { return {codec::snappy, compression::default_level}; }
inline compression lz4(int level = compression::default_level) { return {codec::lz4, level}; }
inline compression zstd(int level = 3) { return {codec::zstd, level}; }

enum class acks : std::int8_t { none = 0, leader = 1, all = -1 };

enum class partitioner_kind : std::uint8_t {
  murmur2,      ///< Java's: murmur2 of the key; without a key sticky until a batch is closed, away from slow leaders
  consistent,   ///< librdkafka's consistent_random: CRC-32 of the key; without a key as murmur2
  fnv1a,        ///< sarama's hash: FNV-1a of the key
  round_robin,  ///< in turn, whatever the key
  random,       ///< sticky, whatever the key
};

struct producer_config {
  /// How long a batch waits for more records while its leader is busy; 0 sends at once. An idle leader is never waited
  /// for.
  std::chrono::microseconds linger{5'000};
  /// Upper bound of one batch's uncompressed bytes, 4 KiB to 1 GiB. Java's 16 KiB holds a partition to 16 KiB per round
  /// trip.
  std::size_t batch_size = 1'000'000;
  /// All batches of this producer together; at the bound sends wait up to max_block.
  std::size_t buffer_memory = std::size_t{64} << 20;
  /// Largest Produce request. A single batch may exceed it.
  std::size_t max_request_size = std::size_t{8} << 20;
  std::chrono::milliseconds max_block{60'000};
  /// From send to outcome, linger and retries included.
  std::chrono::milliseconds delivery_timeout{120'000};
  /// How often a batch is sent again after a failure that may pass; 0 and up, by default until delivery_timeout. A try
  /// that found no broker counts, a refusal for the failure of an earlier batch does not. The last failure is told.
  std::int32_t retries = std::numeric_limits<std::int32_t>::max();
  /// The pause before the first retry, growing to ten times it with jitter; 0: as cluster_config says.
  std::chrono::milliseconds retry_backoff{0};
  /// The broker's own wait for replicas, and this side's for the answer.
  std::chrono::milliseconds request_timeout{30'000};
  ottla::acks required_acks = ottla::acks::all;
  /// KIP-98: no duplicates, no reordering by retries. Needs acks=all.
  bool idempotence = true;
  /// KIP-98: records and offsets become visible together, or never (read_committed). The name of what does the work,
  /// the same after a restart: a newer producer of that name fences the older. Needs idempotence. Empty: no
  /// transactions.
  std::string transactional_id{};
  /// The coordinator aborts a transaction that is open for longer; 1 ms to what brokers allow (15 min by default).
  std::chrono::milliseconds transaction_timeout{60'000};
  /// Batches of one partition under way at once, 1 to 5 with idempotence.
  int max_in_flight = 5;
  ottla::compression compression{};
  ottla::partitioner_kind partitioner = partitioner_kind::murmur2;
  /// Told once per batch, on the core's thread; must not block. Views are valid during the call. What it throws:
  /// cluster.hpp.
  std::function<void(const batch_delivery&)> on_batch{};
};

struct producer_stats {
  std::uint64_t records_sent = 0;  ///< taken by send
  std::uint64_t records_acked = 0;
  std::uint64_t records_failed = 0;
  std::uint64_t bytes_sent = 0;  ///< of batches as written, retries included
  std::uint64_t batches_sent = 0;
  std::uint64_t batches_retried = 0;
  std::uint64_t requests = 0;
  std::chrono::milliseconds throttled{0};  ///< the sum of what brokers asked to be silent (throttle_time_ms)
  std::size_t buffered_bytes = 0;          ///< charged now
};

}  // namespace v0
}  // namespace ottla
