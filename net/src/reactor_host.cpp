// reactor_host: the loop poll -> step -> handlers, and how it ends.
#include "reactor_host.hpp"

#include <algorithm>

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
  const std::thread::id outer = stepping_.exchange(std::this_thread::get_id(), std::memory_order_relaxed);
  const step_result stepped = machine_->step(now(), events_, io_);
  io_.ask_connector();
  machine_->done().run();
  stepping_.store(outer, std::memory_order_relaxed);
  next_deadline_ = stepped.next_deadline;
  more_ = stepped.more || !machine_->done().empty();
}

void reactor_host::loop() {
  while (!stopping_.load(std::memory_order_acquire)) run_once(never);
  finish();
  if (task last = std::move(last_words_)) {
    thread_.detach();
    last();  // this host is gone
  }
}

void reactor_host::run_for(std::chrono::nanoseconds wait) {
  const steady_ns until = after(now().mono, wait);
  do {
    run_once(until);
  } while (!stopping_.load(std::memory_order_acquire) && now().mono < until);
  if (last_words_) {
    finish();
    task last = std::move(last_words_);
    last();  // this host is gone
    return;
  }
  if (mode_ != threading::manual || machine_->is_shut_down()) return;
  if (more_ || io_.pending()) {
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
    while (!done.is_set()) {
      if (now().mono >= deadline) return false;
      // `done` is set inside a step of this very thread, so the poll may sleep as long as the deadline.
      run_once(deadline);
    }
    return true;
  }
  const steady_ns here = now().mono;
  return done.wait_for(deadline > here ? std::min<std::chrono::nanoseconds>(deadline - here, std::chrono::hours(24))
                                       : std::chrono::nanoseconds(0));
}

void reactor_host::finish() {
  const std::thread::id outer = stepping_.exchange(std::this_thread::get_id(), std::memory_order_relaxed);
  machine_->shut_down(now(), io_);
  for (int round = 0; round < 16 && !machine_->done().empty(); ++round) machine_->done().run();
  stepping_.store(outer, std::memory_order_relaxed);
}

void reactor_host::stop() {
  if (machine_ == nullptr) return;
  const bool first = !stopping_.exchange(true, std::memory_order_acq_rel);
  if (mode_ == threading::manual) {
    if (first) finish();
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
