// token_endpoint: scheme, host, port and path; what is left out of a URL here has no meaning for a token endpoint.
#include "token_endpoint.hpp"

#include <algorithm>
#include <charconv>

namespace ottla {
inline namespace v0 {
namespace {

constexpr std::string_view setting_name = "sasl.oauthbearer.token.endpoint.url";

error bad_url(std::string_view url, std::string why) {
  error_context context;
  context.asked = std::string(setting_name);
  context.detail = "'" + std::string(url) + "' cannot be used: " + std::move(why);
  context.advice = "write https://id.example/token, with a port where it has one";
  return error(client_code::invalid_config, std::move(context));
}

bool is_port(std::string_view text) {
  unsigned value = 0;
  const auto [end, bad] = std::from_chars(text.data(), text.data() + text.size(), value);
  return bad == std::errc{} && end == text.data() + text.size() && value >= 1 && value <= 65535;
}

}  // namespace

result<token_endpoint> parse_token_endpoint(std::string_view url) {
  token_endpoint out;
  out.encrypted = url.starts_with("https://");
  if (!out.encrypted && !url.starts_with("http://")) return unexpected(bad_url(url, "it is neither https nor http"));
  if (std::any_of(url.begin(), url.end(), [](char c) { return c <= ' ' || c > '~'; }))
    return unexpected(bad_url(url, "it holds blanks, or characters that are not ASCII"));
  const std::size_t begin = url.find("://") + 3;
  const std::size_t slash = std::min(url.find_first_of("/?#", begin), url.size());
  const std::string_view authority = url.substr(begin, slash - begin);
  // A user in it would be a secret in a text that is printed.
  if (authority.find('@') != std::string_view::npos) return unexpected(bad_url("...", "it names a user"));
  if (url.find('#') != std::string_view::npos) return unexpected(bad_url(url, "it has a fragment"));
  const std::size_t bracket = authority.rfind(']');
  const std::size_t colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (authority.substr(0, colon).empty()) return unexpected(bad_url(url, "it has no host"));
  if (colon != std::string_view::npos && !is_port(authority.substr(colon + 1)))
    return unexpected(bad_url(url, "its port is none"));
  out.origin = url.substr(0, slash);
  out.path = url.substr(slash);
  if (!out.path.starts_with('/')) out.path.insert(0, "/");
  return out;
}

}  // namespace v0
}  // namespace ottla
