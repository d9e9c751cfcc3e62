// stop_on_signals: a handler that writes a byte into a pipe, and a thread that reads it: nothing else is safe inside a
// signal handler.
#include "ottla/service/stop_on_signals.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <thread>
#include <utility>
#include <vector>

#include "ottla/net/fork_watch.hpp"

namespace ottla {
inline namespace v0 {
namespace {

// The only thing that a signal handler can know of. -1: nobody listens.
std::atomic<int> write_end{-1};
std::atomic<pid_t> listening_process{-1};
static_assert(std::atomic<int>::is_always_lock_free && std::atomic<pid_t>::is_always_lock_free);

constexpr unsigned char enough = 0;  // no signal has this number

extern "C" void ottla_tell_of_signal(int number) {
  // The pipe is the parent's too: to write into it would stop the parent. Here the signal does what it does by itself.
  if (::getpid() != listening_process.load()) {
    ::signal(number, SIG_DFL);
    ::raise(number);
    return;
  }
  const int kept = errno;
  if (const int to = write_end.load(); to >= 0) {
    const auto byte = static_cast<unsigned char>(number);
    [[maybe_unused]] const auto written = ::write(to, &byte, 1);  // a full pipe has told already
  }
  errno = kept;
}

}  // namespace

struct stop_on_signals::shared {
  const fork_watch watch;
  int ends[2] = {-1, -1};  // read, write
  std::vector<std::pair<int, struct sigaction>> before;
  std::atomic<int> came{0};
  std::thread listening;
};

stop_on_signals::stop_on_signals() {
  const int usual[] = {SIGINT, SIGTERM};
  install(usual, 2);
}
stop_on_signals::stop_on_signals(std::initializer_list<int> signals) { install(signals.begin(), signals.size()); }

void stop_on_signals::install(const int* signals, std::size_t count) {
  auto made = std::make_unique<shared>();
  if (::pipe2(made->ends, O_CLOEXEC) != 0) return;
  ::fcntl(made->ends[1], F_SETFL, O_NONBLOCK);
  int nobody = -1;
  if (!write_end.compare_exchange_strong(nobody, made->ends[1])) {
    ::close(made->ends[0]);
    ::close(made->ends[1]);
    return;
  }
  listening_process.store(::getpid());
  made->listening = std::thread([stop = stop_, at = made.get()]() mutable {
    for (;;) {
      unsigned char byte = enough;
      const auto got = ::read(at->ends[0], &byte, 1);
      if (got < 0 && errno == EINTR) continue;
      if (got != 1 || byte == enough) return;
      at->came.store(byte);
      stop.request_stop();
    }
  });
  for (std::size_t i = 0; i < count; ++i) {
    struct sigaction with {};
    with.sa_handler = &ottla_tell_of_signal;
    with.sa_flags = SA_RESTART | static_cast<int>(SA_RESETHAND);  // the second one is not ours
    struct sigaction before {};
    if (::sigaction(signals[i], &with, &before) == 0) made->before.emplace_back(signals[i], before);
  }
  state_ = std::move(made);
}

stop_on_signals::~stop_on_signals() {
  if (!state_) return;
  for (const auto& [number, before] : state_->before) ::sigaction(number, &before, nullptr);
  write_end.store(-1);
  if (state_->watch.is_child()) {
    leave_behind(std::move(state_));
    return;
  }
  while (::write(state_->ends[1], &enough, 1) < 0 && (errno == EINTR || errno == EAGAIN)) std::this_thread::yield();
  state_->listening.join();
  ::close(state_->ends[0]);
  ::close(state_->ends[1]);
}

int stop_on_signals::signal() const { return state_ ? state_->came.load() : 0; }

}  // namespace v0
}  // namespace ottla
