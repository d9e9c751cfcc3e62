// replay_scenario: dead letters that are sent back by processes which die, stop and come again, while brokers
// misbehave.
#pragma once

#include "scenario.hpp"

namespace ottla {
inline namespace v0 {
namespace sim {

report run_replays(std::uint64_t seed, const fault_plan& plan, const telling& how);

}  // namespace sim
}  // namespace v0
}  // namespace ottla
