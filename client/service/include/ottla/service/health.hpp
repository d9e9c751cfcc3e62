// health: named checks, run together within a deadline, whatever one of them does; and the document that tells of them.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ottla/net/time.hpp"
#include "ottla/result.hpp"

namespace ottla {
inline namespace v0 {

/// What a check speaks for.
enum class health_scope : std::uint8_t {
  readiness,  ///< whether work should be sent here now: brokers, databases. /readyz and /health
  liveness,   ///< whether the process should be restarted: a stuck loop; never a dependency. /livez and /health
};
/// Which checks to run.
enum class health_question : std::uint8_t { health, readiness, liveness };

/// One check's answer.
struct check_report {
  std::string name{};
  health_scope scope = health_scope::readiness;
  bool up = false;
  std::chrono::nanoseconds duration{0};  ///< of the call; of one that goes on, until now
  std::string error{};                   ///< empty when up
};

struct health_report {
  bool up = true;                      ///< all are; without checks too
  std::vector<check_report> checks{};  ///< in the order in which they were added

  /// {"status":"up","checks":[{"name":"kafka","status":"up","duration_ms":1.234,"error":null}]}. Secrets in errors are
  /// masked as in logs.
  std::string json() const;
};

/// Asks something whether it is well, until `deadline` at most. Runs on a thread of the registry's own; never twice at
/// once. Must not throw.
using health_check = std::function<result<void>(std::chrono::milliseconds timeout)>;

struct health_config {
  std::size_t max_checks = 64;  ///< each has a thread, from its first run on
};

/// Any thread.
///
/// **A check that hangs hangs nobody.** Each runs on a thread of its own; at the deadline it is told as down ("did not
/// answer ..."), and as long as that call goes on it is not called again, and every report says since when it hangs.
/// When it comes back it is asked again.
class health_registry {
 public:
  explicit health_registry(health_config config = {});
  /// Closes with one second as the bound.
  ~health_registry();
  health_registry(const health_registry&) = delete;
  health_registry& operator=(const health_registry&) = delete;

  /// Errors: invalid_argument (the name is empty or there is one of that name, or no function), closed, and
  /// invalid_argument above max_checks.
  result<void> add(std::string name, health_check check, health_scope scope = health_scope::readiness);
  /// Waits for a call that is under way, until `timeout`. Errors: invalid_argument (no such check), timed_out: it is
  /// removed all the same, but its function still runs, and what it uses must live.
  result<void> remove(std::string_view name, std::chrono::milliseconds timeout);

  /// Runs the checks at once and waits until all answered or `timeout` passed. Several callers share one call of a
  /// check: who comes while it runs waits for that one's answer.
  health_report run(std::chrono::milliseconds timeout, health_question question = health_question::health);

  /// Takes no more; waits for calls under way. timed_out names those that hang: their threads are let go, and what
  /// their functions use must live. Idempotent.
  result<void> close(std::chrono::milliseconds timeout);

 private:
  struct check;
  struct shared;
  std::shared_ptr<shared> shared_;
};

}  // namespace v0
}  // namespace ottla
