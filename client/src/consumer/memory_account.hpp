// memory_account: what the application keeps alive, counted, and the buffers that batches inflate into, kept for the
// next poll.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include "ottla/net/frame.hpp"
#include "ottla/protocol/byte_buffer.hpp"

namespace ottla {
inline namespace v0 {

/// Shared by a consumer and everything it handed out; the last of them frees it. Any thread.
class memory_account {
 public:
  std::size_t held() const { return held_.load(std::memory_order_relaxed); }
  void charge(std::size_t bytes) { held_.fetch_add(bytes, std::memory_order_relaxed); }
  void discharge(std::size_t bytes) { held_.fetch_sub(bytes, std::memory_order_relaxed); }

  protocol::byte_buffer take_buffer() {
    std::lock_guard lock(mutex_);
    if (spare_.empty()) return {};
    protocol::byte_buffer out = std::move(spare_.back());
    spare_.pop_back();
    return out;
  }
  void give_back(protocol::byte_buffer buffer) {
    buffer.clear();
    std::lock_guard lock(mutex_);
    // One giant batch must not pin its memory for good.
    if (spare_.size() < max_spare && buffer.capacity() <= max_spare_bytes) spare_.push_back(std::move(buffer));
  }

 private:
  static constexpr std::size_t max_spare = 16;
  static constexpr std::size_t max_spare_bytes = std::size_t{4} << 20;
  std::atomic<std::size_t> held_{0};
  std::mutex mutex_;
  std::vector<protocol::byte_buffer> spare_;
};

/// A response frame of which the application has at least one slice: charged whole until the last slice goes.
class held_frame {
 public:
  held_frame(std::shared_ptr<memory_account> account, frame_ref frame, std::size_t size)
      : account_(std::move(account)), frame_(std::move(frame)), size_(size) {
    account_->charge(size_);
  }
  ~held_frame() { account_->discharge(size_); }
  held_frame(const held_frame&) = delete;
  held_frame& operator=(const held_frame&) = delete;
  const std::shared_ptr<memory_account>& account() const { return account_; }
  std::size_t charged() const { return size_; }

 private:
  std::shared_ptr<memory_account> account_;
  frame_ref frame_;
  std::size_t size_;
};

/// What the compressed batches of one partition response inflated to.
class inflated_bytes {
 public:
  explicit inflated_bytes(std::shared_ptr<memory_account> account)
      : account_(std::move(account)), buffer_(account_->take_buffer()) {}
  inflated_bytes(std::shared_ptr<memory_account> account, protocol::byte_buffer buffer)
      : account_(std::move(account)), buffer_(std::move(buffer)) {}
  ~inflated_bytes() {
    account_->discharge(charged_);
    account_->give_back(std::move(buffer_));
  }
  inflated_bytes(const inflated_bytes&) = delete;
  inflated_bytes& operator=(const inflated_bytes&) = delete;
  const std::shared_ptr<memory_account>& account() const { return account_; }

  protocol::byte_buffer& buffer() { return buffer_; }
  /// Counts what the buffer holds, once it is filled.
  void settle() {
    charged_ = buffer_.capacity();
    account_->charge(charged_);
  }
  std::size_t charged() const { return charged_; }

 private:
  std::shared_ptr<memory_account> account_;
  protocol::byte_buffer buffer_;
  std::size_t charged_ = 0;
};

}  // namespace v0
}  // namespace ottla
