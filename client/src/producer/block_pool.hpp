// block_pool: the producer's memory: blocks in size classes under one hard bound, and a fair queue of callers at the
// bound.
#pragma once

#include <array>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "ottla/net/time.hpp"

namespace ottla {
inline namespace v0 {

/// A run of bytes out of the pool; charged in full while it is out.
struct block {
  std::unique_ptr<std::byte[]> bytes;
  std::size_t capacity = 0;
};

/// Any thread. Freed blocks of a class are kept and used again: in the steady state nothing is allocated.
class block_pool {
 public:
  static constexpr std::size_t smallest = 4096;

  /// `largest` is the capacity of the top class, a batch's bound.
  block_pool(std::size_t bound, std::size_t largest);

  /// The capacity a block for this many bytes would have: of its class, or exactly that above the largest class.
  std::size_t capacity_for(std::size_t bytes) const;
  /// A block of at least this many bytes, or one without memory where the bound does not allow it or others wait
  /// already.
  block try_take(std::size_t bytes);
  void give_back(block one);
  /// A block whatever the bound says; until it is back, others find less room.
  block overdraw(std::size_t bytes);
  /// Bytes that are charged now.
  std::size_t charged() const;
  std::size_t bound() const { return bound_; }

  /// First come, first served: true when a block of this size could be taken at that moment and it is this caller's
  /// turn; the caller then tries again with `take_turn`. `wait_slice` bounds one wait; false: not yet.
  class turn {
   public:
    turn(block_pool& pool, std::size_t bytes);
    ~turn();
    turn(const turn&) = delete;
    turn& operator=(const turn&) = delete;
    /// Waits for at most that long for room and for being first, then takes.
    block wait(std::chrono::nanoseconds at_most);
    /// Looks once.
    block look();

   private:
    block_pool& pool_;
    std::size_t bytes_;
    std::uint64_t number_;
  };
  bool has_waiters() const;

 private:
  friend class turn;
  block take_locked(std::size_t bytes);
  block charge_locked(std::size_t bytes);

  const std::size_t bound_;
  std::vector<std::size_t> classes_;
  mutable std::mutex mutex_;
  std::condition_variable freed_;
  std::vector<std::vector<block>> free_;
  std::size_t charged_ = 0;
  std::size_t kept_ = 0;  // bytes in free lists
  std::deque<std::uint64_t> waiting_;
  std::uint64_t next_number_ = 0;
};

}  // namespace v0
}  // namespace ottla
