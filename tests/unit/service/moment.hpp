// The moment at which the service layer's unit tests begin: late enough that an hour before it exists.
#pragma once

#include "ottla/net/time.hpp"

namespace ottla {

inline constexpr steady_ns start{std::chrono::hours(1)};

}  // namespace ottla
