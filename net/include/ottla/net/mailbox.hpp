// mailbox: tasks from any thread into the core; outbox: the application's handlers, run by the host after a step.
#pragma once

#include <cstddef>
#include <mutex>
#include <utility>
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
///
/// A task is taken out before it is called. When one throws, the exception passes through run(), and the next call goes
/// on behind it: nothing is called twice, nothing is left out.
class outbox {
 public:
  void push(task work) { tasks_.push_back(std::move(work)); }
  /// What is left of a task that an exception ends: the next one to be called.
  void put_back(task rest) {
    if (at_ > 0) {
      running_[--at_] = std::move(rest);
    } else {
      running_.insert(running_.begin(), std::move(rest));
    }
  }
  bool empty() const { return tasks_.empty() && at_ == running_.size(); }
  /// Runs what was there as long as `may_go_on`; what handlers add waits for the next call. A task may call this too.
  template <class May>
  void run(May&& may_go_on) {
    if (at_ == running_.size()) {
      running_.clear();
      at_ = 0;
      std::swap(running_, tasks_);
    }
    while (at_ < running_.size() && may_go_on()) {
      task work = std::move(running_[at_++]);
      work();
    }
  }
  void run() {
    run([] { return true; });
  }

 private:
  std::vector<task> tasks_;
  std::vector<task> running_;  // those from at_ on
  std::size_t at_ = 0;
};

}  // namespace v0
}  // namespace ottla
