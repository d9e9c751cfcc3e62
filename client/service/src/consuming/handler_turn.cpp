// handler_turn: who is inside of which handler.
#include "handler_turn.hpp"

#include <utility>

#include "turn_run.hpp"

namespace ottla {
inline namespace v0 {
namespace {

/// The handlers that this thread is inside of, innermost first.
struct handler_scope {
  static thread_local handler_scope* innermost;
  explicit handler_scope(const void* whose) : owner(whose), outer(std::exchange(innermost, this)) {}
  ~handler_scope() { innermost = outer; }
  handler_scope(const handler_scope&) = delete;
  handler_scope& operator=(const handler_scope&) = delete;
  const void* const owner;
  handler_scope* const outer;
};
thread_local handler_scope* handler_scope::innermost = nullptr;

}  // namespace

turn_report run_turn(lane_turn& turn, const handler_context& with, turn_watch& watch, turn_pace& pace) {
  const handler_scope inside(with.owner);
  if (turn.run.ended()) return {};
  return turn_run(turn, with, watch, pace).handle();
}

bool inside_handler(const void* owner) {
  for (const handler_scope* one = handler_scope::innermost; one != nullptr; one = one->outer) {
    if (one->owner == owner) return true;
  }
  return false;
}

}  // namespace v0
}  // namespace ottla
