// host: what runs a core: a thread, the application's loop, or a simulation. It owns the driver, the clock and the
// wake.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>

#include "ottla/net/time.hpp"
#include "ottla/net/unique_function.hpp"
#include "ottla/net/wall_source.hpp"
#include "ottla/result.hpp"

namespace ottla {
inline namespace v0 {

class core;

/// Set once by the core's thread, waited for by one caller with a deadline.
class completion {
 public:
  void set() {
    {
      std::lock_guard lock(mutex_);
      set_ = true;
    }
    changed_.notify_all();
  }
  bool is_set() const {
    std::lock_guard lock(mutex_);
    return set_;
  }
  /// True if set before the wait was over.
  bool wait_for(std::chrono::nanoseconds wait) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, wait, [this] { return set_; });
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool set_ = false;
};

class host {
 public:
  virtual ~host() = default;
  /// Called once, before anything else. The core outlives the host's stop().
  virtual void start(core& machine) = 0;
  /// Any thread: step soon.
  virtual void wake() = 0;
  /// Any thread: the time.
  virtual instant now() const = 0;
  /// Any thread: now().mono alone, for those who measure each record.
  virtual steady_ns mono_now() const { return now().mono; }
  /// The clock of record timestamps.
  virtual wall_source wall() const { return wall_source(); }
  /// Whether the calling thread is inside a step or a handler of this core: a blocking call there would never end.
  virtual bool on_core_thread() const = 0;
  /// Whether a thread of its own steps the core, so that waiting needs no driving.
  virtual bool threaded() const { return false; }
  /// Waits until `done` is set or the deadline passes; drives the core meanwhile where no thread does. False at the
  /// deadline.
  virtual bool wait(completion& done, steady_ns deadline) = 0;
  /// Shuts the core down, runs what is left in its outbox, and returns; bounded. Idempotent. May be called on the
  /// core's thread.
  virtual void stop() = 0;
  /// The last handle went inside a handler: stop, and run this as the very last thing, when nothing of the host is used
  /// any more.
  virtual void stop_then(task last_words) = 0;
};

}  // namespace v0
}  // namespace ottla
