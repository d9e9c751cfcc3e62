// rfc3339: through the calendar of <chrono>, which needs neither locale nor time zone.
#include "rfc3339.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

namespace ottla {
inline namespace v0 {
namespace {

using days = std::chrono::days;
using std::chrono::milliseconds;

// Exactly `count` digits.
std::optional<int> number(std::string_view text, std::size_t at, std::size_t count) {
  if (text.size() < at + count) return std::nullopt;
  int value = 0;
  for (char c : text.substr(at, count)) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return value;
}

}  // namespace

std::string to_rfc3339(wall_ms at) {
  using namespace std::chrono;
  constexpr milliseconds first = sys_days(year(0) / 1 / 1).time_since_epoch();
  constexpr milliseconds last = sys_days(year(10'000) / 1 / 1).time_since_epoch() - milliseconds(1);
  const milliseconds since = std::clamp(at.time_since_epoch(), first, last);
  const auto day = floor<std::chrono::days>(since);
  const year_month_day date{sys_days(day)};
  const hh_mm_ss<milliseconds> time(since - day);
  std::array<char, 64> out;
  const int size =
      std::snprintf(out.data(), out.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", int(date.year()),
                    unsigned(date.month()), unsigned(date.day()), int(time.hours().count()),
                    int(time.minutes().count()), int(time.seconds().count()), int(time.subseconds().count()));
  return std::string(out.data(), static_cast<std::size_t>(size));
}

std::optional<wall_ms> from_rfc3339(std::string_view text) {
  // 0123456789012345678
  // 2026-11-21T13:21:22[.digits](Z|+hh:mm|-hh:mm)
  const auto year = number(text, 0, 4), month = number(text, 5, 2), day = number(text, 8, 2);
  const auto hour = number(text, 11, 2), minute = number(text, 14, 2), second = number(text, 17, 2);
  if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
  const auto letter = [&](std::size_t at, char a, char b) { return text[at] == a || text[at] == b; };
  if (text[4] != '-' || text[7] != '-' || !letter(10, 'T', 't') || text[13] != ':' || text[16] != ':')
    return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day)));
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  std::size_t at = 19;
  int thousandths = 0;
  if (at < text.size() && text[at] == '.') {
    int weight = 100;
    const std::size_t first = ++at;
    for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, weight /= 10)
      thousandths += (text[at] - '0') * weight;
    if (at == first) return std::nullopt;
  }
  if (at >= text.size()) return std::nullopt;
  std::chrono::minutes offset{0};
  if (text.size() == at + 1 && letter(at, 'Z', 'z')) {
    // UTC
  } else if (text.size() == at + 6 && letter(at, '+', '-') && text[at + 3] == ':') {
    const auto hours = number(text, at + 1, 2), minutes = number(text, at + 4, 2);
    if (!hours || !minutes || *hours > 23 || *minutes > 59) return std::nullopt;
    offset = std::chrono::minutes(*hours * 60 + *minutes) * (text[at] == '-' ? -1 : 1);
  } else {
    return std::nullopt;
  }
  const milliseconds since = std::chrono::sys_days(date).time_since_epoch() + std::chrono::hours(*hour) +
                             std::chrono::minutes(*minute) + std::chrono::seconds(std::min(*second, 59)) +
                             milliseconds(thousandths) - offset;
  return wall_ms(since);
}

}  // namespace v0
}  // namespace ottla
