// logger: where log lines go. Secrets are never part of one.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

namespace ottla {
inline namespace v0 {

enum class log_level : std::uint8_t { debug, info, warning, error };

/// Called with a level, the component ("connection", "metadata", "producer") and one line. In the middle of the core's
/// work: what it throws ends the process (std::terminate).
using logger = std::function<void(log_level, std::string_view component, std::string_view line)>;

/// Calls it, if there is one.
inline void tell(const logger& to, log_level level, std::string_view component, std::string_view line) noexcept {
  if (to) to(level, component, line);
}

}  // namespace v0
}  // namespace ottla
