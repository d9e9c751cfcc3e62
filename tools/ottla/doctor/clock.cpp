// Clocks: they differ by no more than what is told, and by no less than what is warned of.
#include "doctor/clock.hpp"

#include <cstdlib>

namespace ottla_tool::doctor {

finding compare_clocks(std::string subject, std::int64_t asked, std::int64_t answered, std::int64_t theirs) {
  // The true difference lies within the time that the question took.
  const std::int64_t ahead = theirs < asked ? theirs - asked : theirs > answered ? theirs - answered : 0;
  constexpr std::int64_t tolerable_ms = 2'000;
  if (std::abs(ahead) <= tolerable_ms)
    return well("clock", std::move(subject),
                "not more than " + std::to_string(std::abs(ahead) + (answered - asked)) + " ms from ours");
  return {standing::warn, "clock", std::move(subject),
          duration_text(std::chrono::milliseconds(std::abs(ahead))) + (ahead > 0 ? " ahead of" : " behind") + " ours",
          "timestamps, retention and tokens go by clocks: let both machines follow a time server"};
}

}  // namespace ottla_tool::doctor
