// consume_place: how --from and --to are written: beginning, end, an offset, -N from the end, a moment.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ottla/consumer_config.hpp"

namespace ottla_tool {

/// "1700000000000" (ms) or ISO 8601: 2026-11-21, 2026-11-21T05:00, ...:00, ...:00.250, then Z, +02:00, or nothing
/// (UTC).
std::optional<std::int64_t> parse_moment(std::string_view text);

/// beginning|end|OFFSET|-N|@MILLIS|@ISO8601. Nothing: it is none of these.
std::optional<ottla::start_position> parse_from(std::string_view text);

/// Where to stop: before this offset, before the first record of this time, or at the end as it was at the start.
struct stop_place {
  enum class kind : std::uint8_t { end, offset, timestamp };
  kind at = kind::end;
  std::int64_t value = 0;
};
/// end|OFFSET|@MILLIS|@ISO8601
std::optional<stop_place> parse_to(std::string_view text);

/// "name" or "name:3".
struct topic_argument {
  std::string topic;
  std::optional<std::int32_t> partition;
};
std::optional<topic_argument> parse_topic_argument(std::string_view text);

}  // namespace ottla_tool
