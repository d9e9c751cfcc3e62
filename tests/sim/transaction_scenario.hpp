// transaction_scenario: copiers that read one topic and write another in transactions, while everything breaks.
#pragma once

#include "scenario.hpp"

namespace ottla {
inline namespace v0 {
namespace sim {

/// Checked always: what was told as committed is seen whole by readers of committed records, what was told as not
/// committed is not seen, what is unknown is seen whole or not at all; no call outlasts its deadline. When the faults
/// stop, each record of the input is in the output exactly once within a bounded time.
report run_copiers(std::uint64_t seed, const fault_plan& plan, const telling& how);

}  // namespace sim
}  // namespace v0
}  // namespace ottla
