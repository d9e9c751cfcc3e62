// use_oidc: what can be wrong before anybody is asked, and the source behind a configuration.
#include <openssl/crypto.h>

#include "ottla/oidc.hpp"
#include "token_source.hpp"

namespace ottla {
inline namespace v0 {
namespace {

error bad_setting(std::string_view name, std::string detail) {
  error_context context;
  context.asked = std::string(name);
  context.detail = std::move(detail);
  return error(client_code::invalid_config, std::move(context));
}

}  // namespace

result<void> use_oidc(cluster_config& config) {
  sasl_config& sasl = config.sasl;
  if (sasl.oidc.token_endpoint.empty() || sasl.mechanism != sasl_mechanism::oauthbearer || sasl.ask || sasl.provide)
    return {};
  auto endpoint = parse_token_endpoint(sasl.oidc.token_endpoint);
  if (!endpoint) return endpoint.error();
  constexpr std::string_view id = "sasl.oauthbearer.client.credentials.client.id";
  if (sasl.oidc.client_id.empty()) return bad_setting(id, "the token endpoint wants to know who asks");
  if (sasl.oidc.client_id.find(':') != std::string::npos && !sasl.oidc.urlencode_header)
    return bad_setting(id, "a colon would end it; set sasl.oauthbearer.header.urlencode");
  if (sasl.oidc.client_secret.empty())
    return bad_setting("sasl.oauthbearer.client.credentials.client.secret", "there is none");
  if (sasl.oidc.connect_timeout.count() < 1)
    return bad_setting("sasl.login.connect.timeout.ms", "must be at least 1 ms");
  if (sasl.oidc.read_timeout.count() < 1) return bad_setting("sasl.login.read.timeout.ms", "must be at least 1 ms");
  if (sasl.oidc.retry_backoff > sasl.oidc.retry_backoff_max)
    return bad_setting("sasl.login.retry.backoff.ms", "is longer than sasl.login.retry.backoff.max.ms");
  OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, nullptr);  // a request may be under way when the process ends
  auto source = std::make_shared<token_source>(sasl.oidc, std::move(*endpoint), sasl.credentials.extensions);
  sasl.ask = [source](sasl_answer answer) { source->ask(std::move(answer)); };
  return {};
}

}  // namespace v0
}  // namespace ottla
