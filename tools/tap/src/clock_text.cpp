// Times as text, in UTC.
#include "clock_text.hpp"

#include <array>
#include <cstdio>

namespace ottla {
inline namespace v0 {
namespace tap {

std::string time_of_day(std::chrono::microseconds since_1970) {
  const auto day = std::chrono::floor<std::chrono::days>(since_1970);
  const std::chrono::hh_mm_ss parts(since_1970 - day);
  std::array<char, 32> out;
  std::snprintf(out.data(), out.size(), "%02d:%02d:%02d.%06d", static_cast<int>(parts.hours().count()),
                static_cast<int>(parts.minutes().count()), static_cast<int>(parts.seconds().count()),
                static_cast<int>(parts.subseconds().count()));
  return out.data();
}

std::string date_and_time(std::chrono::microseconds since_1970) {
  const std::chrono::year_month_day date(std::chrono::sys_days(std::chrono::floor<std::chrono::days>(since_1970)));
  std::array<char, 64> out;
  std::snprintf(out.data(), out.size(), "%04d-%02u-%02uT%sZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                time_of_day(since_1970).c_str());
  return out.data();
}

}  // namespace tap
}  // namespace v0
}  // namespace ottla
