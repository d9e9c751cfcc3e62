// scripted_host: time moves only when nothing is left to do at the present moment.
#include "scripted_host.hpp"

#include <gtest/gtest.h>

namespace ottla::test {
namespace {
constexpr int too_many_steps = 200'000;  // at one moment: somebody spins
}

bool scripted_host::step_once() {
  const std::vector<io_event> events = world_.io.take_events();
  woken_ = false;
  machine_->awake();
  const bool outer = std::exchange(inside_, true);
  const step_result stepped = machine_->step(now(), events, world_.io);
  machine_->done().run();
  inside_ = outer;
  ++steps_;
  next_ = stepped.next_deadline;
  more_ = stepped.more || !machine_->done().empty();
  if (last_words_) {
    stop();
    task last = std::move(last_words_);
    last();  // this host is gone
    return false;
  }
  return true;
}

void scripted_host::settle() {
  for (int i = 0;; ++i) {
    if (stopped_) return;
    if (!step_once()) return;
    const bool answered = world_.answer();
    next_ = machine_->prepare_sleep(next_);
    if (!answered && !more_ && !woken_ && !world_.io.has_events() && next_ > world_.now) return;
    if (i == too_many_steps) {
      ADD_FAILURE() << "the core never comes to rest";
      return;
    }
  }
}

void scripted_host::move_to(steady_ns when) {
  const auto before = world_.now;
  world_.now = when;
  world_.wall_ms += (when.time_since_epoch() / std::chrono::milliseconds(1)) -
                    (before.time_since_epoch() / std::chrono::milliseconds(1));
}

void scripted_host::advance(std::chrono::nanoseconds by) {
  const steady_ns end = world_.now + by;
  settle();
  while (!stopped_ && next_ <= end) {
    move_to(next_);
    settle();
  }
  move_to(end);
  settle();
}

bool scripted_host::wait(completion& done, steady_ns deadline) {
  for (;;) {
    settle();
    if (done.is_set()) return true;
    if (world_.now >= deadline) return false;
    const steady_ns next = stopped_ ? deadline : std::min(next_, deadline);
    if (next == never) {
      ADD_FAILURE() << "a wait without end: nothing is due and nothing will happen";
      return false;
    }
    move_to(next);
  }
}

void scripted_host::stop() {
  if (machine_ == nullptr || std::exchange(stopped_, true)) return;
  const bool outer = std::exchange(inside_, true);
  machine_->shut_down(now(), world_.io);
  for (int round = 0; round < 16 && !machine_->done().empty(); ++round) machine_->done().run();
  inside_ = outer;
}

void scripted_host::stop_then(task last_words) { last_words_ = std::move(last_words); }

}  // namespace ottla::test
