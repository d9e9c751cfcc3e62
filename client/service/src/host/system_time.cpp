// system_time: the monotonic clock and the wall clock, as hosts read them.
#include "ottla/service/system_time.hpp"

#include <chrono>

namespace ottla {
inline namespace v0 {

instant system_time() {
  const auto mono = std::chrono::steady_clock::now().time_since_epoch();
  const auto wall = std::chrono::system_clock::now().time_since_epoch();
  return {steady_ns(mono), wall_ms(std::chrono::duration_cast<std::chrono::milliseconds>(wall))};
}

}  // namespace v0
}  // namespace ottla
