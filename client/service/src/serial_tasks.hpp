// serial_tasks: what has to be told to others, one after the other, in order, and never under the lock of who tells it.
#pragma once

#include <deque>
#include <mutex>
#include <utility>

#include "call_listener.hpp"
#include "ottla/net/unique_function.hpp"

namespace ottla {
inline namespace v0 {

/// Lives beside its owner's mutex. Tasks added under it are run without it, in their order, by one thread at a time: by
/// whoever drains first. A task that makes its owner add more (a listener that calls back, a call that ends at once and
/// lets the next one in) returns at once; the loop below it goes on, so nothing recurses.
class serial_tasks {
 public:
  /// The owner's mutex is held.
  void add(task one) { queue_.push_back(std::move(one)); }

  /// The lock is held before and after, and not while a task runs. The caller keeps the owner alive.
  void drain(std::unique_lock<std::mutex>& lock) {
    if (running_) return;
    running_ = true;
    while (!queue_.empty()) {
      task one = std::move(queue_.front());
      queue_.pop_front();
      lock.unlock();
      call_listener(one);
      one = nullptr;  // what it held goes without the lock too
      lock.lock();
    }
    running_ = false;
  }

 private:
  std::deque<task> queue_;
  bool running_ = false;
};

}  // namespace v0
}  // namespace ottla
