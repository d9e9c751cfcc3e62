// interrupt: the signal handler and the pipe it writes to.
#include "interrupt.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>

#include "globals.hpp"

namespace ottla_tool {
namespace {

std::atomic<bool> is_graceful{false};
std::atomic<bool> is_requested{false};
int pipe_ends[2] = {-1, -1};

void handle(int) {
  if (!is_graceful.load() || is_requested.exchange(true)) _exit(status_interrupted);
  const char byte = 0;
  [[maybe_unused]] const auto written = ::write(pipe_ends[1], &byte, 1);
}

}  // namespace

void interrupt::install() {
  struct sigaction action {};
  action.sa_handler = handle;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

void interrupt::graceful() {
  if (pipe_ends[0] < 0) [[maybe_unused]]
    const int made = ::pipe2(pipe_ends, O_CLOEXEC | O_NONBLOCK);
  is_graceful.store(true);
}

bool interrupt::requested() { return is_requested.load(std::memory_order_relaxed); }
int interrupt::descriptor() { return pipe_ends[0]; }

bool interrupt::sleep_until(std::chrono::steady_clock::time_point when) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(when - std::chrono::steady_clock::now()).count();
    if (requested()) return false;
    if (left <= 0) return true;
    pollfd one{descriptor(), POLLIN, 0};
    ::poll(&one, descriptor() < 0 ? 0 : 1, static_cast<int>(std::min<long long>(left, 60'000)));
  }
}

}  // namespace ottla_tool
