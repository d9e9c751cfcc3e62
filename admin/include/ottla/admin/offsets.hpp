// Offsets by time and by position in the log (ListOffsets: KIP-79, KIP-734).
#pragma once

#include <cstdint>
#include <string>

#include "ottla/error.hpp"

namespace ottla {
inline namespace v0 {

/// What may stand in place of a timestamp.
inline constexpr std::int64_t latest_offset = -1;         ///< behind the last record
inline constexpr std::int64_t earliest_offset = -2;       ///< the first that is still there
inline constexpr std::int64_t max_timestamp_offset = -3;  ///< of the newest timestamp; brokers from 3.0

enum class read_isolation : std::int8_t {
  uncommitted = 0,  ///< latest is the high watermark
  committed = 1,    ///< latest is the last stable offset: before the first open transaction
};

struct offset_query {
  std::string topic;
  std::int32_t partition = 0;
  /// ms since 1970 UTC: the first record at or after it; or one of the three above.
  std::int64_t at = latest_offset;
};
struct offset_answer {
  std::string topic;
  std::int32_t partition = -1;
  std::int64_t offset = -1;     ///< -1: no record is that young
  std::int64_t timestamp = -1;  ///< of the record found; -1 for earliest and latest
  std::int32_t leader_epoch = -1;
  error failure;
};

}  // namespace v0
}  // namespace ottla
