// mailbox: tasks from any thread into the core; outbox: the application's handlers, run by the host after a step.
#pragma once

#include <mutex>
#include <vector>

#include "ottla/net/unique_function.hpp"

namespace ottla {
inline namespace v0 {

/// Many writers, one reader. Wakes the host only on empty -> non-empty.
class mailbox {
 public:
  explicit mailbox(unique_function<void()> wake) : wake_(std::move(wake)) {}

  /// Any thread. False once closed: the task was not taken and will not run.
  bool post(task work) {
    bool first = false;
    {
      std::lock_guard lock(mutex_);
      if (closed_) return false;
      first = tasks_.empty() && !woken_;
      woken_ = woken_ || first;
      tasks_.push_back(std::move(work));
    }
    if (first) wake_();
    return true;
  }
  /// Any thread: makes the core step without a task.
  void wake() {
    bool first = false;
    {
      std::lock_guard lock(mutex_);
      if (closed_) return;
      first = !woken_;
      woken_ = true;
    }
    if (first) wake_();
  }
  /// The core's thread, at the start of a step.
  std::vector<task> take() {
    std::lock_guard lock(mutex_);
    woken_ = false;
    return std::exchange(tasks_, {});
  }
  /// The core's thread: nothing is taken any more; returns what is left.
  std::vector<task> close() {
    std::lock_guard lock(mutex_);
    closed_ = true;
    return std::exchange(tasks_, {});
  }

 private:
  std::mutex mutex_;
  std::vector<task> tasks_;
  bool woken_ = false;
  bool closed_ = false;
  unique_function<void()> wake_;
};

/// Filled inside a step, run by the host behind it: user code never runs inside the core. The core's thread only.
class outbox {
 public:
  void push(task work) { tasks_.push_back(std::move(work)); }
  bool empty() const { return tasks_.empty(); }
  /// Runs what was there; what handlers add waits for the next call.
  void run() {
    std::vector<task> now = std::exchange(tasks_, {});
    for (task& work : now) work();
  }

 private:
  std::vector<task> tasks_;
};

}  // namespace v0
}  // namespace ottla
