// reactor_host: the loop poll -> step -> handlers, and how it ends.
#include "reactor_host.hpp"

#include <algorithm>

#include "ottla/net/scope_exit.hpp"

namespace ottla {
inline namespace v0 {

instant reactor_host::now() const {
  return {steady_ns(std::chrono::steady_clock::now().time_since_epoch()),
          wall_ms(std::chrono::duration_cast<std::chrono::milliseconds>(
              std::chrono::system_clock::now().time_since_epoch()))};
}

steady_ns reactor_host::mono_now() const { return steady_ns(std::chrono::steady_clock::now().time_since_epoch()); }

void reactor_host::start(core& machine) {
  machine_ = &machine;
  next_deadline_ = now().mono;
  if (mode_ == threading::own_thread) thread_ = std::thread([this] { loop(); });
}

bool reactor_host::on_core_thread() const {
  return stepping_.load(std::memory_order_relaxed) == std::this_thread::get_id();
}

void reactor_host::run_once(steady_ns until) {
  const steady_ns sleep_until = machine_->prepare_sleep(more_ ? steady_ns{} : std::min(next_deadline_, until));
  const steady_ns before = now().mono;
  events_.clear();
  io_.poll(sleep_until > before ? sleep_until - before : std::chrono::nanoseconds(0), events_);
  machine_->awake();
  rung_inside_ = false;
  const std::thread::id outer = stepping_.exchange(std::this_thread::get_id(), std::memory_order_relaxed);
  const scope_exit leave([&] { stepping_.store(outer, std::memory_order_relaxed); });
  const step_result stepped = machine_->step(now(), events_, io_);
  next_deadline_ = stepped.next_deadline;
  more_ = true;  // what an exception leaves uncalled, the next turn calls
  io_.ask_connector();
  machine_->done().run([this] { return !born_.is_child(); });
  more_ = stepped.more || !machine_->done().empty();
}

// What a handler throws ends the process here: nothing catches it, so that a core dump shows who threw.
void reactor_host::loop() {
  while (!stopping_.load(std::memory_order_acquire)) {
    run_once(never);
    if (born_.is_child()) return;  // of a fork inside a handler: what is here is the parent's
  }
  finish();
  if (task last = std::move(last_words_)) {
    thread_.detach();
    last();  // this host is gone
  }
}

void reactor_host::run_for(std::chrono::nanoseconds wait) {
  if (mode_ != threading::manual || finished_) return;
  const bool nested = on_core_thread();  // inside a handler: what is outside of it still needs this host
  const scope_exit end([&] {
    if (!nested && last_words_ && !born_.is_child()) {
      finish();
      task last = std::move(last_words_);
      last();  // this host is gone
    } else {
      leave_turn();
    }
  });
  const steady_ns until = after(now().mono, wait);
  while (!stopping_.load(std::memory_order_acquire)) {
    run_once(until);
    if (born_.is_child() || now().mono >= until) break;
  }
  // What handlers left is taken up before this returns, as far as that goes at once: with the last handles gone, nobody
  // would call again.
  for (int more = 0; more < 4 && !nested && rung_inside_ && !stopping_.load(std::memory_order_acquire); ++more) {
    if (!born_.is_child()) run_once(steady_ns{});
  }
  if (!nested && stopping_.load(std::memory_order_acquire)) finish();
}

// Leaves the descriptor in the state that a nested loop relies on.
void reactor_host::leave_turn() {
  if (finished_ || born_.is_child() || on_core_thread()) return;
  if (more_ || stopping_.load(std::memory_order_acquire) || io_.pending()) {
    io_.wake();
  } else {
    // A nested loop sleeps in its own poll: promise callers no more than it will keep, so that they ring the
    // descriptor.
    const steady_ns sleep_until = machine_->prepare_sleep(next_deadline_);
    const steady_ns here = now().mono;
    if (sleep_until != never) io_.arm(sleep_until > here ? sleep_until - here : std::chrono::nanoseconds(1));
  }
}

bool reactor_host::wait(completion& done, steady_ns deadline) {
  if (mode_ == threading::manual) {
    const scope_exit end([this] { leave_turn(); });
    while (!done.is_set()) {
      if (now().mono >= deadline || born_.is_child()) return false;
      // `done` is set inside a step of this very thread, so the poll may sleep as long as the deadline.
      run_once(deadline);
      if (stopping_.load(std::memory_order_acquire) && !on_core_thread()) finish();
    }
    return true;
  }
  const steady_ns here = now().mono;
  return done.wait_for(deadline > here ? std::min<std::chrono::nanoseconds>(deadline - here, std::chrono::hours(24))
                                       : std::chrono::nanoseconds(0));
}

// Comes to its end once; the exception of a handler leaves the rest to the next call.
void reactor_host::finish() {
  if (finished_ || born_.is_child()) return;
  const std::thread::id outer = stepping_.exchange(std::this_thread::get_id(), std::memory_order_relaxed);
  const scope_exit leave([&] { stepping_.store(outer, std::memory_order_relaxed); });
  machine_->shut_down(now(), io_);
  for (int round = 0; round < 16 && !machine_->done().empty(); ++round) {
    machine_->done().run([this] { return !born_.is_child(); });
  }
  finished_ = true;
}

void reactor_host::stop() {
  if (machine_ == nullptr || born_.is_child()) return;
  const bool first = !stopping_.exchange(true, std::memory_order_acq_rel);
  if (mode_ == threading::manual) {
    if (!on_core_thread()) finish();  // else behind the handler that called us
    return;
  }
  // On the core's own thread the loop ends after the handler that called us. Whoever comes later, from elsewhere, still
  // waits for that end: the core is about to be destroyed.
  if (on_core_thread()) return;
  if (first) io_.wake();
  std::lock_guard lock(join_mutex_);
  if (thread_.joinable()) thread_.join();
}

void reactor_host::stop_then(task last_words) {
  last_words_ = std::move(last_words);
  stopping_.store(true, std::memory_order_release);
}

reactor_host::~reactor_host() { stop(); }

}  // namespace v0
}  // namespace ottla
