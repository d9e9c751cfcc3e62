// turn_run: the records of one turn as the handler's loop walks them, and what is done where that loop looks up.
#pragma once

#include <cstddef>
#include <optional>

#include "handler_turn.hpp"
#include "ottla/service/message_run.hpp"
#include "retry_gate.hpp"

namespace ottla {
inline namespace v0 {

/// One turn of one thread, which has the lane_turn to itself.
class turn_run final : public message_run {
 public:
  turn_run(lane_turn& turn, const handler_context& with, turn_watch& watch, turn_pace& pace);

  /// Handles what can be handled now.
  turn_report handle();

 private:
  bool look() override;
  bool may_begin();
  bool admitted();
  void finished(std::size_t messages, time_shares took);
  void tell();

  const flow_partition& of_;
  record_run& run_;
  const handler_context& with_;
  turn_watch& watch_;
  turn_pace& pace_;
  const bool retried_;         // what is in front at first
  const std::size_t records_;  // at most, in this turn
  steady_ns now_;
  const steady_ns enough_;
  steady_ns tell_at_;
  std::uint32_t stretch_ = 0;
  std::optional<retry_gate> gate_;
  circuit_breaker::permit permit_;
  turn_report out_;
  // What the tracker was not told yet.
  std::size_t untold_ = 0;
  std::int64_t first_untold_ = -1;
  const record_view* untold_records_ = nullptr;  // where a run is not whole
};

}  // namespace v0
}  // namespace ottla
