// Ends a loop on SIGINT and SIGTERM, for as long as it lives.
#pragma once
#include <csignal>
#include <functional>

namespace ottla {
inline namespace v0 {
namespace mock {

/// One at a time per process. `stop` runs in the signal handler: it may do only what is safe there.
class stop_on_signals {
 public:
  explicit stop_on_signals(std::function<void()> stop);
  ~stop_on_signals();
  stop_on_signals(const stop_on_signals&) = delete;
  stop_on_signals& operator=(const stop_on_signals&) = delete;

 private:
  struct sigaction old_int_ {};
  struct sigaction old_term_ {};
};

}  // namespace mock
}  // namespace v0
}  // namespace ottla
