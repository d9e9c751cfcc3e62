// partition_queue: one partition's batches on their way out: filled by callers under its lock, sent by the core.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>

#include "batch.hpp"
#include "ottla/net/metadata.hpp"

namespace ottla {
inline namespace v0 {

class topic_state;

struct partition_queue {
  partition_queue(topic_state& topic, std::int32_t number) : owner(topic), index(number) {}

  topic_state& owner;
  const std::int32_t index;

  // Under the lock.
  std::mutex mutex;
  batch* open = nullptr;
  std::deque<batch*> closed;      // in order; sealing or ready
  bool registered = false;        // in the sender's list
  bool gone = false;              // the producer ended: nothing is taken any more
  std::size_t last_capacity = 0;  // the class its last batch ended in

  // Read by the core without the lock, to skip what has nothing to do.
  std::atomic<std::int64_t> open_until{INT64_MAX};  // linger of the open batch; INT64_MAX: none
  std::atomic<std::uint32_t> closed_count{0};

  // Written by the core, read by callers that choose a partition.
  std::atomic<bool> has_leader{false};

  // The core's thread only.
  broker_id leader = no_broker;
  std::int32_t leader_epoch = -1;
  int in_flight = 0;
  broker_id flying_to = no_broker;  // where those are: nothing goes elsewhere until they are back (C-11)
  bool proven = false;              // this leader took a batch: only then several go at once (C-3)
  bool desynced = false;            // its sequences have a gap: wait for the epoch bump (C-10)
  bool recovering = false;          // something failed: nothing new until the retries are through, one by one
  std::deque<batch*> retry;         // by sequence, lowest first
  steady_ns not_before{};
  int failures = 0;  // in a row, for backoff
  std::uint64_t next_order = 1;
  std::int32_t next_sequence = 0;
  std::int64_t last_acked_offset = -1;
  std::uint64_t added_in = 0;  // the number of the transaction that holds it
  std::uint64_t asked_in = 0;  // the one that it was asked for
};

}  // namespace v0
}  // namespace ottla
