// reset_place: where reset-offsets sends a partition: how it is written, read from a file, and kept inside the log.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ottla/topic_partition.hpp"

namespace ottla_tool {

struct reset_place {
  enum class kind : std::uint8_t { earliest, latest, offset, timestamp, shift };
  kind to = kind::latest;
  std::int64_t value = 0;  ///< offset, ms since 1970 UTC, or by how many records
};
/// earliest|latest|OFFSET|@MILLIS|@ISO8601. Nothing: it is none of these.
std::optional<reset_place> parse_reset(std::string_view text);

/// "name" or "name:0,3".
struct topic_choice {
  std::string topic;
  std::vector<std::int32_t> partitions;  ///< empty: all
};
std::optional<topic_choice> parse_topic_choice(std::string_view text);

struct file_offset {
  ottla::topic_partition at;
  std::int64_t offset = 0;
};
/// One line of --from-file: topic,partition,offset or {"topic":..,"partition":..,"offset":..}. Nothing: it is neither.
std::optional<file_offset> parse_file_line(std::string_view line);

/// What the log of one partition holds, and what the group has committed (-1: nothing).
struct reset_bounds {
  std::int64_t beginning = 0;
  std::int64_t end = 0;
  std::int64_t committed = -1;
  std::int64_t at_time = -1;  ///< the first offset of that time; -1: no record is that young
};
/// The offset to commit, inside the log. Nothing: a shift from where nothing was committed.
std::optional<std::int64_t> resolve(const reset_place& place, const reset_bounds& log);

}  // namespace ottla_tool
