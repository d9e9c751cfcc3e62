// busy_handlers: what users do inside the handlers of their deliveries: send on, ask for what would block, purge, drop
// the producer.
#pragma once

#include <cstddef>

#include "actors.hpp"
#include "history.hpp"

namespace ottla {
inline namespace v0 {
namespace sim {

/// Of all writers of a run, whose addresses stay. A call that is documented as refused inside a handler has to be
/// refused, and no call may let time pass there.
class busy_handlers {
 public:
  /// `told`: of the writers' own topic. `others`: of a topic that is opened inside handlers.
  busy_handlers(world& where, history& told, history& others, report& into)
      : where_(where), told_(told), others_(others), out_(into), rng_(where.stream("busy-handlers")) {}

  static constexpr std::string_view other_topic = "echoes";
  /// Who sends inside the handlers of producer `who` while that one is inside a send itself: calls that overlap have no
  /// order among themselves.
  static int overlapping(int who) { return who + 100; }

  void take_part(writer& of, int who);

 private:
  void act(writer& of, int who);
  void send_on(writer& of, int who);
  void send_elsewhere(writer& of, int who);
  void try_to_block(writer& of);
  void must_be_refused(const error& why, const char* asked);

  world& where_;
  history& told_;
  history& others_;
  report& out_;
  random_stream rng_;
};

}  // namespace sim
}  // namespace v0
}  // namespace ottla
