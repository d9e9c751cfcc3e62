// fork_watch: whether this process is a child of the one that made this object. Asking for the process id costs a
// system call per record; being told costs nothing.
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

namespace ottla {
inline namespace v0 {

class fork_watch {
 public:
  fork_watch();
  /// Any thread; cheap enough for every record.
  bool is_child() const { return forks_.load(std::memory_order_relaxed) != born_after_; }

 private:
  static std::atomic<std::uint32_t> forks_;  // grows in the child of each fork
  std::uint32_t born_after_;
};

/// In a child: lets go of what threads of the parent may have been in the middle of, without ending or freeing any of
/// it.
template <class Kept>
void leave_behind(Kept kept) {
  static_cast<void>(new Kept(std::move(kept)));
}

}  // namespace v0
}  // namespace ottla
