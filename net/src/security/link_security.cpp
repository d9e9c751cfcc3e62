// link_security: the checks of a configuration that nothing else would tell before the first connection.
#include "link_security.hpp"

namespace ottla {
inline namespace v0 {
namespace {

error bad(std::string asked, std::string detail, std::string advice = {}) {
  error_context context;
  context.asked = std::move(asked);
  context.detail = std::move(detail);
  context.advice = std::move(advice);
  return error(client_code::invalid_config, std::move(context));
}

result<void> check(const sasl_config& sasl) {
  if (sasl.provide) return {};
  const sasl_credentials& who = sasl.credentials;
  if (sasl.mechanism == sasl_mechanism::oauthbearer) {
    if (!who.token.empty() || !sasl.unsecured_principal.empty()) return {};
    return bad("sasl.mechanism OAUTHBEARER", "there is no token",
               "set sasl.oauthbearer.token, or give sasl_config::provide a function that has one");
  }
  if (who.username.empty()) {
    return bad("sasl.mechanism " + std::string(name(sasl.mechanism)), "there is no user name",
               "set sasl.username and sasl.password, or sasl.jaas.config");
  }
  if (who.username.find('\0') != std::string::npos || who.password.reveal().find('\0') != std::string_view::npos)
    return bad("sasl.username and sasl.password", "they must not hold zero bytes");
  return {};
}

// RFC 7628: what would be read as something else.
result<void> check_token(const sasl_credentials& who) {
  const auto has_separator = [](std::string_view text) { return text.find('\1') != std::string_view::npos; };
  bool wrong = has_separator(who.token.reveal()) || who.token.empty();
  for (const auto& [key, value] : who.extensions) {
    wrong = wrong || key.empty() || key == "auth" || key.find('=') != std::string::npos || has_separator(key) ||
            has_separator(value);
  }
  if (wrong) return bad("the credentials of OAUTHBEARER", "the token is empty, or something holds a separator");
  return {};
}

}  // namespace

result<std::unique_ptr<link_security>> link_security::make(const cluster_config& config) {
  using protocol = security_protocol;
  std::unique_ptr<link_security> out;
  if (config.security == protocol::plaintext) return out;
  out = std::make_unique<link_security>();
  if (config.security == protocol::ssl || config.security == protocol::sasl_ssl) {
    auto made = tls_context::make(config.tls);
    if (!made) return unexpected(made.error());
    out->tls = std::move(*made);
  }
  out->authenticates = config.security != protocol::ssl;
  if (out->authenticates) {
    if (auto fine = check(config.sasl); !fine) return unexpected(fine.error());
    out->sasl = config.sasl;
  }
  return out;
}

result<sasl_credentials> link_security::credentials(wall_ms now) const {
  result<sasl_credentials> out = sasl.provide ? sasl.provide() : result<sasl_credentials>(sasl.credentials);
  if (!out) return out;
  if (sasl.mechanism != sasl_mechanism::oauthbearer) return out;
  if (out->token.empty() && !sasl.unsecured_principal.empty()) {
    auto token = unsecured_token(sasl.unsecured_principal, sasl.unsecured_scope, now);
    if (!token) return unexpected(token.error());
    out->token = std::move(*token);
  }
  if (auto fine = check_token(*out); !fine) return unexpected(fine.error());
  return out;
}

}  // namespace v0
}  // namespace ottla
