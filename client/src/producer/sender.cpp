// sender: the turn of a step: metadata, deadlines, and which partitions may send.
#include "sender.hpp"

#include <algorithm>

namespace ottla {
inline namespace v0 {
namespace {

// A topic that was just created takes a moment to be known everywhere; after this many answers it is taken as missing
// (C-14).
constexpr int unknown_answers_bound = 5;

/// The order of partitions in a request.
bool goes_before(const partition_queue& a, const partition_queue& b) {
  return &a.owner != &b.owner ? a.owner.name < b.owner.name : a.index < b.index;
}

steady_ns deadline_of(std::int64_t ns) { return steady_ns(std::chrono::nanoseconds(ns)); }

}  // namespace

sender::sender(producer_state& state) : state_(state) {
  const producer_config& config = state.config();
  if (config.transactional_id.empty()) return;
  transactions_ = std::make_unique<transaction_manager>(config.transactional_id, config.transaction_timeout, identity_,
                                                        state.gate());
}

void sender::attach(core& on) {
  core_ = &on;
  owner_ = on.add(*this);
  if (state_.config().idempotence && !transactions_) identity_.need();
}

void sender::add_topic(topic_state& topic) {
  if (detached_ || core_ == nullptr) return;
  topics_.push_back(&topic);
  core_->meta().want_topic(topic.name, core_->now().mono);
  seen_generation_ = 0;
}

void sender::when_ready(topic_state& topic, steady_ns deadline, std::function<void(error)> done) {
  if (detached_ || core_ == nullptr) return done(error(client_code::closed, closed_context()));
  waiters_.push_back({&topic, deadline, std::move(done)});
}

error sender::why_not_ready(const topic_state& topic, bool late) const {
  error_context context;
  context.asked = "Metadata of topic " + topic.name;
  if (detached_) {
    context.detail = "the producer was closed";
    return error(client_code::closed, std::move(context));
  }
  const topic_metadata* known = core_->meta().find(topic.name);
  if (known != nullptr && known->unknown_answers >= unknown_answers_bound) {
    context.detail = "the cluster does not know it";
    context.attempts = known->unknown_answers;
    context.advice = "create the topic, or check its name";
    return error(client_code::unknown_topic, std::move(context));
  }
  if (known != nullptr && known->error != protocol::error_code::none && !protocol::retriable(known->error)) {
    return error(known->error, std::move(context));
  }
  const error& last = core_->meta().last_failure();
  if (last && !last.retriable() && !core_->meta().ever_applied()) return last;
  if (!late) return {};
  context.detail = core_->unreachable_summary();
  const bool unreachable = !context.detail.empty() && !core_->meta().ever_applied();
  if (context.detail.empty()) context.detail = "the cluster did not name its partitions in time";
  context.advice = "check the bootstrap addresses and that the brokers run";
  return error(unreachable ? client_code::broker_unreachable : client_code::timed_out, std::move(context));
}

void sender::check_waiters() {
  for (std::size_t i = 0; i < waiters_.size();) {
    ready_waiter& one = waiters_[i];
    error why;
    if (one.topic->count() == 0) {
      why = why_not_ready(*one.topic, now_.mono >= one.deadline);
      if (!why) {
        ++i;
        continue;
      }
    }
    auto done = std::move(one.done);
    waiters_.erase(waiters_.begin() + static_cast<std::ptrdiff_t>(i));
    done(why);
  }
}

void sender::sync_metadata() {
  if (seen_generation_ == core_->meta().generation()) return;
  seen_generation_ = core_->meta().generation();
  for (topic_state* topic : topics_) {
    const topic_metadata* known = core_->meta().find(topic->name);
    if (known == nullptr) continue;
    topic->grow(static_cast<std::uint32_t>(known->partitions.size()));
    for (std::uint32_t i = 0; i < known->partitions.size(); ++i) {
      partition_queue& queue = topic->partition(i);
      const partition_metadata& told = known->partitions[i];
      if (told.leader != queue.leader) {
        queue.proven = false;
        queue.not_before = steady_ns{};
        queue.has_leader.store(told.leader != no_broker, std::memory_order_relaxed);
        if (told.leader == no_broker) topic->leave(i);
      }
      queue.leader = told.leader;
      queue.leader_epoch = told.leader_epoch;
    }
  }
}

steady_ns sender::step(core& on, instant now) {
  now_ = now;
  if (detached_) return never;
  sync_metadata();
  check_waiters();
  identity_.step(on, weak_from_this());
  if (identity_.now_in() == identity::state::fatal) fail_everything(identity_.fatal());
  for (partition_queue* queue : state_.take_registered()) active_.push_back(queue);

  steady_ns next = never;
  for (const ready_waiter& one : waiters_) next = std::min(next, one.deadline);
  if (transactions_) drop_of_transactions();
  for (partition_queue* queue : active_) expire(*queue, next);
  bump_when_drained();

  // Partitions grouped by leader; within a leader by topic, so that a request names each topic once.
  candidates_.assign(active_.begin(), active_.end());
  std::sort(candidates_.begin(), candidates_.end(), [](const partition_queue* a, const partition_queue* b) {
    return a->leader != b->leader ? a->leader < b->leader : goes_before(*a, *b);
  });
  for (std::size_t from = 0; from < candidates_.size();) {
    std::size_t to = from;
    while (to < candidates_.size() && candidates_[to]->leader == candidates_[from]->leader) ++to;
    send_to(candidates_[from]->leader, std::span(candidates_).subspan(from, to - from), next);
    from = to;
  }

  if (transactions_) next = std::min(next, step_transactions(on));

  std::erase_if(active_, [](partition_queue* queue) {
    if (queue->in_flight > 0 || !queue->retry.empty()) return false;
    std::lock_guard lock(queue->mutex);
    if (queue->open != nullptr || !queue->closed.empty()) return false;
    queue->registered = false;
    return true;
  });
  return next;
}

// What is not in flight and too old fails; what is in flight has its own, shorter time-out and an outcome that must be
// waited for (C-10).
void sender::expire(partition_queue& queue, steady_ns& next) {
  const auto late = [&](const batch& one) { return one.deadline <= now_.mono; };
  const auto why = [&](const batch& one) {
    error_context context;
    context.attempts = one.attempts;
    if (one.last_error) context.broker = one.last_error.context().broker;
    context.elapsed = std::chrono::nanoseconds(state_.config().delivery_timeout);
    context.detail = one.last_error ? std::string(one.last_error.name()) + ": " + one.last_error.context().detail
                                    : core_->unreachable_summary();
    if (context.detail.empty() && queue.leader == no_broker) context.detail = "the partition has no leader";
    if (context.detail.empty() && identity_.last_failure()) context.detail = identity_.last_failure().message();
    return error(client_code::delivery_timed_out, std::move(context));
  };
  // Not before what is in flight, the first of them, has its outcome: outcomes keep the order of the records.
  while (queue.in_flight == 0 && !queue.retry.empty() && late(*queue.retry.front())) {
    batch* one = queue.retry.front();
    queue.retry.pop_front();
    fail(*one, why(*one));
  }
  if (queue.in_flight == 0 && !queue.retry.empty()) next = std::min(next, queue.retry.front()->deadline);
  if (queue.closed_count.load(std::memory_order_acquire) == 0 &&
      queue.open_until.load(std::memory_order_acquire) == INT64_MAX)
    return;
  for (;;) {
    batch* one = nullptr;
    {
      std::lock_guard lock(queue.mutex);
      if (!queue.closed.empty()) {
        one = queue.closed.front();
        if (!late(*one)) next = std::min(next, one->deadline);
        // One that is late and still being sealed is nudged for when that is done.
        if (!late(*one) || one->now_in.load(std::memory_order_acquire) != batch::state::ready) return;
        queue.closed.pop_front();
        queue.closed_count.store(static_cast<std::uint32_t>(queue.closed.size()), std::memory_order_release);
      } else if (queue.open != nullptr && late(*queue.open)) {
        one = producer_state::close_open(queue);
        queue.closed.pop_back();
        queue.closed_count.store(0, std::memory_order_release);
        state_.tally.sent.fetch_add(static_cast<std::uint64_t>(one->count), std::memory_order_relaxed);
      } else {
        if (queue.open != nullptr) next = std::min(next, queue.open->deadline);
        return;
      }
    }
    fail(*one, why(*one));
  }
}

/// The batch that would go next, or null; sets when to look again if only time is missing.
batch* sender::head(partition_queue& queue, bool lane_idle, steady_ns& next) {
  if (queue.leader == no_broker) return nullptr;
  if (queue.not_before > now_.mono) {
    next = std::min(next, queue.not_before);
    return nullptr;
  }
  if (queue.in_flight > 0 && queue.flying_to != queue.leader) return nullptr;  // C-11
  const bool fresh_allowed = identity_.usable() && !identity_.draining();
  if (transactions_ && (!fresh_allowed || !transactions_->admits(queue))) return nullptr;
  if (queue.recovering) {
    if (queue.in_flight > 0) return nullptr;
    if (!queue.retry.empty()) {
      batch* one = queue.retry.front();
      return one->sequence >= 0 || fresh_allowed ? one : nullptr;
    }
    queue.recovering = false;
  }
  const int limit = queue.proven ? state_.config().max_in_flight : 1;
  if (queue.in_flight >= limit || !fresh_allowed) return nullptr;
  const bool any_closed = queue.closed_count.load(std::memory_order_acquire) > 0;
  if (!any_closed) {
    const std::int64_t until = queue.open_until.load(std::memory_order_acquire);
    if (until == INT64_MAX) return nullptr;
    if (!lane_idle && deadline_of(until) > now_.mono && !state_.flushing() && !state_.pool().has_waiters() &&
        !(transactions_ && transactions_->is_committing())) {
      next = std::min(next, deadline_of(until));
      return nullptr;
    }
  }
  batch* one = nullptr;
  {
    std::lock_guard lock(queue.mutex);
    // A caller may have filled a batch since the look above: that one goes first.
    if (!queue.closed.empty()) {
      one = queue.closed.front();
      return one->now_in.load(std::memory_order_acquire) == batch::state::ready ? one : nullptr;
    }
    if (queue.open == nullptr) return nullptr;
    one = producer_state::close_open(queue);
  }
  state_.seal(*one);
  queue.owner.leave(static_cast<std::uint32_t>(queue.index));
  return one;
}

void sender::pop(partition_queue& queue, batch* one) {
  if (!queue.retry.empty() && queue.retry.front() == one) {
    queue.retry.pop_front();
    return;
  }
  std::lock_guard lock(queue.mutex);
  queue.closed.pop_front();
  queue.closed_count.store(static_cast<std::uint32_t>(queue.closed.size()), std::memory_order_release);
}

void sender::send_to(broker_id leader, std::span<partition_queue*> queues, steady_ns& next) {
  if (leader == no_broker) {
    core_->meta().request_refresh();
    return;
  }
  if (!core_->reachable(leader, lane::produce, owner_)) {
    core_->meta().request_refresh();
    next = std::min(next, core_->reachable_at(leader, lane::produce, owner_));
    return;
  }
  broker_load& load = brokers_[leader];
  if (load.not_before > now_.mono) {
    next = std::min(next, load.not_before);
    return;
  }
  const bool lane_idle = load.in_flight == 0;
  while (load.in_flight < state_.config().max_in_flight) {
    auto going = std::make_shared<flight>();
    std::size_t bytes = 0;
    const std::size_t start = load.turn % queues.size();
    for (std::size_t i = 0; i < queues.size(); ++i) {
      partition_queue* queue = queues[(start + i) % queues.size()];
      batch* one = head(*queue, lane_idle, next);
      if (one == nullptr) continue;
      if (!going->batches.empty() && bytes + one->used > state_.config().max_request_size) {
        load.turn = (start + i) % queues.size();
        break;
      }
      pop(*queue, one);
      assign_sequence(*one);
      bytes += one->used;
      ++queue->in_flight;
      queue->flying_to = leader;
      ++batches_in_flight_;
      ++one->attempts;
      one->now_in.store(batch::state::in_flight, std::memory_order_relaxed);
      going->batches.push_back(one);
    }
    if (going->batches.empty()) return;
    std::sort(going->batches.begin(), going->batches.end(),
              [](const batch* a, const batch* b) { return goes_before(*a->home, *b->home); });
    going->broker = leader;
    going->owner = state_.shared_from_this();
    ++load.in_flight;
    state_.tally.requests.fetch_add(1, std::memory_order_relaxed);
    state_.tally.batches.fetch_add(going->batches.size(), std::memory_order_relaxed);
    state_.tally.bytes.fetch_add(bytes, std::memory_order_relaxed);
    dispatch(std::move(going));
  }
}

void sender::start_flush(std::shared_ptr<flush_ticket> ticket) {
  for (partition_queue* queue : state_.take_registered()) active_.push_back(queue);
  const auto mark = [&](batch* one) {
    ticket->open.fetch_add(1, std::memory_order_relaxed);
    one->tickets.push_back(ticket);
  };
  for (partition_queue* queue : active_) {
    for (batch* one : queue->retry) mark(one);
    std::lock_guard lock(queue->mutex);
    for (batch* one : queue->closed) mark(one);
    if (queue->open != nullptr) {
      mark(queue->open);
      queue->open_until.store(0, std::memory_order_release);
    }
  }
  for (const auto& going : flights_) {
    for (batch* one : going->batches) {
      if (one != nullptr) mark(one);
    }
  }
  // Behind the handlers of what got its outcome in this very step.
  if (core_ == nullptr) return ticket->drop();
  core_->done().push([ticket] { ticket->drop(); });
}

}  // namespace v0
}  // namespace ottla
