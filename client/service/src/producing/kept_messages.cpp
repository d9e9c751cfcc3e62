// producer_runtime: messages that are kept: until their topic is known, and inside the guards.
#include <algorithm>

#include "../call_listener.hpp"
#include "producer_runtime.hpp"

namespace ottla {
inline namespace v0 {
namespace {

// To the guards a failure that says nothing against the message is one of the cluster: it counts for the breaker, and
// the message may go once more.
verdict judge(const error& why) {
  if (!why) return done;
  if (why.retriable() || why.persisted() == persistence::possibly) return why;
  return non_retryable_error{.why = why.message(), .type = std::string(why.name())};
}

}  // namespace

/// False: the topic became ready meanwhile, and the message goes straight on. That is looked at under the lock that the
/// message is parked under: otherwise one that is parked a moment too late would be overtaken by the next of its
/// thread.
bool producer_runtime::park(topic_slot& to, const record& what, const sending_ptr& how, result<void>& taken) {
  auto copy = std::make_unique<kept_record>(what);
  const std::size_t bytes = payload_bytes(what) + sizeof(kept_record);
  const steady_ns deadline = after(how->meta.given, config_.delivery_timeout);
  bool ask = false;
  {
    const std::lock_guard<std::mutex> lock(to.mutex);
    if (to.ready.load(std::memory_order_relaxed)) return false;
    if (parked_bytes_.fetch_add(bytes, std::memory_order_relaxed) + bytes <= config_.buffer_memory) {
      how->hold = kept_->add();
      parked_count_.fetch_add(1, std::memory_order_relaxed);
      to.waiting.push_back({std::move(copy), how, bytes, deadline});
      ask = !std::exchange(to.asked, true);
    } else {
      parked_bytes_.fetch_sub(bytes, std::memory_order_relaxed);
    }
  }
  if (copy) {
    taken = refuse(how->meta, to.handle.name(),
                   state_error(client_code::buffer_full, to.handle.name(),
                               "buffer_memory is full of messages whose topic's partitions are not known yet",
                               "check that the cluster is there and that the topic exists"));
  }
  if (ask) ask_partitions(to, deadline);
  return true;
}

void producer_runtime::ask_partitions(topic_slot& to, steady_ns deadline) {
  const auto wait =
      std::chrono::ceil<std::chrono::milliseconds>(std::max(deadline - report_->now(), steady_ns::duration(0)));
  to.handle.when_ready(wait, [weak = weak_from_this(), &to](error why) {
    if (const auto self = weak.lock()) self->topic_known(to, std::move(why));
  });
}

// On the core's thread, behind a step; or where the question was refused at once.
void producer_runtime::topic_known(topic_slot& to, error why) {
  std::deque<parked> failed, guarded;
  std::vector<error> causes;
  steady_ns again = never;
  {
    const std::lock_guard<std::mutex> lock(to.mutex);
    to.asked = false;
    std::deque<parked> now = std::exchange(to.waiting, {});
    for (parked& one : now) {
      error cause = why;
      if (why && why.retriable() && one.deadline > report_->now()) {
        again = std::min(again, one.deadline);  // came later than the one that asked: its own time is not over
        to.waiting.push_back(std::move(one));
        continue;
      }
      parked_bytes_.fetch_sub(one.bytes, std::memory_order_relaxed);
      parked_count_.fetch_sub(1, std::memory_order_relaxed);
      if (!cause && guards_) {
        guarded.push_back(std::move(one));
        continue;
      }
      // Under the lock: who comes now must not overtake who waited.
      if (!cause) cause = launch(to.handle, one.what->get(), one.how);
      if (!cause) {
        one.how->hold.release();
        continue;
      }
      causes.push_back(std::move(cause));
      failed.push_back(std::move(one));
    }
    if (to.waiting.empty() && !why) to.ready.store(true, std::memory_order_release);
    to.asked = again != never;
  }
  for (std::size_t i = 0; i < failed.size(); ++i) {
    sending& how = *failed[i].how;
    report_->refused(how.meta, to.handle.name(), causes[i]);
    delivery outcome;
    outcome.topic = to.handle.name();
    outcome.failure = causes[i];
    if (auto told = std::exchange(how.told, {})) call_listener(told, outcome);
    how.hold.release();
  }
  for (parked& one : guarded) guard(to.handle, std::move(one.what), std::move(one.how));
  if (again != never) ask_partitions(to, again);
}

void producer_runtime::fail_parked(error why) {
  std::vector<topic_slot*> all;
  {
    const std::lock_guard<std::mutex> lock(slots_mutex_);
    for (auto& [name, one] : slots_) all.push_back(one.get());
  }
  for (topic_slot* one : all) topic_known(*one, why);
}

/// Until nothing is parked or in the guards, or the deadline. What the guards let through lies in a batch that nobody
/// fills any more, so it is flushed instead of waiting for linger.
bool producer_runtime::wait_kept(steady_ns deadline) {
  constexpr std::chrono::milliseconds look_every{50};
  for (;;) {
    const steady_ns now = report_->now();
    if (kept_->wait_none(cluster_->runner(), std::min(deadline, after(now, look_every)))) return true;
    const steady_ns later = report_->now();
    if (later >= deadline) return false;
    (void)producer_.flush(std::min(look_every, std::chrono::ceil<std::chrono::milliseconds>(deadline - later)));
  }
}

/// One message in the guards, and the outcome of its last try.
struct producer_runtime::guarded_send {
  std::unique_ptr<kept_record> what;
  sending_ptr how;
  ottla::topic to;
  delivery last;
  bool taken = false;  // the last try was; if not, nobody was told of its failure yet
};

void producer_runtime::guard(const ottla::topic& to, std::unique_ptr<kept_record> what, sending_ptr how) {
  auto call = std::make_shared<guarded_send>();
  call->what = std::move(what);
  call->how = std::move(how);
  call->to = to;
  reliability::call_options options;
  options.bytes = call->how->meta.bytes;
  options.deadline = after(call->how->meta.given, config_.delivery_timeout);
  const auto clock = report_;
  guards_->guards().call(
      [call, clock](reliability::attempt attempt) {
        auto shared = std::make_shared<reliability::attempt>(std::move(attempt));
        call->taken = true;
        auto taken = call->to.send(call->what->get(), [call, clock, shared](const delivery& d) {
          call->last = d;
          call->last.topic = call->to.name();
          shared->finish(judge(d.failure), clock->now());
        });
        if (taken) return;
        call->taken = false;
        call->last = {};
        call->last.topic = call->to.name();
        call->last.failure = taken.error();
        shared->finish(judge(taken.error()), clock->now());
      },
      [call, clock](const call_outcome& ended) {
        delivery outcome = call->last;
        outcome.topic = call->to.name();
        if (ended.refusal) outcome.failure = ended.refusal;
        if (ended.refusal || !call->taken) {
          clock->refused(call->how->meta, outcome.topic, outcome.failure);
          if (auto told = std::exchange(call->how->told, {})) call_listener(told, outcome);
          call->how->hold.release();
        } else {
          settle(*clock, *call->how, outcome);
        }
      },
      options, report_->now());
}

}  // namespace v0
}  // namespace ottla
