// awaited_credentials: credentials that may come later and from another thread, and the bell that wakes the core then.
#pragma once

#include <mutex>
#include <optional>
#include <utility>

#include "ottla/net/security.hpp"
#include "ottla/net/unique_function.hpp"

namespace ottla {
inline namespace v0 {

/// Wakes a core, or nobody once it is gone. Its lock is held while the core's own are taken, never the other way round.
class doorbell {
 public:
  /// The core's thread; an empty function: nobody is at home any more.
  void connect(unique_function<void()> wake) {
    std::lock_guard lock(mutex_);
    wake_ = std::move(wake);
  }
  /// Any thread.
  void ring() {
    std::lock_guard lock(mutex_);
    if (wake_) wake_();
  }

 private:
  std::mutex mutex_;
  unique_function<void()> wake_;
};

/// One question's answer: put in once from any thread, taken out once by the connection that asked.
class awaited_credentials {
 public:
  /// False: there was an answer already, and it stays.
  bool put(result<sasl_credentials> told) {
    std::lock_guard lock(mutex_);
    if (std::exchange(answered_, true)) return false;
    told_.emplace(std::move(told));
    return true;
  }
  std::optional<result<sasl_credentials>> take() {
    std::lock_guard lock(mutex_);
    return std::exchange(told_, std::nullopt);
  }

 private:
  std::mutex mutex_;
  bool answered_ = false;
  std::optional<result<sasl_credentials>> told_;
};

}  // namespace v0
}  // namespace ottla
