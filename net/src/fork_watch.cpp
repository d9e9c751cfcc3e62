// fork_watch: counts the forks that this process is behind.
#include "ottla/net/fork_watch.hpp"

#include <pthread.h>

namespace ottla {
inline namespace v0 {

std::atomic<std::uint32_t> fork_watch::forks_{0};

fork_watch::fork_watch() {
  [[maybe_unused]] static const int registered =
      ::pthread_atfork(nullptr, nullptr, [] { forks_.fetch_add(1, std::memory_order_relaxed); });
  born_after_ = forks_.load(std::memory_order_relaxed);
}

}  // namespace v0
}  // namespace ottla
