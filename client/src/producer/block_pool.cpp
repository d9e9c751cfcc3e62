// block_pool: charging, keeping, and whose turn it is.
#include "block_pool.hpp"

#include <algorithm>

namespace ottla {
inline namespace v0 {

block_pool::block_pool(std::size_t bound, std::size_t largest) : bound_(bound) {
  for (std::size_t size = smallest; size < largest; size *= 4) classes_.push_back(size);
  classes_.push_back(largest);
  free_.resize(classes_.size());
}

std::size_t block_pool::capacity_for(std::size_t bytes) const {
  const auto found = std::lower_bound(classes_.begin(), classes_.end(), bytes);
  return found == classes_.end() ? bytes : *found;
}

block block_pool::take_locked(std::size_t bytes) {
  if (charged_ + capacity_for(bytes) > bound_) return {};
  return charge_locked(bytes);
}

block block_pool::charge_locked(std::size_t bytes) {
  const std::size_t capacity = capacity_for(bytes);
  charged_ += capacity;
  const auto index =
      static_cast<std::size_t>(std::lower_bound(classes_.begin(), classes_.end(), bytes) - classes_.begin());
  if (index < classes_.size() && !free_[index].empty()) {
    block out = std::move(free_[index].back());
    free_[index].pop_back();
    kept_ -= capacity;
    return out;
  }
  // Kept blocks of other classes count towards the bound as real memory: drop some before taking more.
  for (std::size_t i = free_.size(); i-- > 0 && charged_ + kept_ > bound_;) {
    while (!free_[i].empty() && charged_ + kept_ > bound_) {
      kept_ -= free_[i].back().capacity;
      free_[i].pop_back();
    }
  }
  return {std::unique_ptr<std::byte[]>(new std::byte[capacity]), capacity};
}

block block_pool::try_take(std::size_t bytes) {
  std::lock_guard lock(mutex_);
  if (!waiting_.empty()) return {};
  return take_locked(bytes);
}

block block_pool::overdraw(std::size_t bytes) {
  std::lock_guard lock(mutex_);
  return charge_locked(bytes);
}

void block_pool::give_back(block one) {
  if (one.capacity == 0) return;
  bool wake = false;
  {
    std::lock_guard lock(mutex_);
    charged_ -= one.capacity;
    const auto found = std::find(classes_.begin(), classes_.end(), one.capacity);
    if (found != classes_.end()) {
      kept_ += one.capacity;
      free_[static_cast<std::size_t>(found - classes_.begin())].push_back(std::move(one));
    }
    wake = !waiting_.empty();
  }
  if (wake) freed_.notify_all();
}

std::size_t block_pool::charged() const {
  std::lock_guard lock(mutex_);
  return charged_;
}

bool block_pool::has_waiters() const {
  std::lock_guard lock(mutex_);
  return !waiting_.empty();
}

block_pool::turn::turn(block_pool& pool, std::size_t bytes) : pool_(pool), bytes_(bytes) {
  std::lock_guard lock(pool_.mutex_);
  number_ = pool_.next_number_++;
  pool_.waiting_.push_back(number_);
}

block_pool::turn::~turn() {
  {
    std::lock_guard lock(pool_.mutex_);
    std::erase(pool_.waiting_, number_);
  }
  pool_.freed_.notify_all();
}

block block_pool::turn::wait(std::chrono::nanoseconds at_most) {
  std::unique_lock lock(pool_.mutex_);
  block out;
  pool_.freed_.wait_for(lock, at_most, [&] {
    if (pool_.waiting_.front() != number_) return false;
    out = pool_.take_locked(bytes_);
    return out.capacity != 0;
  });
  return out;
}

block block_pool::turn::look() {
  std::lock_guard lock(pool_.mutex_);
  return pool_.waiting_.front() == number_ ? pool_.take_locked(bytes_) : block{};
}

}  // namespace v0
}  // namespace ottla
