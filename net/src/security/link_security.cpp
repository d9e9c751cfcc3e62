// link_security: the checks of a configuration that nothing else would tell before the first connection.
#include "link_security.hpp"

#include "aws_signature.hpp"
#include "sasl_extensions.hpp"

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
  if (sasl.mechanism == sasl_mechanism::gssapi) {
    if (sasl.converse) return {};
    return bad("sasl.mechanism GSSAPI", "this program does not speak Kerberos",
               "call ottla::use_gssapi, of ottla::gssapi, before the cluster is opened");
  }
  if (sasl.provide || sasl.ask) return {};
  const sasl_credentials& who = sasl.credentials;
  if (sasl.mechanism == sasl_mechanism::oauthbearer) {
    if (!who.token.empty() || !sasl.unsecured_principal.empty()) return {};
    if (!sasl.oidc.token_endpoint.empty())
      return bad("sasl.oauthbearer.token.endpoint.url", "this program does not ask OpenID providers for tokens",
                 "call ottla::use_oidc, of ottla::oidc, before the cluster is opened");
    return bad("sasl.mechanism OAUTHBEARER", "there is no token",
               "set sasl.oauthbearer.token.endpoint.url or sasl.oauthbearer.token, or give sasl_config::provide a "
               "function that has one");
  }
  if (who.username.empty()) {
    return bad("sasl.mechanism " + std::string(name(sasl.mechanism)), "there is no user name",
               sasl.mechanism == sasl_mechanism::aws_msk_iam
                   ? "set sasl.username and sasl.password to an access key, or sasl_config::provide to aws_environment"
                   : "set sasl.username and sasl.password, or sasl.jaas.config");
  }
  if (who.username.find('\0') != std::string::npos || who.password.reveal().find('\0') != std::string_view::npos)
    return bad("sasl.username and sasl.password", "they must not hold zero bytes");
  return {};
}

// RFC 7628: what would be read as something else.
result<void> check_token(const sasl_credentials& who) {
  const auto has_separator = [](std::string_view text) { return text.find('\1') != std::string_view::npos; };
  bool wrong = has_separator(who.token.reveal()) || who.token.empty();
  for (const auto& [key, value] : who.extensions) wrong = wrong || !is_extension(key, value);
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

std::shared_ptr<awaited_credentials> link_security::ask_credentials() const noexcept {
  auto out = std::make_shared<awaited_credentials>();
  if (sasl.ask) {
    sasl.ask([out, rings = bell](result<sasl_credentials> told) {
      if (out->put(std::move(told))) rings->ring();
    });
  } else {
    out->put(sasl.provide ? sasl.provide() : result<sasl_credentials>(sasl.credentials));
  }
  return out;
}

result<std::unique_ptr<sasl_exchange>> link_security::converse(result<sasl_credentials> told, std::string_view host,
                                                               wall_ms now) const noexcept {
  if (!told) return unexpected(told.error());
  if (sasl.mechanism == sasl_mechanism::gssapi) return sasl.converse(host, [rings = bell] { rings->ring(); });
  sasl_occasion occasion{host, now, sasl.aws_region};
  if (sasl.mechanism == sasl_mechanism::oauthbearer) {
    if (auto made = with_token(*told, now); !made) return unexpected(made.error());
  } else if (sasl.mechanism == sasl_mechanism::aws_msk_iam) {
    if (occasion.region.empty()) occasion.region = aws_region_of(host);
    if (occasion.region.empty())
      return unexpected(bad("sasl.mechanism AWS_MSK_IAM", "the name " + std::string(host) + " says no region of AWS",
                            "set sasl.aws_region"));
  }
  return make_sasl_exchange(sasl.mechanism, std::move(*told), occasion, salted);
}

result<void> link_security::with_token(sasl_credentials& who, wall_ms now) const {
  if (who.token.empty() && !sasl.unsecured_principal.empty()) {
    auto token = unsecured_token(sasl.unsecured_principal, sasl.unsecured_scope, now);
    if (!token) return token.error();
    who.token = std::move(*token);
  }
  return check_token(who);
}

}  // namespace v0
}  // namespace ottla
