// handler_turn: one turn of a handler over a lane's records. No lock.
#pragma once

#include <atomic>
#include <cstdint>

#include "flow.hpp"
#include "turn_pace.hpp"

namespace ottla {
inline namespace v0 {

/// What a turn is doing, for whoever wonders. Written by its thread, read by any.
struct turn_watch {
  std::atomic<std::int64_t> offset{-1};   // whose handler runs; -1: none
  std::atomic<std::int64_t> first{-1};    // from here to that one all are finished; -1: not known to be
  std::atomic<std::int64_t> since_ns{0};  // on the clock of steady_ns; fast messages before it may be in it
};

struct handler_context {
  const message_handler& handler;
  circuit_breaker* breaker;
  rate_limiter* limiter;
  metrics* counts;
  steady_ns (*clock)(void* of);
  void* clock_of;
  const void* owner;  // whose handler it is, for inside_handler

  steady_ns now() const { return clock(clock_of); }
};

/// Runs the handler until the run ends, a verdict is not `done`, a guard has no room, the partition is abandoned, or
/// enough was done for one turn. Finished records are told to the tracker meanwhile.
turn_report run_turn(lane_turn& turn, const handler_context& with, turn_watch& watch, turn_pace& pace);

/// Whether the calling thread is inside a handler of that owner.
bool inside_handler(const void* owner);

}  // namespace v0
}  // namespace ottla
