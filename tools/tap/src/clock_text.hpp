// Times as text, in UTC: a line says the same wherever it is printed.
#pragma once

#include <chrono>
#include <string>

namespace ottla {
inline namespace v0 {
namespace tap {

/// 2026-01-31T12:00:00.000000Z
std::string date_and_time(std::chrono::microseconds since_1970);
/// 12:00:00.000000
std::string time_of_day(std::chrono::microseconds since_1970);

}  // namespace tap
}  // namespace v0
}  // namespace ottla
