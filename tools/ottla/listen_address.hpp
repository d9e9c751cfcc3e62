// listen_address: HOST:PORT as a server listens on, where port 0 means any.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ottla/net/setting_row.hpp"

namespace ottla_tool {

struct listen_address {
  std::string host;
  std::uint16_t port = 0;
};

/// False: not HOST:PORT.
inline bool parse_listen_address(std::string_view text, listen_address& out) {
  const std::size_t colon = text.rfind(':');
  std::int64_t port = 0;
  if (colon == std::string_view::npos || !ottla::parse_integer(text.substr(colon + 1), port) || port < 0 ||
      port > 65535)
    return false;
  std::string_view host = text.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  out.host = host.empty() ? "0.0.0.0" : std::string(host);
  out.port = static_cast<std::uint16_t>(port);
  return true;
}

}  // namespace ottla_tool
