// outstanding: how many messages wait outside the producer, so that flush and close can wait for the last of them.
#pragma once

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "ottla/net/host.hpp"

namespace ottla {
inline namespace v0 {

/// Any thread.
class outstanding : public std::enable_shared_from_this<outstanding> {
 public:
  /// One of them, as long as it lives.
  class hold {
   public:
    hold() = default;
    explicit hold(std::shared_ptr<outstanding> of) : of_(std::move(of)) {}
    hold(hold&&) noexcept = default;
    hold& operator=(hold&& other) noexcept {
      release();
      of_ = std::move(other.of_);
      return *this;
    }
    ~hold() { release(); }
    void release() {
      if (const auto of = std::exchange(of_, nullptr)) of->drop();
    }

   private:
    std::shared_ptr<outstanding> of_;
  };

  hold add() {
    const std::lock_guard<std::mutex> lock(mutex_);
    ++count_;
    return hold(shared_from_this());
  }
  std::size_t count() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return count_;
  }
  /// Until there are none, or the deadline. Drives the core where no thread does.
  bool wait_none(host& runner, steady_ns deadline) {
    auto none = std::make_shared<completion>();
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (count_ == 0) return true;
      waiters_.push_back(none);
    }
    return runner.wait(*none, deadline);
  }

 private:
  void drop() {
    std::vector<std::shared_ptr<completion>> now;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (--count_ > 0) return;
      now.swap(waiters_);
    }
    for (const auto& one : now) one->set();
  }

  mutable std::mutex mutex_;
  std::size_t count_ = 0;
  std::vector<std::shared_ptr<completion>> waiters_;
};

}  // namespace v0
}  // namespace ottla
