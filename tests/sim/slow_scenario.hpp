// slow_scenario: a reader that takes long between polls and holds on to what it has read.
#pragma once

#include "scenario.hpp"

namespace ottla {
inline namespace v0 {
namespace sim {

report run_sluggish(std::uint64_t seed, const fault_plan& plan, const telling& how);

}  // namespace sim
}  // namespace v0
}  // namespace ottla
