// reliability: one call's way through the guards, as a chain of short functions; who waits for time stands in two
// lists.
#include "ottla/service/reliability.hpp"

#include <algorithm>
#include <atomic>
#include <deque>
#include <mutex>
#include <utility>
#include <vector>

#include "call_listener.hpp"
#include "checked_config.hpp"

namespace ottla {
inline namespace v0 {

/// Touched by one thread at a time: who moves it through the guards, or who finishes its try.
struct reliability::running {
  std::shared_ptr<shared> owner;
  step_function step;
  ended end;
  call_options options;
  call_outcome outcome;
  bulkhead::place place;
  circuit_breaker::permit permit;
  bool paid = false;      // holds tokens of the rate limiter
  steady_ns due = never;  // a retry's pause
};

struct reliability::shared : std::enable_shared_from_this<shared> {
  using call_ptr = std::shared_ptr<running>;

  shared(reliability_config c, std::uint64_t seed) : config(std::move(c)), valid(config.validate()), rng(seed) {
    if (config.rate) rate.emplace(*config.rate);
    if (config.bulkhead) house.emplace(*config.bulkhead, config.name);
    if (config.breaker) breaker.emplace(*config.breaker, config.name);
  }

  error failure(client_code code, std::string detail) const {
    error_context context;
    context.asked = config.name;
    context.detail = std::move(detail);
    return error(code, std::move(context));
  }

  /// Time as far as anybody told: continuations of the bulkhead come without one.
  steady_ns at(steady_ns now) {
    steady_ns::rep seen = latest.load(std::memory_order_relaxed);
    const steady_ns::rep mine = now.time_since_epoch().count();
    while (seen < mine && !latest.compare_exchange_weak(seen, mine, std::memory_order_relaxed)) {
    }
    return steady_ns(std::chrono::nanoseconds(std::max(seen, mine)));
  }
  steady_ns seen() const { return steady_ns(std::chrono::nanoseconds(latest.load(std::memory_order_relaxed))); }

  // Each of these ends by handing the call on, or by ending it.

  void begin_try(const call_ptr& call, steady_ns now) {
    if (closed) return refuse(call, failure(client_code::closed, "it was closed"));
    if (now >= call->options.deadline)
      return refuse(call, failure(client_code::timed_out, "no try could begin before the deadline"));
    if (breaker) {
      if (auto admitted = breaker->would_admit(now); !admitted) return refuse(call, admitted.error());
    }
    if (!rate) return enter_house(call);
    bool pay = false;
    {
      const std::lock_guard<std::mutex> lock(mutex);
      pay = for_tokens.empty() && take_tokens(*call, now);
      if (!pay) for_tokens.push_back(call);
    }
    if (pay) return enter_house(call);
    pay_in_turn(now);
    if (closed) refuse_waiting();  // close may have looked before this one stood in the list
    tell_earlier(now);
  }
  // With the mutex held, so that nobody overtakes between the question and the queue.
  bool take_tokens(running& call, steady_ns now) {
    const auto answer = rate->try_acquire(now, call.options.messages, call.options.bytes);
    tokens_due = answer ? never : after(now, answer.wait);
    return call.paid = answer.granted;
  }
  /// Lets in who can pay, and sends away who cannot pay before the deadline.
  void pay_in_turn(steady_ns now) {
    for (;;) {
      call_ptr first;
      {
        const std::lock_guard<std::mutex> lock(mutex);
        if (for_tokens.empty()) return void(tokens_due = never);
        running& head = *for_tokens.front();
        const bool late = now >= head.options.deadline;
        if (!late && !take_tokens(head, now) && tokens_due < head.options.deadline) return;
        first = std::move(for_tokens.front());
        for_tokens.pop_front();
      }
      if (first->paid) {
        enter_house(first);
      } else {
        refuse(first, failure(client_code::rate_limited, "the rate limit leaves no room before the deadline"));
      }
    }
  }
  void enter_house(const call_ptr& call) {
    if (!house) return make_try(call);
    house->enter(call->options.deadline, [call](result<bulkhead::place> place) {
      shared& self = *call->owner;
      if (!place) return self.refuse(call, place.error());
      call->place = std::move(*place);
      self.make_try(call);
    });
    if (call->options.deadline != never) tell_earlier(seen());
  }
  void make_try(const call_ptr& call) {
    if (closed) return refuse(call, failure(client_code::closed, "it was closed"));
    if (breaker) {
      auto permit = breaker->try_acquire(seen());
      if (!permit) return refuse(call, permit.error());
      call->permit = std::move(*permit);
    }
    call->paid = false;  // spent
    ++call->outcome.tries;
    call_listener(call->step, attempt(call));
  }
  void finish_try(const call_ptr& call, const verdict& said, steady_ns now) {
    if (said.is_retry()) {
      call->permit.failure(now);
    } else {
      call->permit.success(now);
    }
    call->outcome.last = said;
    const bool again = said.is_retry() && config.retry && config.retry->allows(call->outcome.tries) && !closed;
    if (again) {
      std::unique_lock<std::mutex> lock(mutex);
      const auto pause =
          said.delay() ? std::chrono::nanoseconds(*said.delay()) : config.retry->delay(call->outcome.tries, rng);
      call->due = after(now, pause);
      const bool in_time = call->due < call->options.deadline;
      if (in_time) pausing.push_back(call);
      lock.unlock();
      call->place.leave();
      if (in_time) return closed ? refuse_waiting() : tell_earlier(now);
    } else {
      call->place.leave();
    }
    end(call);
  }
  void refuse(const call_ptr& call, error why) {
    call->outcome.refusal = std::move(why);
    if (call->paid) rate->give_back(call->options.messages, call->options.bytes);
    call->paid = false;
    call->permit.drop();
    call->place.leave();
    end(call);
  }
  void end(const call_ptr& call) {
    {
      const std::lock_guard<std::mutex> lock(mutex);
      --calls;
    }
    ended told = std::exchange(call->end, nullptr);
    call_listener(told, call->outcome);
  }

  void refuse_waiting() {
    std::vector<call_ptr> all;
    {
      const std::lock_guard<std::mutex> lock(mutex);
      all.assign(for_tokens.begin(), for_tokens.end());
      all.insert(all.end(), pausing.begin(), pausing.end());
      for_tokens.clear();
      pausing.clear();
    }
    for (const call_ptr& call : all) refuse(call, failure(client_code::closed, "it was closed"));
  }

  // With the mutex held.
  steady_ns next_deadline() const {
    steady_ns next = for_tokens.empty() ? never : std::min(tokens_due, for_tokens.front()->options.deadline);
    for (const call_ptr& call : pausing) next = std::min(next, call->due);
    return next;
  }
  void tell_earlier(steady_ns now) {
    const steady_ns in_house = house ? house->expire(now) : never;
    std::function<void(steady_ns)> tell;
    steady_ns next;
    {
      const std::lock_guard<std::mutex> lock(mutex);
      next = std::min(in_house, next_deadline());
      if (next >= promised) return;
      promised = next;
      tell = wake;
    }
    if (tell) call_listener(tell, next);
  }

  const reliability_config config;
  const result<void> valid;
  std::optional<rate_limiter> rate;
  std::optional<ottla::bulkhead> house;
  std::optional<circuit_breaker> breaker;
  std::atomic<steady_ns::rep> latest{steady_ns::min().time_since_epoch().count()};
  std::atomic<bool> closed{false};

  std::mutex mutex;  // of what follows; no guard's callback and no caller's function runs under it
  random_stream rng;
  std::deque<call_ptr> for_tokens;  // in turn
  steady_ns tokens_due = never;     // when the first of them can pay
  std::vector<call_ptr> pausing;
  steady_ns promised = never;  // what step said, or wake was told
  std::function<void(steady_ns)> wake;
  std::size_t calls = 0;
};

reliability::reliability(reliability_config config, std::uint64_t seed)
    : shared_(std::make_shared<shared>(std::move(config), seed)) {}
reliability::~reliability() { close(); }

void reliability::call(step_function step, ended end, call_options options, steady_ns now) {
  const auto keep = shared_;
  now = keep->at(now);
  auto call = std::make_shared<running>();
  call->owner = keep;
  call->step = std::move(step);
  call->end = std::move(end);
  call->options = options;
  bool room;
  {
    const std::lock_guard<std::mutex> lock(keep->mutex);
    room = keep->calls++ < keep->config.max_calls;
  }
  if (!keep->valid) return keep->refuse(call, keep->valid.error());
  if (!room) {
    return keep->refuse(call, keep->failure(client_code::bulkhead_full, std::to_string(keep->config.max_calls) +
                                                                            " calls are under way and waiting"));
  }
  keep->begin_try(call, now);
}

steady_ns reliability::step(steady_ns now) {
  const auto keep = shared_;
  now = keep->at(now);
  std::vector<shared::call_ptr> due;
  {
    const std::lock_guard<std::mutex> lock(keep->mutex);
    const auto waits = std::stable_partition(keep->pausing.begin(), keep->pausing.end(),
                                             [&](const auto& call) { return call->due > now; });
    due.assign(std::make_move_iterator(waits), std::make_move_iterator(keep->pausing.end()));
    keep->pausing.erase(waits, keep->pausing.end());
  }
  // By their time, and by their turn among equals: many pauses may end in one step.
  std::stable_sort(due.begin(), due.end(), [](const auto& a, const auto& b) { return a->due < b->due; });
  for (const auto& call : due) keep->begin_try(call, now);
  keep->pay_in_turn(now);
  const steady_ns in_house = keep->house ? keep->house->expire(now) : never;
  const std::lock_guard<std::mutex> lock(keep->mutex);
  return keep->promised = std::min(in_house, keep->next_deadline());
}

void reliability::on_earlier(std::function<void(steady_ns)> wake) {
  const std::lock_guard<std::mutex> lock(shared_->mutex);
  shared_->wake = std::move(wake);
}

void reliability::close() {
  const auto keep = shared_;
  keep->closed = true;
  keep->refuse_waiting();
  if (keep->house) keep->house->close();
}

std::size_t reliability::calls() const {
  const std::lock_guard<std::mutex> lock(shared_->mutex);
  return shared_->calls;
}

circuit_breaker* reliability::breaker() { return shared_->breaker ? &*shared_->breaker : nullptr; }

reliability::attempt::~attempt() {
  if (of_) finish(temporary_error{.why = "the try was abandoned", .type = "abandoned"}, of_->owner->seen());
}

void reliability::attempt::finish(const verdict& said, steady_ns now) {
  const auto of = std::exchange(of_, nullptr);
  if (!of) return;
  const auto keep = of->owner;
  keep->finish_try(of, said, keep->at(now));
}

int reliability::attempt::number() const { return of_ ? of_->outcome.tries : 0; }

result<void> reliability_config::validate() const {
  const auto first = [](result<void> a, result<void> b) { return a ? b : a; };
  result<void> checked;
  if (retry) checked = first(checked, retry->validate());
  if (rate) checked = first(checked, rate->validate());
  if (bulkhead) checked = first(checked, bulkhead->validate());
  if (breaker) checked = first(checked, breaker->validate());
  if (checked && (max_calls < 1 || max_calls > 10'000'000))
    return bad_config("reliability", "max_calls is not 1 to 10000000");
  return checked;
}

}  // namespace v0
}  // namespace ottla
