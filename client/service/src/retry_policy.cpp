// retry_policy: ranges, and the arithmetic of a pause.
#include "ottla/service/retry_policy.hpp"

#include <algorithm>

#include "checked_config.hpp"

namespace ottla {
inline namespace v0 {
namespace {

constexpr std::chrono::milliseconds longest = std::chrono::hours(24);
// A multiplier above 1 but close to it needs many steps to reach `max`; past these the growth no longer matters.
constexpr int most_steps = 10'000;

}  // namespace

result<void> retry_policy::validate() const {
  // Written so that a NaN fails each of them.
  if (count < 0) return bad_config("retry_policy", "count is below 0");
  if (!(multiplier >= 1.0 && multiplier <= 100.0)) return bad_config("retry_policy", "multiplier is not 1 to 100");
  if (!(jitter >= 0.0 && jitter <= 1.0)) return bad_config("retry_policy", "jitter is not 0 to 1");
  if (max.count() < 0 || max > longest) return bad_config("retry_policy", "max is not 0 to 24 h");
  if (backoff.count() < 0 || backoff > max) return bad_config("retry_policy", "backoff is not 0 to max");
  return {};
}

std::chrono::nanoseconds retry_policy::delay(int retry, random_stream& rng) const {
  // In double: 24 h in ns have 47 bits, so every number up to `max` is exact, and what is above is cut to it.
  const double most =
      static_cast<double>(std::chrono::nanoseconds(std::clamp(max, std::chrono::milliseconds(0), longest)).count());
  double pause = std::min(static_cast<double>(std::max<std::int64_t>(backoff.count(), 0)) * 1e6, most);
  if (multiplier > 1.0) {
    for (int step = 1; step < std::min(retry, most_steps) && pause < most && pause > 0; ++step) pause *= multiplier;
  }
  pause = std::min(pause, most);
  if (!(jitter > 0.0)) return std::chrono::nanoseconds(static_cast<std::int64_t>(pause));
  const double share = std::min(jitter, 1.0);
  const auto low = static_cast<std::int64_t>(pause * (1.0 - share));
  const auto high = static_cast<std::int64_t>(std::min(pause * (1.0 + share), most));
  return std::chrono::nanoseconds(low +
                                  static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(high - low) + 1)));
}

}  // namespace v0
}  // namespace ottla
