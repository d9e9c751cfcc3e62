// identity: the producer id and epoch of an idempotent producer, how it is asked for and how it moves on (KIP-98,
// KIP-360).
#pragma once

#include <cstdint>
#include <memory>

#include "ottla/error.hpp"
#include "ottla/net/core.hpp"

namespace ottla {
inline namespace v0 {

/// The core's thread only.
class identity {
 public:
  enum class state : std::uint8_t { unneeded, wanted, asking, managed, ready, fatal };

  void need() {
    if (state_ == state::unneeded) state_ = state::wanted;
  }
  /// Somebody else asks for it, as for a transactional producer; until `take` there is none of use. Id and epoch are
  /// kept for who asks.
  void manage() { state_ = state::managed; }
  void take(std::int64_t id, std::int16_t epoch) {
    id_ = id;
    epoch_ = epoch;
    state_ = state::ready;
  }
  void fail(error why) {
    state_ = state::fatal;
    fatal_ = std::move(why);
  }
  /// Asks if somebody must; `alive` ends continuations of a producer that is gone.
  void step(core& on, const std::weak_ptr<void>& alive);

  state now_in() const { return state_; }
  bool usable() const { return state_ == state::unneeded || state_ == state::ready; }
  bool idempotent() const { return state_ != state::unneeded; }
  std::int64_t id() const { return id_; }
  std::int16_t epoch() const { return epoch_; }
  const error& fatal() const { return fatal_; }
  const error& last_failure() const { return last_; }

  /// Sequences have a gap. New ones wait until everything that has one is settled (C-7, C-10).
  void want_bump() { bump_wanted_ = idempotent(); }
  bool draining() const { return bump_wanted_; }
  /// Everything is settled: the next epoch, or a new id after the last one. Brokers take a higher epoch with sequence 0
  /// as it comes.
  void bump();

 private:
  void answered(core& on, response&& answer, const std::weak_ptr<void>& alive);

  state state_ = state::unneeded;
  std::int64_t id_ = -1;
  std::int16_t epoch_ = -1;
  bool bump_wanted_ = false;
  int tries_ = 0;
  error fatal_;
  error last_;
};

}  // namespace v0
}  // namespace ottla
