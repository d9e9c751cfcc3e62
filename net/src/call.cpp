// call: the retry loop of a question, as a small machine on the core's timers.
#include "ottla/net/call.hpp"

#include <algorithm>
#include <optional>

#include "ottla/cluster.hpp"

namespace ottla {
inline namespace v0 {
namespace {

// At the deadline a connection gives up requests that it still has in its queue, in the same step, and says so. One
// that went out is not taken back: of it nothing is heard in this time.
constexpr std::chrono::milliseconds last_word{1};

class pending_call : public std::enable_shared_from_this<pending_call> {
 public:
  pending_call(core& on, call_spec spec)
      : core_(on),
        spec_(std::move(spec)),
        started_(on.now().mono),
        wait_(on.config().retry_backoff, on.config().retry_backoff_max, on.stream("call", call_number(on))) {}

  void start() {
    if (spec_.deadline != never) {
      if (core_.now().mono >= spec_.deadline) return time_out();
      late_ = core_.at(spec_.deadline, [self = shared_from_this()] { self->time_out(); });
    }
    attempt();
  }

 private:
  static std::uint64_t call_number(core& on) {
    return static_cast<std::uint64_t>(on.now().mono.time_since_epoch().count());
  }

  void attempt() {
    if (settled_) return;
    if (core_.is_shut_down()) {
      error_context context;
      context.detail = "the cluster handle was closed";
      return settle(unexpected(error(client_code::closed, std::move(context))));
    }
    const metadata& known = core_.meta();
    if (spec_.to.to != route::target::any && !known.ever_applied()) {
      if (known.last_failure() && !known.last_failure().retriable()) return settle(unexpected(known.last_failure()));
      core_.meta().request_refresh();
      return again_later(known.last_failure());
    }
    ++attempts_;
    request one = spec_.make();
    one.deadline = spec_.deadline;
    if_lost_ = unanswered(one.key);
    one.done = [self = shared_from_this()](response&& answer) { self->answered(std::move(answer)); };
    under_way_ = true;
    core_.send(spec_.to, std::move(one));
  }

  void answered(response&& answer) {
    if (settled_) return;
    under_way_ = false;
    error why = answer.failure;
    if (!why && spec_.judge) why = spec_.judge(answer);
    if (!why) return settle(std::move(answer));
    const bool certain = why.persisted() == persistence::no;
    unsure_ = unsure_ || !certain;
    if (late_said_) return time_out();
    if (!(why.retriable() || why.is(client_code::unknown_broker)) || !(certain || spec_.repeatable))
      return settle(unexpected(with_doubt(std::move(why))));
    core_.meta().request_refresh();
    if (spec_.once) return settle(unexpected(with_doubt(std::move(why))));
    again_later(why);
  }

  // What refuses this try for good says nothing of an earlier one that went out and had no answer.
  error with_doubt(error why) const {
    if (!unsure_ || why.persisted() != persistence::no) return why;
    error_context context = why.context();
    context.persisted = persistence::possibly;
    return why.client() != client_code::none ? error(why.client(), std::move(context))
                                             : error(why.broker_code(), std::move(context));
  }

  void again_later(const error& why) {
    if (why) last_ = why;
    core_.at(after(core_.now().mono, wait_.next()), [self = shared_from_this()] { self->attempt(); });
  }

  void time_out() {
    if (settled_) return;
    if (under_way_ && !std::exchange(late_said_, true)) {
      late_ = core_.at(after(core_.now().mono, last_word), [self = shared_from_this()] { self->time_out(); });
      return;
    }
    error_context context;
    context.asked = spec_.asked;
    context.attempts = attempts_;
    context.detail = core_.unreachable_summary();
    if (context.detail.empty() && last_) {
      context.broker = last_.context().broker;
      context.detail = std::string(last_.name()) + ": " + last_.context().detail;
    }
    if (context.detail.empty()) context.detail = "no answer came before the deadline";
    context.elapsed = core_.now().mono - started_;
    context.advice = "check the bootstrap addresses and that the brokers run";
    context.persisted = under_way_ || unsure_ ? if_lost_ : persistence::no;
    settle(unexpected(error(core_.meta().ever_applied() || last_.is(client_code::timed_out)
                                ? client_code::timed_out
                                : client_code::broker_unreachable,
                            std::move(context))));
  }

  void settle(result<response> outcome) {
    settled_ = true;
    core_.cancel(late_);
    if (spec_.done) std::exchange(spec_.done, {})(std::move(outcome));
  }

  core& core_;
  call_spec spec_;
  steady_ns started_;
  backoff wait_;
  error last_;
  timer_id late_;
  int attempts_ = 0;
  bool under_way_ = false;                 // a try that has no answer yet
  persistence if_lost_ = persistence::no;  // of a try that went out
  bool unsure_ = false;                    // one of the tries may have taken effect
  bool late_said_ = false;
  bool settled_ = false;
};

}  // namespace

void start_call(core& on, call_spec spec) { std::make_shared<pending_call>(on, std::move(spec))->start(); }

result<response> call_blocking(cluster_state& on, const route& to, borrowed_request ask,
                               std::chrono::nanoseconds timeout, bool repeatable,
                               unique_function<error(response&)> judge) {
  std::vector<blocking_call> one(1);
  one[0] = {.to = to, .ask = std::move(ask), .repeatable = repeatable, .judge = std::move(judge)};
  return std::move(call_blocking(on, std::move(one), timeout).front());
}

std::vector<result<response>> call_blocking(cluster_state& on, std::vector<blocking_call> calls,
                                            std::chrono::nanoseconds timeout) {
  std::vector<result<response>> out;
  const auto refuse_all = [&](const error& why) {
    out.assign(calls.size(), result<response>(why));
    return std::move(out);
  };
  if (auto may = on.may_block(); !may) return refuse_all(may.error());
  if (calls.empty()) return out;
  struct outcome {
    completion done;
    std::mutex mutex;
    std::vector<std::optional<result<response>>> answers;
    std::size_t open = 0;
  };
  auto shared = std::make_shared<outcome>();
  shared->answers.resize(calls.size());
  shared->open = calls.size();
  const steady_ns deadline = after(on.runner().now().mono, timeout);
  std::vector<call_spec> specs(calls.size());
  for (std::size_t i = 0; i < calls.size(); ++i) {
    call_spec& spec = specs[i];
    spec.asked = calls[i].ask.asked;
    spec.to = calls[i].to;
    spec.deadline = std::min(deadline, calls[i].deadline);
    spec.repeatable = calls[i].repeatable;
    spec.once = calls[i].once;
    spec.make = std::move(calls[i].ask.make);
    spec.judge = std::move(calls[i].judge);
    spec.done = [shared, i](result<response> answer) {
      bool last = false;
      {
        std::lock_guard lock(shared->mutex);
        shared->answers[i].emplace(std::move(answer));
        last = --shared->open == 0;
      }
      if (last) shared->done.set();
    };
  }
  core& machine = on.machine();
  const bool posted = on.post([&machine, specs = std::move(specs)]() mutable {
    for (call_spec& spec : specs) start_call(machine, std::move(spec));
  });
  if (!posted) return refuse_all(on.closed_error());
  // The machine tells its own time-out, with what it knows; a little grace lets that sentence through.
  on.runner().wait(shared->done, after(deadline, std::chrono::milliseconds(200)));
  for (blocking_call& one : calls) one.ask.forget();
  std::lock_guard lock(shared->mutex);
  for (std::size_t i = 0; i < calls.size(); ++i) {
    if (shared->answers[i]) {
      out.push_back(std::move(*shared->answers[i]));
      continue;
    }
    error_context context;
    context.asked = calls[i].ask.asked;
    context.detail = "the client's own thread did not get to it in time";
    context.elapsed = timeout;
    context.persisted = calls[i].ask.if_lost;
    out.emplace_back(error(client_code::timed_out, std::move(context)));
  }
  return out;
}

}  // namespace v0
}  // namespace ottla
