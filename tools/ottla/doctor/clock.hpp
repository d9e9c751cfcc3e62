// clock: what somebody else's time, told in the middle of a question, says of how far two clocks are apart.
#pragma once

#include <cstdint>

#include "doctor/finding.hpp"

namespace ottla_tool::doctor {

/// The question began at `asked` and its answer was there at `answered` by our clock; `theirs` is what theirs showed at
/// some moment in between. All are milliseconds since 1970. Up to two seconds are well.
finding compare_clocks(std::string subject, std::int64_t asked, std::int64_t answered, std::int64_t theirs);

}  // namespace ottla_tool::doctor
