// flow_lane: the unit of order inside a partition, and what the flow knows of each. The flow's lock, but where said.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <memory>
#include <string>

#include "../retrying/key_levels.hpp"
#include "ottla/net/time.hpp"
#include "ottla/position_tracker.hpp"
#include "ottla/service/dead_letter.hpp"
#include "ottla/service/metrics.hpp"
#include "record_run.hpp"

namespace ottla {
inline namespace v0 {

struct flow_partition;

/// Run by one thread at a time. What is in front was tried `tries` times.
struct flow_lane {
  enum class state : std::uint8_t {
    idle,       // nothing queued
    ready,      // in line for a turn, or parked because its partition is stopped
    running,    // a handler has its turn; the first run is with it
    waiting,    // for its time: the next try, or room
    writing,    // its first record is to be written elsewhere, dead or to a retry topic, or that is under way
    unwritten,  // that failed: waits for its time
    stuck,      // given up, and nowhere to write it
  };

  flow_lane(std::shared_ptr<flow_partition> partition, std::uint64_t lane_number)
      : of(std::move(partition)), number(lane_number) {}

  std::shared_ptr<flow_partition> of;  // dropped with the partition: they hold each other
  const std::uint64_t number;
  state now = state::idle;
  std::deque<record_run> runs;
  int tries = 0;
  std::string why, type;             // of the last failure of what is in front
  std::chrono::nanoseconds took{0};  // that try
  wall_ms failed_at{};
  int letter_tries = 0;
  // Of what is in front, in a retry topic: tries before it came there.
  int tried_before = 0;
  std::size_t goes_to = 0;  // writing: the tier; 0: the dead letters
  bool follows = false;     // it goes there for the order of its key, not because it failed
  int all_tries() const { return tried_before + tries; }
};

/// A partition's part in retry topics.
struct retry_part {
  std::string source;
  std::size_t level = 0;              // 0: the source itself
  std::chrono::milliseconds time{0};  // of the tier
  topic_id source_label = 0;
  std::shared_ptr<key_levels> keys{};  // null: no order over topics
  const dead_letter_names* names = nullptr;
};

/// One partition during one assignment.
struct flow_partition {
  flow_partition(std::shared_ptr<tracked_partition> positions, topic_id topic_label, retry_part part)
      : tracked(std::move(positions)), label(topic_label), retrying(std::move(part)) {}
  const topic_partition& where() const { return tracked->where(); }

  const std::shared_ptr<tracked_partition> tracked;
  const topic_id label;
  const retry_part retrying;
  std::atomic<bool> abandoned{false};      // any thread: nothing more of it is begun, but what is below drain_to
  std::atomic<std::int64_t> drain_to{-1};  // any thread

  std::map<std::uint64_t, std::shared_ptr<flow_lane>> lanes;  // with records, or kept for its keys
  std::uint64_t next_lane = 0;
  std::uint64_t keyless = 0;  // records without a key so far
  std::deque<std::shared_ptr<flow_lane>> parked;
  std::size_t records = 0;  // read and not finished
  std::size_t bytes = 0;
  std::size_t running = 0;
  std::size_t letters = 0;  // under way
  std::size_t blocked = 0;  // lanes whose dead letter cannot be written
  error why_blocked;
  error held;                     // set: nothing of it is begun, since what it must not overtake cannot be known
  std::int64_t finished_to = -1;  // behind the highest record that is finished
  std::int64_t never_done = std::numeric_limits<std::int64_t>::max();  // the lowest that will not be, once abandoned
  bool removed = false;
  bool full = false;
  bool paused = false;  // as the consumer was told
};

}  // namespace v0
}  // namespace ottla
