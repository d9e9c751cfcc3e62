// circuit_breaker: stops calling what fails or is slow, waits, and lets a few probes find out whether it is well again.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "ottla/net/time.hpp"
#include "ottla/result.hpp"

namespace ottla {
inline namespace v0 {

struct circuit_breaker_config {
  enum class window_kind : std::uint8_t {
    calls,  ///< the last `window_calls` calls
    time,   ///< the calls of the last `window_time`, in ten parts: a tenth of it goes at once
  };
  window_kind window = window_kind::calls;
  int window_calls = 100;                         ///< 1 to 1,000,000
  std::chrono::milliseconds window_time{60'000};  ///< 10 ms to 24 h
  /// Below so many calls in the window nothing trips. 1 and up, with a window of calls at most its size.
  int minimum_calls = 20;
  /// The share of failed calls at which it opens. Above 0, to 1.
  double failure_rate = 0.5;
  /// The share of slow calls, failed or not, at which it opens. Above 0, to 1.
  double slow_call_rate = 1.0;
  /// A call that took this long or longer is slow. Above 0, to 24 h.
  std::chrono::milliseconds slow_call{60'000};
  /// How long it stays open before probes are let through. 0 to 24 h.
  std::chrono::milliseconds open_for{30'000};
  /// Calls let through half-open; all of them decide. 1 to 10,000.
  int probes = 5;
  /// When all probes are out, and the last went so long ago, it opens again without their outcome. Above 0, to 24 h.
  std::chrono::milliseconds probe_timeout{60'000};

  /// invalid_config, naming the member.
  result<void> validate() const;
};

enum class breaker_state : std::uint8_t { closed, open, half_open };
/// "closed", "open", "half_open".
std::string_view name(breaker_state state);

/// One change of state, and the figures that made it.
struct breaker_change {
  std::string_view breaker;  ///< its name; valid during the call
  breaker_state from = breaker_state::closed;
  breaker_state to = breaker_state::closed;
  steady_ns at{};
  int calls = 0;   ///< in the window, or probes
  int failed = 0;  ///< of these
  int slow = 0;    ///< of these; a call may be both
};

/// Any thread. A permit may outlive the breaker. Time comes with each call; a `now` that lies before one that was seen
/// counts as that one.
class circuit_breaker {
 public:
  struct shared;

  /// The right to make one call, to be given back with its outcome, once: what comes after the first is ignored.
  /// Dropped without one, it counts for nothing and makes room for another probe. One thread at a time. Move only.
  class permit {
   public:
    permit() = default;
    permit(permit&& other) noexcept = default;
    permit& operator=(permit&& other) noexcept;
    ~permit() { drop(); }

    /// The call ended well; it is slow by the time since the permit was given.
    void success(steady_ns now) { settle(false, now); }
    void failure(steady_ns now) { settle(true, now); }
    void drop();
    explicit operator bool() const { return owner_ != nullptr; }

   private:
    friend class circuit_breaker;
    permit(std::shared_ptr<shared> owner, steady_ns since, std::uint64_t era)
        : owner_(std::move(owner)), since_(since), era_(era) {}
    void settle(bool failed, steady_ns now);

    std::shared_ptr<shared> owner_;
    steady_ns since_{};
    std::uint64_t era_ = 0;  // a call that began before the last change of state says nothing about the present one
  };

  /// A bad configuration is told by try_acquire.
  explicit circuit_breaker(circuit_breaker_config config = {}, std::string name = "circuit breaker");
  ~circuit_breaker();
  circuit_breaker(circuit_breaker&&) noexcept;
  circuit_breaker& operator=(circuit_breaker&&) noexcept;

  /// Errors: circuit_open (its detail says for how long, and why), invalid_config.
  result<permit> try_acquire(steady_ns now);
  /// What try_acquire would say, without taking a permit and without a change of state: to fail before one queues.
  result<void> would_admit(steady_ns now) const;
  /// As last changed: an open breaker turns half-open when a call comes, not by itself.
  breaker_state state() const;
  /// Closed, with an empty window. Permits that are out will count for nothing.
  void reset(steady_ns now);

  /// Adds a listener, for good. Called on the thread that caused the change, or on one that is telling an earlier
  /// change: one at a time, in order, under no lock; it may call the breaker. It must neither block
  /// nor throw.
  void on_change(std::function<void(const breaker_change&)> listener);

 private:
  std::shared_ptr<shared> shared_;
};

}  // namespace v0
}  // namespace ottla
