// transaction_gate: whether records may be taken at the moment: one word that senders read, callers and the core write.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>

#include "ottla/error.hpp"

namespace ottla {
inline namespace v0 {

/// A producer without transactions is open until it is closed; with them it is open between begin and end:
///
///     uninitialized ──► idle ──begin──► open ──commit, abort──► ending ──► idle
///                                        │                        ▲
///                                        └─ core ─► must_abort ───┘        fatal and closed are for ever
///
/// Why a send that read `open` just before the end cannot slip into the next transaction: the word is looked at again
/// under the partition's lock when a batch is opened, and the core ends nothing before it saw, under that lock, that no
/// batch is left.
class transaction_gate {
 public:
  enum class state : std::uint8_t { open, uninitialized, idle, ending, must_abort, fatal, closed };

  explicit transaction_gate(bool transactional) : now_(transactional ? state::uninitialized : state::open) {}

  /// For each record: one relaxed load.
  bool is_open() const { return now_.load(std::memory_order_relaxed) == state::open; }
  state now_in() const { return now_.load(std::memory_order_acquire); }
  /// Moves on if it stands at `from`.
  bool move(state from, state to) { return now_.compare_exchange_strong(from, to, std::memory_order_acq_rel); }
  /// Whatever it was; what is closed stays closed.
  void set(state to) {
    state was = now_in();
    while (was != state::closed && !now_.compare_exchange_weak(was, to, std::memory_order_acq_rel)) {
    }
  }
  /// Why it is shut for good, or until an abort.
  void explain(error why) {
    std::lock_guard lock(mutex_);
    why_ = std::move(why);
  }
  error why() const {
    std::lock_guard lock(mutex_);
    return why_;
  }

 private:
  std::atomic<state> now_;
  mutable std::mutex mutex_;
  error why_;
};

}  // namespace v0
}  // namespace ottla
