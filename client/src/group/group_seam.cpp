// group_seam: both sides of the hand-over.
#include "group_seam.hpp"

#include <utility>

namespace ottla {
inline namespace v0 {

void group_seam::give(rebalance_task::kind what, std::vector<topic_partition> target) {
  std::lock_guard lock(mutex_);
  task_ = rebalance_task{what, ++last_number_, std::move(target)};
  begun_ = false;
  update_attention();
}

bool group_seam::withdraw() {
  std::lock_guard lock(mutex_);
  if (!task_) return true;
  if (begun_) return false;
  task_.reset();
  update_attention();
  return true;
}

std::uint64_t group_seam::outstanding() const {
  std::lock_guard lock(mutex_);
  return task_ ? task_->number : 0;
}

void group_seam::done(std::uint64_t number) {
  std::lock_guard lock(mutex_);
  if (!task_ || task_->number != number) return;  // replaced meanwhile
  task_.reset();
  begun_ = false;
  update_attention();
}

bool group_seam::overdue(steady_ns now, std::chrono::nanoseconds max_poll_interval) {
  std::lock_guard lock(mutex_);
  if (away_ || polling_ || now < after(last_poll_, max_poll_interval)) return false;
  away_ = true;
  return true;
}

steady_ns group_seam::overdue_at(std::chrono::nanoseconds max_poll_interval) const {
  std::lock_guard lock(mutex_);
  return away_ || polling_ ? never : after(last_poll_, max_poll_interval);
}

void group_seam::fail(error why, bool lasts) {
  std::lock_guard lock(mutex_);
  if (failure_lasts_) return;
  failure_ = std::move(why);
  failure_lasts_ = lasts;
  update_attention();
}

void group_seam::tell(group_metadata now) {
  std::lock_guard lock(mutex_);
  membership_ = std::move(now);
}

group_seam::entry group_seam::enter_poll(steady_ns now) {
  std::lock_guard lock(mutex_);
  polling_ = true;
  last_poll_ = now;
  return {std::exchange(away_, false)};
}

void group_seam::leave_poll(steady_ns now) {
  std::lock_guard lock(mutex_);
  polling_ = false;
  last_poll_ = now;
}

std::optional<rebalance_task> group_seam::begin() {
  std::lock_guard lock(mutex_);
  if (!task_ || begun_) return std::nullopt;
  begun_ = true;
  update_attention();
  return task_;
}

std::optional<error> group_seam::take_failure() {
  std::lock_guard lock(mutex_);
  if (!failure_) return std::nullopt;
  if (failure_lasts_) return failure_;
  error out = std::exchange(failure_, {});
  update_attention();
  return out;
}

bool group_seam::settled() const {
  std::lock_guard lock(mutex_);
  return !task_ && membership_.generation >= 0;
}

group_metadata group_seam::membership() const {
  std::lock_guard lock(mutex_);
  return membership_;
}

// A poll that waits for records looks here instead.
void group_seam::update_attention() { queue_->set_attention((task_ && !begun_) || failure_); }

}  // namespace v0
}  // namespace ottla
