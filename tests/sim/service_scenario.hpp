// service_scenario: services that handle, retry and write dead letters while they, brokers and network come and go.
#pragma once

#include "scenario.hpp"

namespace ottla {
inline namespace v0 {
namespace sim {

/// Checked always: what the group committed was done or is a dead letter with the right headers; offsets never go back;
/// a message that waits for its next try holds up its own order, within one assignment; close keeps its deadline, and
/// after a clean one nothing of what was done in order is delivered again. When the faults stop, everything is done or
/// dead within a bounded time.
report run_service(std::uint64_t seed, const fault_plan& plan, const telling& how);

}  // namespace sim
}  // namespace v0
}  // namespace ottla
