// Ends a loop on SIGINT and SIGTERM.
#include "signals.hpp"

#include <cerrno>
#include <utility>

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

std::function<void()> on_signal;  // set before the handlers are, and left alone while they are

void handle(int) {
  const int kept = errno;
  on_signal();
  errno = kept;
}

}  // namespace

stop_on_signals::stop_on_signals(std::function<void()> stop) {
  on_signal = std::move(stop);
  struct sigaction action {};
  action.sa_handler = handle;
  sigemptyset(&action.sa_mask);
  ::sigaction(SIGINT, &action, &old_int_);
  ::sigaction(SIGTERM, &action, &old_term_);
}

stop_on_signals::~stop_on_signals() {
  ::sigaction(SIGINT, &old_int_, nullptr);
  ::sigaction(SIGTERM, &old_term_, nullptr);
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
