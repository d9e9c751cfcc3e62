// coordinator: FindCoordinator, repeated with backoff until it is answered.
#include "coordinator.hpp"

#include <utility>

namespace ottla {
inline namespace v0 {

steady_ns coordinator::step(core& on, const std::weak_ptr<void>& alive, const std::function<void()>& changed) {
  if (broker_ != no_broker || asking_) return never;
  if (on.now().mono < not_before_) return not_before_;
  if (!wait_) wait_.emplace(on.config().retry_backoff, on.config().retry_backoff_max, on.stream("coordinator"));
  asking_ = true;
  request ask = find_coordinators({key_}, kind_);
  ask.done = [this, &on, alive, changed](response&& answer) {
    const auto held = alive.lock();  // its last other owner may let go on another thread, at any moment
    if (!held) return;
    answered(on, answer);
    changed();
  };
  on.send(route{}, std::move(ask));
  return never;
}

void coordinator::answered(core& on, const response& answer) {
  asking_ = false;
  const error why = read(on, answer);
  last_ = why;
  if (!why) {
    wait_->reset();
    return;
  }
  // What a client finds wrong (no connection, no answer) is tried again at another broker; what a broker refuses for
  // good is told, and tried again more slowly in case somebody grants it.
  if (why.client() == client_code::none && !why.retriable()) refusal_ = why;
  if (why.is(client_code::unsupported_version)) refusal_ = why;
  not_before_ = after(on.now().mono, wait_->next());
}

error coordinator::read(core& on, const response& answer) {
  const auto located = read_coordinators(answer, {&key_, 1}, kind_);
  if (!located) return located.error();
  const located_coordinator& one = located->front();
  if (one.failure) return one.failure;
  on.meta().apply_broker_hint(one.broker, one.address);
  broker_ = one.broker;
  return {};
}

bool coordinator::forget(broker_id whom) {
  if (broker_ == no_broker || broker_ != whom) return false;
  broker_ = no_broker;
  return true;
}

}  // namespace v0
}  // namespace ottla
