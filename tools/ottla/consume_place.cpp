// consume_place: reading places and moments.
#include "consume_place.hpp"

#include <chrono>
#include <limits>

#include "ottla/net/setting_row.hpp"

namespace ottla_tool {
namespace {

/// Exactly `width` digits, taken off the front.
std::optional<int> digits(std::string_view& text, std::size_t width) {
  if (text.size() < width) return std::nullopt;
  int out = 0;
  for (std::size_t i = 0; i < width; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    out = out * 10 + (text[i] - '0');
  }
  text.remove_prefix(width);
  return out;
}

bool take(std::string_view& text, char c) {
  if (text.empty() || text[0] != c) return false;
  text.remove_prefix(1);
  return true;
}

/// Z, +hh:mm, -hh:mm or nothing; minutes east of UTC.
std::optional<int> zone(std::string_view text) {
  if (text.empty() || text == "Z" || text == "z") return 0;
  const bool east = take(text, '+');
  if (!east && !take(text, '-')) return std::nullopt;
  const auto hours = digits(text, 2);
  (void)take(text, ':');
  const auto minutes = digits(text, 2);
  if (!hours || !minutes || *hours > 23 || *minutes > 59 || !text.empty()) return std::nullopt;
  return (east ? 1 : -1) * (*hours * 60 + *minutes);
}

std::optional<std::int64_t> iso_moment(std::string_view text) {
  const auto year = digits(text, 4);
  if (!year || !take(text, '-')) return std::nullopt;
  const auto month = digits(text, 2);
  if (!month || !take(text, '-')) return std::nullopt;
  const auto day = digits(text, 2);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  std::int64_t ms = 0;
  if (take(text, 'T') || take(text, 't') || take(text, ' ')) {
    const auto hour = digits(text, 2);
    if (!hour || *hour > 23 || !take(text, ':')) return std::nullopt;
    const auto minute = digits(text, 2);
    if (!minute || *minute > 59) return std::nullopt;
    int second = 0;
    if (take(text, ':')) {
      const auto given = digits(text, 2);
      if (!given || *given > 59) return std::nullopt;
      second = *given;
    }
    ms = ((*hour * 60 + *minute) * 60 + second) * std::int64_t{1000};
    if (take(text, '.')) {
      int scale = 100;
      if (text.empty() || text[0] < '0' || text[0] > '9') return std::nullopt;
      for (; !text.empty() && text[0] >= '0' && text[0] <= '9'; text.remove_prefix(1), scale /= 10)
        ms += (text[0] - '0') * scale;
    }
  }
  const auto east = zone(text);
  if (!east) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  return days * 86'400'000 + ms - *east * std::int64_t{60'000};
}

}  // namespace

std::optional<std::int64_t> parse_moment(std::string_view text) {
  std::int64_t ms = 0;
  if (ottla::parse_integer(text, ms)) return ms >= 0 ? std::optional(ms) : std::nullopt;
  return iso_moment(text);
}

std::optional<ottla::start_position> parse_from(std::string_view text) {
  if (text == "beginning") return ottla::earliest;
  if (text == "end") return ottla::latest;
  if (text.starts_with('@')) {
    const auto moment = parse_moment(text.substr(1));
    return moment ? std::optional(ottla::at_timestamp(*moment)) : std::nullopt;
  }
  std::int64_t number = 0;
  if (!ottla::parse_integer(text, number) || number == std::numeric_limits<std::int64_t>::min()) return std::nullopt;
  return text.starts_with('-') ? ottla::tail(-number) : ottla::at_offset(number);
}

std::optional<stop_place> parse_to(std::string_view text) {
  if (text == "end") return stop_place{};
  if (text.starts_with('@')) {
    const auto moment = parse_moment(text.substr(1));
    return moment ? std::optional(stop_place{stop_place::kind::timestamp, *moment}) : std::nullopt;
  }
  std::int64_t number = 0;
  if (!ottla::parse_integer(text, number) || number < 0) return std::nullopt;
  return stop_place{stop_place::kind::offset, number};
}

std::optional<topic_argument> parse_topic_argument(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos)
    return text.empty() ? std::nullopt : std::optional(topic_argument{std::string(text), std::nullopt});
  std::int64_t partition = 0;
  if (colon == 0 || !ottla::parse_integer(text.substr(colon + 1), partition) || partition < 0 || partition > INT32_MAX)
    return std::nullopt;
  return topic_argument{std::string(text.substr(0, colon)), static_cast<std::int32_t>(partition)};
}

}  // namespace ottla_tool
