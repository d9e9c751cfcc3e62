// guard_timer: one timer of the core at a time, for the earliest moment that the guards asked for.
#include "guard_timer.hpp"

namespace ottla {
inline namespace v0 {

void guard_timer::start() {
  guards_.on_earlier([weak = weak_from_this()](steady_ns when) {
    if (const auto self = weak.lock()) self->arm(when);
  });
}

void guard_timer::arm(steady_ns when) {
  if (when == never) return;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (armed_ <= when) return;
    armed_ = when;
  }
  core& on = cluster_->machine();
  const bool posted = cluster_->post([&on, when, weak = weak_from_this()] {
    on.at(when, [&on, weak] {
      // Behind the step: what the guards call is the application's.
      on.done().push([weak] {
        if (const auto self = weak.lock()) self->fire();
      });
    });
  });
  if (!posted) guards_.close();
}

void guard_timer::fire() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    armed_ = never;
  }
  // Timers of a core that closes run at once: nothing will be due any more.
  if (!cluster_->usable()) return guards_.close();
  arm(guards_.step(now()));
}

}  // namespace v0
}  // namespace ottla
