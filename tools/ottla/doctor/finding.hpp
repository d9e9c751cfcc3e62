// finding: what one look at one thing showed, and what to do about it.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "ottla/error.hpp"

namespace ottla_tool::doctor {

enum class standing { ok, warn, fail };
std::string_view name(standing what);

struct finding {
  standing how = standing::ok;
  std::string check;    ///< "tcp", "tls", "leaders", ...
  std::string subject;  ///< what was looked at: an address, a broker, a topic; may be empty
  std::string told;     ///< what was seen, one clause
  std::string advice;   ///< what to do; empty only where all is well
};

using findings = std::vector<finding>;

inline finding well(std::string check, std::string subject, std::string told) {
  return {standing::ok, std::move(check), std::move(subject), std::move(told), {}};
}
/// What an error says, and its own advice if it has some.
finding trouble(std::string check, std::string subject, const ottla::error& why, std::string advice);

/// "0.4 ms", "1.3 s"
std::string duration_text(std::chrono::nanoseconds span);

/// How long one step may take: every wait of the doctor ends by then.
using patience = std::chrono::milliseconds;

}  // namespace ottla_tool::doctor
