// reset_place: reading and resolving places.
#include "reset_place.hpp"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "consume_place.hpp"
#include "ottla/net/setting_row.hpp"

namespace ottla_tool {
namespace {

bool partition_number(std::string_view text, std::int32_t& into) {
  std::int64_t number = 0;
  if (!ottla::parse_integer(text, number) || number < 0 || number > std::numeric_limits<std::int32_t>::max())
    return false;
  into = static_cast<std::int32_t>(number);
  return true;
}

std::optional<file_offset> parse_object(std::string_view line) {
  const auto said = nlohmann::json::parse(line, nullptr, false);
  if (!said.is_object()) return std::nullopt;
  const auto topic = said.find("topic"), partition = said.find("partition"), offset = said.find("offset");
  const auto whole = [&](const auto& at, std::int64_t most) {
    return at != said.end() && at->is_number_integer() &&
           (!at->is_number_unsigned() || at->template get<std::uint64_t>() <= static_cast<std::uint64_t>(most)) &&
           at->template get<std::int64_t>() >= 0 && at->template get<std::int64_t>() <= most;
  };
  if (topic == said.end() || !topic->is_string() || !whole(partition, std::numeric_limits<std::int32_t>::max()) ||
      !whole(offset, std::numeric_limits<std::int64_t>::max()))
    return std::nullopt;
  return file_offset{{topic->get<std::string>(), partition->get<std::int32_t>()}, offset->get<std::int64_t>()};
}

}  // namespace

std::optional<reset_place> parse_reset(std::string_view text) {
  using kind = reset_place::kind;
  if (text == "earliest") return reset_place{kind::earliest, 0};
  if (text == "latest") return reset_place{kind::latest, 0};
  if (text.starts_with('@')) {
    const auto moment = parse_moment(text.substr(1));
    return moment ? std::optional(reset_place{kind::timestamp, *moment}) : std::nullopt;
  }
  std::int64_t number = 0;
  if (!ottla::parse_integer(text, number) || number < 0) return std::nullopt;
  return reset_place{kind::offset, number};
}

std::optional<topic_choice> parse_topic_choice(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos)
    return text.empty() ? std::nullopt : std::optional(topic_choice{std::string(text), {}});
  topic_choice out{std::string(text.substr(0, colon)), {}};
  if (out.topic.empty()) return std::nullopt;
  std::string_view rest = text.substr(colon + 1);
  for (bool more = true; more;) {
    const std::size_t comma = rest.find(',');
    more = comma != std::string_view::npos;
    if (!partition_number(rest.substr(0, comma), out.partitions.emplace_back())) return std::nullopt;
    if (more) rest.remove_prefix(comma + 1);
  }
  return out;
}

std::optional<file_offset> parse_file_line(std::string_view line) {
  if (line.starts_with('{')) return parse_object(line);
  const std::size_t last = line.rfind(',');
  if (last == std::string_view::npos || last == 0) return std::nullopt;
  const std::size_t middle = line.rfind(',', last - 1);
  if (middle == std::string_view::npos || middle == 0) return std::nullopt;
  file_offset out;
  out.at.topic = std::string(line.substr(0, middle));
  if (out.at.topic.size() > 1 && out.at.topic.front() == '"' && out.at.topic.back() == '"')
    out.at.topic = out.at.topic.substr(1, out.at.topic.size() - 2);
  if (!partition_number(line.substr(middle + 1, last - middle - 1), out.at.partition) ||
      !ottla::parse_integer(line.substr(last + 1), out.offset) || out.offset < 0)
    return std::nullopt;
  return out;
}

std::optional<std::int64_t> resolve(const reset_place& place, const reset_bounds& log) {
  using kind = reset_place::kind;
  const auto inside = [&](std::int64_t offset) {
    return std::clamp(offset, log.beginning, std::max(log.beginning, log.end));
  };
  switch (place.to) {
    case kind::earliest:
      return log.beginning;
    case kind::latest:
      return log.end;
    case kind::offset:
      return inside(place.value);
    case kind::timestamp:
      return log.at_time < 0 ? log.end : inside(log.at_time);
    case kind::shift:
      break;
  }
  if (log.committed < 0) return std::nullopt;
  std::int64_t moved = 0;
  if (__builtin_add_overflow(log.committed, place.value, &moved))
    moved = place.value < 0 ? std::numeric_limits<std::int64_t>::min() : std::numeric_limits<std::int64_t>::max();
  return inside(moved);
}

}  // namespace ottla_tool
