// circuit_breaker: three states under one mutex; each change begins a new era, and outcomes of earlier ones are void.
#include "ottla/service/circuit_breaker.hpp"

#include <algorithm>
#include <mutex>
#include <utility>
#include <vector>

#include "checked_config.hpp"
#include "serial_tasks.hpp"
#include "sliding_window.hpp"

namespace ottla {
inline namespace v0 {

struct circuit_breaker::shared {
  shared(circuit_breaker_config c, std::string n) : config(c), valid(c.validate()), name(std::move(n)), window(c) {}

  // All with the mutex held.

  steady_ns moved_to(steady_ns now) { return latest = std::max(latest, now); }
  result<void> admits(steady_ns now) const {
    if (!valid) return valid;
    if (state == breaker_state::open && now < after(since, config.open_for))
      return refusal("opened", after(since, config.open_for) - now);
    if (state == breaker_state::half_open && taken() && !probes_overdue(now))
      return refusal("waits for its probes", {});
    if (state == breaker_state::half_open && taken()) return refusal("lost its probes", config.open_for);
    return {};
  }
  bool taken() const { return probes_out + probed.calls >= config.probes; }
  bool probes_overdue(steady_ns now) const { return taken() && now >= after(last_probe, config.probe_timeout); }
  unexpected refusal(std::string_view what, std::chrono::nanoseconds wait) const {
    error_context context;
    context.asked = name;
    context.detail = std::string(what) + ": " + std::to_string(why.failed) + " of " + std::to_string(why.calls) +
                     " calls failed, " + std::to_string(why.slow) + " were slow";
    if (wait.count() > 0) {
      context.advice = "it lets probes through in " + std::to_string((wait.count() + 999'999) / 1'000'000) + " ms";
    }
    return unexpected(error(client_code::circuit_open, std::move(context)));
  }

  void become(breaker_state next, call_counts counts, steady_ns now) {
    breaker_change change{name, state, next, now, counts.calls, counts.failed, counts.slow};
    state = next;
    since = now;
    why = counts;
    ++era;
    window.clear();
    probed = {};
    probes_out = 0;
    if (change.from == next || listeners.empty()) return;
    // Whoever drains may be another thread than this one, and it keeps only its own reference: `name` and the listeners
    // are looked up at the time, in the state that it holds alive.
    tell.add([this, change] {
      std::size_t at = 0;
      for (;;) {
        std::function<void(const breaker_change&)> one;
        {
          const std::lock_guard<std::mutex> lock(mutex);
          if (at == listeners.size()) return;
          one = listeners[at++];
        }
        one(change);
      }
    });
  }

  void settle(std::uint64_t of_era, bool failed, bool slow, steady_ns now) {
    if (of_era != era) return;
    if (state == breaker_state::closed) {
      const call_counts counts = window.add(failed, slow, now);
      if (counts.calls >= config.minimum_calls && trips(counts, counts.calls)) become(breaker_state::open, counts, now);
    } else if (state == breaker_state::half_open) {
      --probes_out;
      probed.add(failed, slow);
      if (trips(probed, config.probes)) {
        become(breaker_state::open, probed, now);
      } else if (probed.calls == config.probes) {
        become(breaker_state::closed, probed, now);
      }
    }
  }
  bool trips(const call_counts& counts, int of) const {
    return counts.failed >= config.failure_rate * of || counts.slow >= config.slow_call_rate * of;
  }

  const circuit_breaker_config config;
  const result<void> valid;
  const std::string name;

  std::mutex mutex;
  std::vector<std::function<void(const breaker_change&)>> listeners;
  serial_tasks tell;
  breaker_state state = breaker_state::closed;
  steady_ns since{};   // of the state
  steady_ns latest{};  // the highest now
  std::uint64_t era = 0;
  call_counts why;  // what made the state
  sliding_window window;
  call_counts probed;  // half-open: those that came back
  int probes_out = 0;
  steady_ns last_probe{};
};

circuit_breaker::circuit_breaker(circuit_breaker_config config, std::string name)
    : shared_(std::make_shared<shared>(config, std::move(name))) {}
circuit_breaker::~circuit_breaker() = default;
circuit_breaker::circuit_breaker(circuit_breaker&&) noexcept = default;
circuit_breaker& circuit_breaker::operator=(circuit_breaker&&) noexcept = default;

result<circuit_breaker::permit> circuit_breaker::try_acquire(steady_ns now) {
  const auto keep = shared_;
  std::unique_lock<std::mutex> lock(keep->mutex);
  now = keep->moved_to(now);
  auto admitted = keep->admits(now);
  if (admitted && keep->state == breaker_state::open) keep->become(breaker_state::half_open, {}, now);
  if (!admitted && keep->state == breaker_state::half_open && keep->probes_overdue(now)) {
    keep->become(breaker_state::open, keep->probed, now);
  }
  if (admitted && keep->state == breaker_state::half_open) {
    ++keep->probes_out;
    keep->last_probe = now;
  }
  permit given = admitted ? permit(keep, now, keep->era) : permit();
  keep->tell.drain(lock);
  if (!admitted) return unexpected(admitted.error());
  return given;
}

result<void> circuit_breaker::would_admit(steady_ns now) const {
  const std::lock_guard<std::mutex> lock(shared_->mutex);
  return shared_->admits(std::max(now, shared_->latest));
}

breaker_state circuit_breaker::state() const {
  const std::lock_guard<std::mutex> lock(shared_->mutex);
  return shared_->state;
}

void circuit_breaker::reset(steady_ns now) {
  const auto keep = shared_;
  std::unique_lock<std::mutex> lock(keep->mutex);
  keep->become(breaker_state::closed, {}, keep->moved_to(now));
  keep->tell.drain(lock);
}

void circuit_breaker::on_change(std::function<void(const breaker_change&)> listener) {
  const std::lock_guard<std::mutex> lock(shared_->mutex);
  shared_->listeners.push_back(std::move(listener));
}

circuit_breaker::permit& circuit_breaker::permit::operator=(permit&& other) noexcept {
  if (this != &other) {
    drop();
    owner_ = std::move(other.owner_);
    since_ = other.since_;
    era_ = other.era_;
  }
  return *this;
}

void circuit_breaker::permit::settle(bool failed, steady_ns now) {
  const auto owner = std::exchange(owner_, nullptr);
  if (!owner) return;
  std::unique_lock<std::mutex> lock(owner->mutex);
  const bool slow = now - since_ >= owner->config.slow_call;
  owner->settle(era_, failed, slow, owner->moved_to(now));
  owner->tell.drain(lock);
}

void circuit_breaker::permit::drop() {
  const auto owner = std::exchange(owner_, nullptr);
  if (!owner) return;
  const std::lock_guard<std::mutex> lock(owner->mutex);
  if (era_ == owner->era && owner->state == breaker_state::half_open) --owner->probes_out;
}

std::string_view name(breaker_state state) {
  switch (state) {
    case breaker_state::closed:
      return "closed";
    case breaker_state::open:
      return "open";
    case breaker_state::half_open:
      return "half_open";
  }
  return "?";
}

result<void> circuit_breaker_config::validate() const {
  using namespace std::chrono_literals;
  const auto bad = [](const char* detail) { return bad_config("circuit_breaker", detail); };
  if (window_calls < 1 || window_calls > 1'000'000) return bad("window_calls is not 1 to 1000000");
  if (window_time < 10ms || window_time > 24h) return bad("window_time is not 10 ms to 24 h");
  if (minimum_calls < 1) return bad("minimum_calls is below 1");
  if (window == window_kind::calls && minimum_calls > window_calls) {
    return bad("minimum_calls is above window_calls: it would never open");
  }
  if (!(failure_rate > 0.0 && failure_rate <= 1.0)) return bad("failure_rate is not above 0, to 1");
  if (!(slow_call_rate > 0.0 && slow_call_rate <= 1.0)) return bad("slow_call_rate is not above 0, to 1");
  if (slow_call <= 0ms || slow_call > 24h) return bad("slow_call is not above 0, to 24 h");
  if (open_for < 0ms || open_for > 24h) return bad("open_for is not 0 to 24 h");
  if (probes < 1 || probes > 10'000) return bad("probes is not 1 to 10000");
  if (probe_timeout <= 0ms || probe_timeout > 24h) return bad("probe_timeout is not above 0, to 24 h");
  return {};
}

}  // namespace v0
}  // namespace ottla
