// troubles: breaks a world by a plan, and mends it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "fault_plan.hpp"
#include "ottla/sim/world.hpp"

namespace ottla {
inline namespace v0 {
namespace sim {

/// In every other world that is replaced nobody says REBOOTSTRAP_REQUIRED, only that there is no answer today: there
/// clients have to forget by themselves what they know, after forget_after.
bool forgets_soon(const world& where);
inline constexpr std::chrono::seconds forget_after{10};

/// Must live as long as the world runs. Made before anything is in the world, since a cluster that can die keeps what
/// it has on a disk from the beginning.
class troubles {
 public:
  troubles(world& where, fault_plan plan);

  /// The plan begins now. `stretch`: everything happens so many times later.
  void begin(int stretch = 1);
  /// Everything broken is mended; what was planned and did not happen yet still will.
  void heal();
  std::uint64_t applied() const { return applied_; }

 private:
  void go_on();
  void apply(const fault_event& fault);
  void apply_outage(const fault_event& fault);
  void hold_out_of_sync(std::size_t count);
  void lose_leader(std::size_t node);
  void follow_all();

  world& world_;
  fault_plan plan_;
  std::size_t next_ = 0;
  int stretch_ = 1;
  steady_ns began_{};
  std::uint64_t applied_ = 0;
  bool healed_ = false;
};

}  // namespace sim
}  // namespace v0
}  // namespace ottla
