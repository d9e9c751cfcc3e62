// fetch_partition: what the fetcher knows of one assigned partition. The core's thread only.
#pragma once

#include <cstdint>
#include <memory>

#include "fetch_queue.hpp"
#include "ottla/net/backoff.hpp"
#include "ottla/net/metadata.hpp"

namespace ottla {
inline namespace v0 {

enum class fetch_phase : std::uint8_t {
  locating,    // needs an offset: a look-up is due or under way
  validating,  // has one of an older leader epoch: where did that end? (KIP-320)
  fetching,
  halted,  // waits: for a start, for a seek, or for the reader to say what is damaged
};

struct fetch_partition {
  fetch_partition(std::shared_ptr<partition_slot> at, backoff wait)
      : slot(std::move(at)), where(slot->where), retry(wait) {}

  std::shared_ptr<partition_slot> slot;
  std::shared_ptr<const topic_partition> where;
  std::uint64_t version = 0;  // of the last command; older answers do not count
  fetch_phase phase = fetch_phase::locating;
  bool paused = false;
  // Of the look-up under way, 0: none. No other answer counts: a look-up goes on when a seek, or another assignment of
  // this partition, has made it pointless.
  std::uint64_t question = 0;

  start_position start;        // of locating
  std::int64_t tail_end = -1;  // of locating at a tail: the end, once it is known
  bool jumps = false;          // of locating: what is queued is still read first

  std::int64_t offset = -1;        // to fetch next
  std::int32_t offset_epoch = -1;  // of the batch before it; -1: unknown
  broker_id leader = no_broker;
  std::int32_t leader_epoch = -1;
  broker_id follower = no_broker;  // to read from, as the leader said, as long as its word holds (KIP-392)
  steady_ns follower_until = never;
  steady_ns leader_only_until{};  // a follower did not serve it
  bool out_of_range = false;      // the leader says so of this offset; validated before it is believed

  std::int32_t max_bytes = 0;  // grows for a batch that is larger (C-29)
  steady_ns not_before{};
  backoff retry;
  bool absent_told = false;  // that the topic has no such partition
  int id_failures = 0;       // UNKNOWN_TOPIC_ID and the like in a row (C-38)

  void move_to(std::int64_t next, std::int32_t epoch) {
    enter(fetch_phase::fetching);
    offset = next;
    offset_epoch = epoch;
    out_of_range = false;
  }
  broker_id source() const { return leader == no_broker || follower == no_broker ? leader : follower; }
  void locate(start_position from) {
    enter(fetch_phase::locating);
    start = from;
    jumps = false;
    tail_end = -1;
  }
  void enter(fetch_phase next) {
    phase = next;
    question = 0;
  }
  void back_off(steady_ns now) { not_before = after(now, retry.next()); }
};

}  // namespace v0
}  // namespace ottla
