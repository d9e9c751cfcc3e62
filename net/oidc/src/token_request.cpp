// token_request: the POST of RFC 6749, 4.4.2, with cpp-httplib.
#include "token_request.hpp"

#include <httplib.h>
#include <openssl/ssl.h>

#include <chrono>

#include "security/basic_authorization.hpp"
#include "security/openssl_handles.hpp"
#include "security/tls_identity.hpp"

namespace ottla {
inline namespace v0 {
namespace {

wall_ms wall_now() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return wall_ms(std::chrono::duration_cast<std::chrono::milliseconds>(since));
}

// application/x-www-form-urlencoded, as forms have it.
std::string form_encoded(std::string_view text) {
  static constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  out.reserve(3 * text.size());
  for (const char c : text) {
    const auto value = static_cast<unsigned char>(c);
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
        c == '.' || c == '*') {
      out += c;
    } else if (c == ' ') {
      out += '+';
    } else {
      out += {'%', digits[value >> 4], digits[value & 15]};
    }
  }
  return out;
}

// The caller overwrites it.
std::string authorization(const oidc_config& config) {
  const std::string_view word = config.client_secret.reveal();
  if (!config.urlencode_header) return basic_authorization(config.client_id, word);
  std::string encoded = form_encoded(word);
  std::string out = basic_authorization(form_encoded(config.client_id), encoded);
  wipe(encoded);
  return out;
}

std::string clause(httplib::Error why, long verified) {
  switch (why) {
    case httplib::Error::Connection:
      return "cannot be connected to";
    case httplib::Error::ConnectionTimeout:
      return "does not take the connection in time";
    case httplib::Error::SSLServerVerification:
      return verified != X509_V_OK
                 ? "has a certificate that is not trusted: " + std::string(X509_verify_cert_error_string(verified))
                 : "has a certificate of another host";
    case httplib::Error::SSLConnection:
    case httplib::Error::SSLLoadingCerts:
      return "does not agree on TLS";
    default:
      return "does not answer";
  }
}

}  // namespace

struct token_request::parts {
  parts(const oidc_config& with, const token_endpoint& to) : config(with), endpoint(to), client(to.origin) {}
  oidc_config config;
  token_endpoint endpoint;
  httplib::Client client;

  std::string url() const { return endpoint.origin + endpoint.path; }

  // The same files and forms as for brokers, read again for each request.
  result<void> trust_authorities() {
    if (!endpoint.encrypted || (config.ca_file.empty() && config.ca_pem.empty())) return {};
    tls_config whom;
    whom.ca_file = config.ca_file;
    whom.ca_pem = config.ca_pem;
    const context_ptr lender(SSL_CTX_new(TLS_client_method()));
    if (!lender) return bad_tls_setting("https.ca.location", tls_error_clause());
    if (auto done = trust(lender.get(), whom); !done)
      return token_error(url(), "cannot be verified: " + done.error().context().detail, "check https.ca.location",
                         false);
    X509_STORE* store = SSL_CTX_get_cert_store(lender.get());
    X509_STORE_up_ref(store);
    client.set_ca_cert_store(store);  // takes the reference
    // A directory without certificates: without one the system's would be trusted as well.
    client.set_ca_cert_path("", "/dev/null");
    return {};
  }

  httplib::Request make_request() const {
    httplib::Request out;
    out.method = "POST";
    out.path = endpoint.path;
    out.set_header("Authorization", authorization(config));
    out.set_header("Content-Type", "application/x-www-form-urlencoded");
    out.set_header("Accept", "application/json");
    out.set_header("Accept-Encoding", "identity");  // nothing that is larger unpacked than it was sent
    out.body = "grant_type=client_credentials";
    if (!config.scope.empty()) out.body += "&scope=" + form_encoded(config.scope);
    return out;
  }

  result<oidc_token> run() {
    if (auto done = trust_authorities(); !done) return unexpected(done.error());
    client.set_connection_timeout(config.connect_timeout);
    client.set_read_timeout(config.read_timeout);
    client.set_write_timeout(config.read_timeout);
    std::string body;
    body.reserve(max_token_answer);  // no reallocation leaves the token behind
    bool too_large = false;
    httplib::Request ask = make_request();
    ask.content_receiver = [&](const char* data, std::size_t size, std::uint64_t, std::uint64_t) {
      too_large = size > max_token_answer - body.size();
      if (!too_large) body.append(data, size);
      return !too_large;
    };
    const httplib::Result answer = client.send(ask);
    for (auto& [name, value] : ask.headers) wipe(value);
    result<oidc_token> out = oidc_token{};
    if (too_large) {
      out = unexpected(
          token_error(url(), "answers with more than 64 KiB", "check sasl.oauthbearer.token.endpoint.url", false));
    } else if (!answer) {
      const long verified = endpoint.encrypted ? client.get_openssl_verify_result() : X509_V_OK;
      const bool untrusted = answer.error() == httplib::Error::SSLServerVerification;
      out = unexpected(token_error(url(), clause(answer.error(), verified),
                                   untrusted ? "check https.ca.location and the host name"
                                             : "check sasl.oauthbearer.token.endpoint.url and that it runs",
                                   !untrusted));
    } else {
      out = read_token_answer(url(), answer->status, body, wall_now());
    }
    wipe(body);
    return out;
  }
};

token_request::token_request(const oidc_config& config, const token_endpoint& endpoint)
    : parts_(std::make_unique<parts>(config, endpoint)) {}
token_request::~token_request() = default;
result<oidc_token> token_request::run() { return parts_->run(); }
void token_request::stop() { parts_->client.stop(); }

}  // namespace v0
}  // namespace ottla
