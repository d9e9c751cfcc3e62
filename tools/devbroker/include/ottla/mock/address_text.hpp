// address_text: where somebody listens, as people and configurations write it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ottla {
inline namespace v0 {
namespace mock {

/// "kafka:9092", with an address of IPv6 "[::1]:9092"; of a Unix socket the path alone, "unix:/run/kafka".
inline std::string address_text(std::string_view host, std::int32_t port) {
  if (host.starts_with("unix:/")) return std::string(host);
  const bool in_brackets = host.find(':') != std::string_view::npos;
  std::string out(host);
  if (in_brackets) out = "[" + out + "]";
  return out + ":" + std::to_string(port);
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
