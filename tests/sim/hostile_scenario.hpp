// hostile_scenario: clients whose brokers lie to them: garbage, absurd lengths, answers that come twice or in part.
#pragma once

#include "scenario.hpp"

namespace ottla {
inline namespace v0 {
namespace sim {

report run_deceived(std::uint64_t seed, const fault_plan& plan, const telling& how);

}  // namespace sim
}  // namespace v0
}  // namespace ottla
