// rfc3339: moments as text, as logs and events write them: 2026-11-21T13:21:22.123Z.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ottla/net/time.hpp"

namespace ottla {
inline namespace v0 {

/// UTC with milliseconds. Years 0 to 9999; what lies outside becomes the nearest that is in it.
std::string to_rfc3339(wall_ms at);
/// Any offset, any number of fractional digits (cut to milliseconds), a leap second as the second before it. Nothing:
/// not a date and time of RFC 3339.
std::optional<wall_ms> from_rfc3339(std::string_view text);

}  // namespace v0
}  // namespace ottla
