// group_scenario: members of one group that come, go, crash and hang while coordinators and network misbehave.
#pragma once

#include "scenario.hpp"

namespace ottla {
inline namespace v0 {
namespace sim {

/// Checked always: a member begins a partition where everything before was processed, and not before what was
/// committed; within one assignment offsets ascend without a gap; no two members of one generation have the same
/// partition. When the faults stop, the living share all partitions and read all records within a bounded time.
report run_group(std::uint64_t seed, const fault_plan& plan, const telling& how);

}  // namespace sim
}  // namespace v0
}  // namespace ottla
