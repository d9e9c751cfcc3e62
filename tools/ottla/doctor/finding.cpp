// Findings in words.
#include "doctor/finding.hpp"

#include <cstdio>

namespace ottla_tool::doctor {

std::string_view name(standing what) { return what == standing::ok ? "ok" : what == standing::warn ? "warn" : "fail"; }

finding trouble(std::string check, std::string subject, const ottla::error& why, std::string advice) {
  const ottla::error_context& about = why.context();
  std::string told = std::string(why.name());
  if (!about.detail.empty()) told += ": " + about.detail;
  return {standing::fail, std::move(check), std::move(subject), std::move(told),
          about.advice.empty() ? std::move(advice) : about.advice};
}

std::string duration_text(std::chrono::nanoseconds span) {
  char out[32];
  const double ms = static_cast<double>(span.count()) / 1e6;
  if (ms < 1000) {
    std::snprintf(out, sizeof out, "%.1f ms", ms);
  } else {
    std::snprintf(out, sizeof out, "%.1f s", ms / 1000);
  }
  return out;
}

}  // namespace ottla_tool::doctor
