// Reading bootstrap lists and printing addresses.
#include "ottla/net/address.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

#include "ottla/net/driver.hpp"
#include "trimmed.hpp"

namespace ottla {
inline namespace v0 {
namespace {

constexpr std::uint16_t default_port = 9092;

error bad_bootstrap(std::string_view part, std::string_view why) {
  error_context context;
  context.asked = "bootstrap";
  context.detail = "\"" + std::string(part) + "\" " + std::string(why);
  context.advice = "write host:port,host:port";
  return error(client_code::invalid_config, std::move(context));
}

}  // namespace

bool is_unix_socket(std::string_view host) { return host.starts_with("unix:/"); }

std::string_view unix_path(std::string_view host) {
  return is_unix_socket(host) ? host.substr(host.find('/')) : std::string_view{};
}

std::string to_string(const host_port& address) { return address_text(address.host, address.port); }

std::string address_text(std::string_view host, std::int32_t port) {
  std::string out(host);
  if (is_unix_socket(host)) return out;
  if (host.find(':') != std::string_view::npos) out = "[" + out + "]";
  return out + ":" + std::to_string(port);
}

std::string host_of(const ip_address& address) {
  if (!address.name.empty()) return address.name;
  std::string host;
  std::array<char, 8> text{};
  if (!address.v6) {
    for (std::size_t i = 0; i < 4; ++i) host += (i ? "." : "") + std::to_string(address.bytes[i]);
  } else {
    for (std::size_t i = 0; i < 16; i += 2) {
      std::snprintf(text.data(), text.size(), "%s%x", i ? ":" : "", address.bytes[i] << 8 | address.bytes[i + 1]);
      host += text.data();
    }
  }
  return host;
}

std::string to_string(const ip_address& address) { return to_string(host_port{host_of(address), address.port}); }

result<std::vector<host_port>> parse_bootstrap(std::string_view list) {
  std::vector<host_port> out;
  for (std::size_t at = 0; at <= list.size();) {
    const std::size_t comma = std::min(list.find(',', at), list.size());
    std::string_view part = trimmed(list.substr(at, comma - at));
    at = comma + 1;
    if (part.empty()) continue;
    std::string_view rest = part;
    if (part.starts_with("unix:")) {
      rest.remove_prefix(part.starts_with("unix:///") ? 7 : 5);
      if (!rest.starts_with('/') || rest.starts_with("//") || rest.size() < 2)
        return unexpected(bad_bootstrap(part, "is no absolute path of a Unix socket"));
      if (rest.size() > longest_unix_path)
        return unexpected(bad_bootstrap(part, "is longer than the 107 bytes that a Unix socket's path may have"));
      out.push_back({"unix:" + std::string(rest), 0});
      continue;
    }
    if (const auto scheme = rest.find("://"); scheme != std::string_view::npos) rest.remove_prefix(scheme + 3);
    host_port one{{}, default_port};
    std::string_view port;
    if (rest.starts_with('[')) {
      const auto close = rest.find(']');
      if (close == std::string_view::npos) return unexpected(bad_bootstrap(part, "has no closing bracket"));
      one.host = rest.substr(1, close - 1);
      rest.remove_prefix(close + 1);
      if (!rest.empty() && rest[0] != ':') return unexpected(bad_bootstrap(part, "has text behind its bracket"));
      port = rest.empty() ? rest : rest.substr(1);
    } else if (const auto colon = rest.find(':'); colon != std::string_view::npos) {
      if (rest.find(':', colon + 1) != std::string_view::npos) {
        return unexpected(bad_bootstrap(part, "holds several colons; an IPv6 address goes in brackets"));
      }
      one.host = rest.substr(0, colon);
      port = rest.substr(colon + 1);
      if (port.empty()) return unexpected(bad_bootstrap(part, "has a colon but no port"));
    } else {
      one.host = rest;
    }
    if (one.host.empty()) return unexpected(bad_bootstrap(part, "has no host"));
    if (!port.empty()) {
      const auto [end, failed] = std::from_chars(port.data(), port.data() + port.size(), one.port);
      if (failed != std::errc{} || end != port.data() + port.size() || one.port == 0) {
        return unexpected(bad_bootstrap(part, "has a port that is not a number from 1 to 65535"));
      }
    }
    out.push_back(std::move(one));
  }
  if (out.empty()) return unexpected(bad_bootstrap(list, "names no broker"));
  return out;
}

}  // namespace v0
}  // namespace ottla
