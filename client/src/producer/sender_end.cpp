// sender: how batches end without having been sent: purge, a fatal identity, detach and close.
#include <algorithm>

#include "sender.hpp"

namespace ottla {
inline namespace v0 {

void sender::purge() {
  if (detached_ || core_ == nullptr) return;
  for (partition_queue* queue : state_.take_registered()) active_.push_back(queue);
  error_context context;
  context.detail = "it was purged before it was sent";
  const error why(client_code::purged, std::move(context));
  for (partition_queue* queue : active_) fail_queued(*queue, why, false);
}

// Everything of a partition that is not in flight.
std::uint64_t sender::fail_queued(partition_queue& queue, const error& why, bool for_ever) {
  std::uint64_t records = 0;
  std::deque<batch*> all = std::exchange(queue.retry, {});
  {
    std::lock_guard lock(queue.mutex);
    queue.gone = queue.gone || for_ever;
    while (!queue.closed.empty() &&
           queue.closed.front()->now_in.load(std::memory_order_acquire) == batch::state::ready) {
      all.push_back(queue.closed.front());
      queue.closed.pop_front();
    }
    // A batch that its caller is still sealing stays, and what is behind it as well.
    if (queue.closed.empty() && queue.open != nullptr) {
      state_.tally.sent.fetch_add(static_cast<std::uint64_t>(queue.open->count), std::memory_order_relaxed);
      all.push_back(producer_state::close_open(queue));
      queue.closed.pop_back();
    }
    queue.closed_count.store(static_cast<std::uint32_t>(queue.closed.size()), std::memory_order_release);
  }
  for (batch* one : all) {
    records += static_cast<std::uint64_t>(one->count);
    fail(*one, why);
  }
  return records;
}

void sender::fail_everything(const error& why) {
  for (topic_state* topic : topics_) {
    for (std::uint32_t i = 0; i < topic->count(); ++i) (void)fail_queued(topic->partition(i), why, false);
  }
}

// A transaction that failed takes what is buffered with it; one that begins has numbers of its own.
void sender::drop_of_transactions() {
  if (const error why = transactions_->why_dropped()) fail_everything(why);
  if (transactions_->take_restart()) restart_numbers();
}

// Behind the sending, which says what the coordinator must hear of, and moves what a commit waits for.
steady_ns sender::step_transactions(core& on) {
  return transactions_->step(on, weak_from_this(), [this] { return is_drained(); });
}

// Under each partition's lock: what a caller appends behind this look sees that the gate is shut.
bool sender::is_drained() const {
  if (batches_in_flight_ > 0) return false;
  for (const topic_state* topic : topics_) {
    for (std::uint32_t i = 0; i < topic->count(); ++i) {
      partition_queue& queue = topic->partition(i);
      if (!queue.retry.empty()) return false;
      std::lock_guard lock(queue.mutex);
      if (queue.open != nullptr || !queue.closed.empty()) return false;
    }
  }
  return true;
}

std::uint64_t sender::detach(core& on, task done) {
  std::uint64_t lost = 0;
  if (!detached_ && core_ != nullptr) {
    detached_ = true;
    if (transactions_) transactions_->close(error(client_code::closed, closed_context()));
    for (const auto& going : flights_) {
      for (const batch* one : going->batches) lost += one != nullptr ? static_cast<std::uint64_t>(one->count) : 0;
    }
    lost += end_all(error(client_code::closed, closed_context()));
    for (topic_state* topic : topics_) on.meta().release_topic(topic->name);
    on.remove(owner_);
  }
  ended_ = std::move(done);
  done_if_ended();
  return lost;
}

std::uint64_t sender::end_all(const error& why) {
  std::uint64_t lost = 0;
  for (topic_state* topic : topics_) {
    for (std::uint32_t i = 0; i < topic->count(); ++i) {
      partition_queue& queue = topic->partition(i);
      lost += fail_queued(queue, why, true);
      bool left = false;
      {
        std::lock_guard lock(queue.mutex);
        left = !queue.closed.empty() || queue.open != nullptr;
      }
      if (left) {
        // Its caller is compressing it at this moment; that ends.
        core_->at(after(core_->now().mono, std::chrono::milliseconds(1)),
                  [self = shared_from_this(), why, owner = state_.shared_from_this()] { (void)self->end_all(why); });
      }
    }
  }
  for (ready_waiter& one : std::exchange(waiters_, {})) one.done(why);
  return lost;
}

error_context sender::closed_context() const {
  error_context context;
  context.detail = "the producer was closed first";
  return context;
}

void sender::done_if_ended() {
  if (!detached_ || batches_in_flight_ > 0 || !ended_ || core_ == nullptr) return;
  core_->done().push(std::move(ended_));
}

// The core closes under a producer that was not: outcomes are told, later calls say `closed`.
void sender::close(core&) {
  if (detached_) return;
  detached_ = true;
  if (transactions_) transactions_->close(error(client_code::closed, closed_context()));
  (void)end_all(error(client_code::closed, closed_context()));
}

}  // namespace v0
}  // namespace ottla
