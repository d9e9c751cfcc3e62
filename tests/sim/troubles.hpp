// troubles: breaks a world by a plan, and mends it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "fault_plan.hpp"
#include "ottla/sim/world.hpp"

namespace ottla {
inline namespace v0 {
namespace sim {

/// Must live as long as the world runs.
class troubles {
 public:
  explicit troubles(world& where) : world_(where) {}

  /// Counted from now.
  void schedule(const fault_plan& plan);
  /// Everything broken is mended; what was scheduled and did not happen yet still will.
  void heal();
  std::uint64_t applied() const { return applied_; }

 private:
  void apply(const fault_event& fault);
  void hold_out_of_sync(std::size_t count);

  world& world_;
  std::uint64_t applied_ = 0;
};

}  // namespace sim
}  // namespace v0
}  // namespace ottla
