// listen_address: HOST:PORT as a server listens on, where port 0 means any; the --listen of every command that serves.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "failure.hpp"
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

/// --listen of `command`, or another option of the kind: 0, or the exit status after telling what is wrong.
inline int read_listen_option(const globals& with, std::string_view command, const std::string& text,
                              listen_address& out, std::string_view option = "--listen") {
  if (parse_listen_address(text, out)) return 0;
  return report_usage(with, command, std::string(option) + ": '" + text + "' is not HOST:PORT");
}

}  // namespace ottla_tool
