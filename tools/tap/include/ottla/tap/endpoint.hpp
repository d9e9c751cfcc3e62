// An address as brokers advertise it.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace ottla {
inline namespace v0 {
namespace tap {

struct endpoint {
  std::string host;
  std::uint16_t port = 0;
  friend auto operator<=>(const endpoint&, const endpoint&) = default;

  /// HOST:PORT, with brackets around IPv6.
  [[nodiscard]] std::string text() const {
    const bool bracket = host.find(':') != std::string::npos;
    return (bracket ? "[" + host + "]" : host) + ":" + std::to_string(port);
  }
};

}  // namespace tap
}  // namespace v0
}  // namespace ottla
