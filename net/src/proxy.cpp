// proxy_config as a URL.
#include "ottla/net/proxy.hpp"

#include <charconv>
#include <optional>

#include "ottla/net/address.hpp"

namespace ottla {
inline namespace v0 {
namespace {

// Nothing of what was written is shown: user and password may stand where nobody expects them.
error bad_url(std::string_view why) {
  error_context context;
  context.asked = "proxy.url";
  context.detail = why;
  context.advice = "write socks5://user:password@host:port or the same with http://";
  return error(client_code::invalid_config, std::move(context));
}

std::optional<secret> percent_decoded(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned value = 0;
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const char* digits = text.data() + i + 1;
    if (text.size() - i < 3 || std::from_chars(digits, digits + 2, value, 16).ptr != digits + 2) {
      wipe(out);
      return std::nullopt;
    }
    out += static_cast<char>(value);
    i += 2;
  }
  secret made(out);
  wipe(out);
  return made;
}

}  // namespace

result<proxy_config> parse_proxy(std::string_view url) {
  proxy_config out;
  if (url.empty()) return out;
  const std::size_t scheme_end = url.find("://");
  const std::string_view scheme = url.substr(0, scheme_end == std::string_view::npos ? 0 : scheme_end);
  if (scheme == "socks5" || scheme == "socks5h") {
    out.kind = proxy_kind::socks5;
  } else if (scheme == "http") {
    out.kind = proxy_kind::http;
  } else if (scheme == "https") {
    return unexpected(bad_url("a proxy that wants TLS itself cannot be used"));
  } else {
    return unexpected(bad_url("it does not begin with socks5:// or http://"));
  }
  std::string_view rest = url.substr(scheme_end + 3);
  if (rest.ends_with('/')) rest.remove_suffix(1);
  if (const std::size_t at = rest.rfind('@'); at != std::string_view::npos) {
    const std::string_view who = rest.substr(0, at);
    rest.remove_prefix(at + 1);
    const std::size_t colon = std::min(who.find(':'), who.size());
    const auto user = percent_decoded(who.substr(0, colon));
    const auto password = percent_decoded(who.substr(std::min(colon + 1, who.size())));
    if (!user || !password) return unexpected(bad_url("user or password hold a % without two digits behind it"));
    out.username = user->reveal();
    out.password = *password;
    if (out.username.empty()) return unexpected(bad_url("it has an @ but no user"));
  }
  const bool has_port =
      rest.starts_with('[') ? rest.find("]:") != std::string_view::npos : rest.find(':') != std::string_view::npos;
  if (!has_port) return unexpected(bad_url("it names no port"));
  const auto where = rest.find(',') == std::string_view::npos && rest.find('/') == std::string_view::npos
                         ? parse_bootstrap(rest)
                         : result<std::vector<host_port>>(unexpected(bad_url("")));
  if (!where || where->size() != 1) return unexpected(bad_url("its host and port cannot be read"));
  out.host = where->front().host;
  out.port = where->front().port;
  return out;
}

std::string to_string(const proxy_config& proxy) {
  if (proxy.kind == proxy_kind::none) return {};
  std::string out = proxy.kind == proxy_kind::socks5 ? "socks5://" : "http://";
  if (!proxy.username.empty()) out += proxy.username + (proxy.password.empty() ? "@" : ":****@");
  return out + to_string(host_port{proxy.host, proxy.port});
}

}  // namespace v0
}  // namespace ottla
