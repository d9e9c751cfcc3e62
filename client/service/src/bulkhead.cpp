// bulkhead: a count and a queue under one mutex; continuations run behind it, one at a time.
#include "ottla/service/bulkhead.hpp"

#include <algorithm>
#include <deque>
#include <mutex>
#include <utility>

#include "checked_config.hpp"
#include "serial_tasks.hpp"

namespace ottla {
inline namespace v0 {

struct bulkhead::shared : std::enable_shared_from_this<shared> {
  struct waiter {
    steady_ns deadline;
    entered then;
  };

  shared(bulkhead_config c, std::string n) : config(c), valid(c.validate()), name(std::move(n)) {}

  // All with the mutex held.

  error refusal(client_code code, std::string detail) const {
    error_context context;
    context.asked = name;
    context.detail = std::move(detail);
    return error(code, std::move(context));
  }
  error full() const {
    return refusal(client_code::bulkhead_full,
                   std::to_string(running) + " calls are under way and " + std::to_string(queue.size()) + " wait");
  }
  error shut() const { return refusal(client_code::closed, "it was closed"); }
  result<place> take() { return ++running, place(shared_from_this()); }
  void tell(entered then, result<place> outcome) {
    // The task owns the place until it runs: if `then` leaves it at once, the next one in is told by the same loop.
    pending.add([then = std::move(then), outcome = std::move(outcome)]() mutable { then(std::move(outcome)); });
  }
  void admit() {
    while (running < config.concurrent && !queue.empty()) {
      waiter first = std::move(queue.front());
      queue.pop_front();
      tell(std::move(first.then), take());
    }
  }

  const bulkhead_config config;
  const result<void> valid;
  const std::string name;

  std::mutex mutex;
  std::size_t running = 0;
  std::deque<waiter> queue;
  serial_tasks pending;
  bool closed = false;
};

bulkhead::bulkhead(bulkhead_config config, std::string name)
    : shared_(std::make_shared<shared>(config, std::move(name))) {}
bulkhead::~bulkhead() {
  if (shared_) close();
}

result<bulkhead::place> bulkhead::try_enter() {
  const std::lock_guard<std::mutex> lock(shared_->mutex);
  if (!shared_->valid) return unexpected(shared_->valid.error());
  if (shared_->closed) return unexpected(shared_->shut());
  if (shared_->running >= shared_->config.concurrent || !shared_->queue.empty()) return unexpected(shared_->full());
  return shared_->take();
}

void bulkhead::enter(steady_ns deadline, entered then) {
  const auto keep = shared_;
  std::unique_lock<std::mutex> lock(keep->mutex);
  if (!keep->valid) {
    keep->tell(std::move(then), unexpected(keep->valid.error()));
  } else if (keep->closed) {
    keep->tell(std::move(then), unexpected(keep->shut()));
  } else if (keep->running < keep->config.concurrent && keep->queue.empty()) {
    keep->tell(std::move(then), keep->take());
  } else if (keep->queue.size() >= keep->config.queued) {
    keep->tell(std::move(then), unexpected(keep->full()));
  } else {
    keep->queue.push_back({deadline, std::move(then)});
  }
  keep->pending.drain(lock);
}

steady_ns bulkhead::expire(steady_ns now) {
  const auto keep = shared_;
  std::unique_lock<std::mutex> lock(keep->mutex);
  std::deque<shared::waiter> stay;
  for (shared::waiter& one : keep->queue) {
    if (one.deadline > now) {
      stay.push_back(std::move(one));
    } else {
      keep->tell(std::move(one.then),
                 unexpected(keep->refusal(client_code::timed_out, "no place became free before the deadline")));
    }
  }
  keep->queue.swap(stay);
  keep->pending.drain(lock);
  steady_ns next = never;
  for (const shared::waiter& one : keep->queue) next = std::min(next, one.deadline);
  return next;
}

void bulkhead::close() {
  const auto keep = shared_;
  std::unique_lock<std::mutex> lock(keep->mutex);
  keep->closed = true;
  for (shared::waiter& one : keep->queue) keep->tell(std::move(one.then), unexpected(keep->shut()));
  keep->queue.clear();
  keep->pending.drain(lock);
}

bulkhead_stats bulkhead::stats() const {
  const std::lock_guard<std::mutex> lock(shared_->mutex);
  return {shared_->running, shared_->queue.size()};
}

bulkhead::place& bulkhead::place::operator=(place&& other) noexcept {
  if (this != &other) {
    leave();
    owner_ = std::move(other.owner_);
  }
  return *this;
}

void bulkhead::place::leave() {
  const auto owner = std::exchange(owner_, nullptr);
  if (!owner) return;
  std::unique_lock<std::mutex> lock(owner->mutex);
  --owner->running;
  owner->admit();
  owner->pending.drain(lock);
}

result<void> bulkhead_config::validate() const {
  if (concurrent < 1 || concurrent > 1'000'000) return bad_config("bulkhead", "concurrent is not 1 to 1000000");
  if (queued > 1'000'000) return bad_config("bulkhead", "queued is not 0 to 1000000");
  return {};
}

}  // namespace v0
}  // namespace ottla
