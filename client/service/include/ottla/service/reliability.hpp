// reliability: the guards in their order around a call that ends some time later: retry, rate limit, bulkhead, breaker.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "ottla/net/random.hpp"
#include "ottla/net/time.hpp"
#include "ottla/net/unique_function.hpp"
#include "ottla/result.hpp"
#include "ottla/service/bulkhead.hpp"
#include "ottla/service/circuit_breaker.hpp"
#include "ottla/service/rate_limiter.hpp"
#include "ottla/service/retry_policy.hpp"
#include "ottla/service/verdict.hpp"

namespace ottla {
inline namespace v0 {

/// What is absent does not guard.
struct reliability_config {
  std::optional<retry_policy> retry{};
  std::optional<rate_limiter_config> rate{};
  std::optional<bulkhead_config> bulkhead{};
  std::optional<circuit_breaker_config> breaker{};
  /// Calls begun and not ended, wherever they wait; above it bulkhead_full. 1 to 10,000,000.
  std::size_t max_calls = 10'000;
  /// In the guards' error texts.
  std::string name = "call";

  result<void> validate() const;
};

/// How a call ended.
struct call_outcome {
  verdict last = done;  ///< of the last try that was made; done if none was
  error refusal{};  ///< a guard, the deadline or close ended it: circuit_open, bulkhead_full, rate_limited, timed_out,
                    ///< closed
  int tries = 0;    ///< that were made

  explicit operator bool() const { return !refusal && last.is_done(); }
};

/// Around a call, from the outside to the inside:
///
///     retry        outermost: a pause between tries holds no place and no probe, and each try passes all guards anew
///       breaker?   a glance only: what is open refuses before anybody queues or spends a token
///       rate limit before the bulkhead: who waits for tokens takes no place. In turn: a large call is not overtaken
///       bulkhead   a place, or a wait for one
///       breaker    innermost: a probe is a call that is made, and a slow call is one that was slow itself, not its
///       queue.
///         the call Refused here, the tokens are given back.
///
/// A verdict of retry is a failure to the breaker; a rejection is none: the message was bad, the callee answered. A
/// guard's refusal ends the call and is not retried: failing at once is what guards are for. Nothing waits beyond the
/// deadline.
///
/// Any thread; no thread of its own, nothing blocks. Time comes with each call; `step` is to be called when its
/// deadline comes.
class reliability {
 public:
  struct shared;
  struct running;

  /// One try that is under way. Tell its outcome once, now or later, on any thread; dropped without, the try failed
  /// ("abandoned") and may be made again.
  class attempt {
   public:
    attempt(attempt&&) noexcept = default;
    attempt& operator=(attempt&&) = delete;
    ~attempt();
    /// The last thing a try does: the next one may begin on another thread before this returns.
    void finish(const verdict& said, steady_ns now);
    /// 1 for the first.
    int number() const;

   private:
    friend class reliability;
    friend struct shared;
    explicit attempt(std::shared_ptr<running> of) : of_(std::move(of)) {}
    std::shared_ptr<running> of_;
  };
  using step_function = unique_function<void(attempt)>;
  using ended = unique_function<void(const call_outcome&)>;

  struct call_options {
    std::uint64_t messages = 1;  ///< for the rate limit
    std::uint64_t bytes = 0;     ///< for the rate limit
    steady_ns deadline = never;  ///< no try begins later; one that runs then is waited for
  };

  /// `seed`: of the jitter. A bad configuration is told by each call.
  explicit reliability(reliability_config config, std::uint64_t seed);
  /// Closes.
  ~reliability();
  reliability(const reliability&) = delete;
  reliability& operator=(const reliability&) = delete;

  /// Makes the call: `step` once for each try, then `end` once. Both on this thread or on one that finishes, steps or
  /// closes; under no lock. They must neither block nor throw.
  void call(step_function step, ended end, call_options options, steady_ns now);
  /// Does what is due. Gives when to call again; `never`: nothing waits for time.
  steady_ns step(steady_ns now);
  /// Called when an earlier `step` is needed than the last one said; any thread, under no lock. Before the first call.
  void on_earlier(std::function<void(steady_ns)> wake);
  /// Ends everything that waits with `closed`, and refuses what comes. Tries under way end by themselves, without
  /// another. Idempotent.
  void close();

  /// Calls begun and not ended.
  std::size_t calls() const;
  /// The breaker, for its listeners and state; null without one.
  circuit_breaker* breaker();

 private:
  std::shared_ptr<shared> shared_;
};

}  // namespace v0
}  // namespace ottla
