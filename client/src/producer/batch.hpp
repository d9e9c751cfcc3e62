// batch: the records of one partition that travel together, from the first append to the last outcome.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "block_pool.hpp"
#include "handler_slab.hpp"
#include "ottla/net/host.hpp"
#include "ottla/net/time.hpp"
#include "ottla/protocol/record_batch.hpp"

namespace ottla {
inline namespace v0 {

struct partition_queue;

/// One flush that waits for batches: set when the last of them has its outcome.
struct flush_ticket {
  std::atomic<int> open{1};  // the flush itself holds one until it has seen every partition
  completion done;
  void drop() {
    if (open.fetch_sub(1, std::memory_order_acq_rel) == 1) done.set();
  }
};

/// Sequences count records and wrap from the largest int32 to 0 (C-1).
inline std::int32_t next_sequence(std::int32_t sequence, std::int32_t records) {
  return static_cast<std::int32_t>((static_cast<std::uint32_t>(sequence) + static_cast<std::uint32_t>(records)) &
                                   0x7fffffff);
}

/// Owned by exactly one place at a time; the state says which:
///
///     open ──► sealing ──► ready ──► in_flight ──► delivering ──► pool
///     (partition, (who closed  (partition  ▲      │      (outbox)
///      its lock)   it)          queue)     └ retry ┘
struct batch {
  enum class state : std::uint8_t { open, sealing, ready, in_flight, retry, delivering };

  partition_queue* home = nullptr;
  std::atomic<state> now_in{state::open};
  block memory;
  std::size_t used = protocol::batch_header_size;  // bytes from the start of the block
  std::int32_t count = 0;
  std::int64_t base_timestamp = 0;
  std::int64_t max_timestamp = 0;
  steady_ns begun{};
  steady_ns linger_until{};
  steady_ns deadline = never;          // of its delivery
  std::vector<std::uint64_t> cookies;  // one per record
  handler_slab handlers;
  protocol::sealed_records sealed;

  // The core's thread only.
  std::uint64_t order = 0;  // number of its first record among its partition's, from the first attempt on; 0: none yet
  std::int32_t sequence = -1;  // -1: none assigned; the same range ever after (C-2)
  std::int16_t epoch = -1;     // the producer epoch that the sequence belongs to
  int attempts = 0;
  std::int32_t retried = 0;         // failures of its own behind which it was sent again
  bool possibly_persisted = false;  // an attempt ended without an answer that rules it out (C-9)
  error last_error;
  std::vector<std::shared_ptr<flush_ticket>> tickets;

  protocol::bytes_view wire() const { return {memory.bytes.get(), used}; }
  void reset() {
    home = nullptr;
    now_in.store(state::open, std::memory_order_relaxed);
    used = protocol::batch_header_size;
    count = 0;
    cookies.clear();
    order = 0;
    sequence = -1;
    epoch = -1;
    attempts = 0;
    retried = 0;
    possibly_persisted = false;
    last_error = {};
    tickets.clear();
  }
};

}  // namespace v0
}  // namespace ottla
