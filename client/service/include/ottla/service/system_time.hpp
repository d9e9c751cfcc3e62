// system_time: the clocks of this machine, for programs that run the layer's parts in real time.
#pragma once

#include "ottla/net/time.hpp"

namespace ottla {
inline namespace v0 {

/// Both clocks now. Any thread.
instant system_time();

}  // namespace v0
}  // namespace ottla
