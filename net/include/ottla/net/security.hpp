// security: how connections are encrypted and who they say they are: TLS and SASL, as configuration.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ottla/net/secret.hpp"
#include "ottla/result.hpp"

struct ssl_ctx_st;  // OpenSSL's SSL_CTX

namespace ottla {
inline namespace v0 {

enum class security_protocol : std::uint8_t { plaintext, ssl, sasl_plaintext, sasl_ssl };

enum class tls_version : std::uint8_t { tls_1_2, tls_1_3 };

/// A broker's certificate, while it is being judged. The texts are borrowed for the call.
struct tls_peer {
  std::string_view host;     ///< the name that was connected to
  std::string_view subject;  ///< of the certificate, "CN = broker-1"
  std::string_view issuer;
  std::string_view pem;      ///< the certificate itself
  std::string_view refusal;  ///< why OpenSSL would refuse it; empty: it would not
};

/// TLS. Everything is verified unless it is switched off: the chain, the dates, and that the name is the one connected
/// to. Files are PEM, or PKCS#12 where that is said; they are read again when they have changed, for new connections.
struct tls_config {
  /// Who is trusted. All empty: the system's store. A truststore may be PEM or PKCS#12.
  std::string ca_file;
  std::string ca_directory;
  std::string ca_pem;
  secret ca_password;  ///< of a PKCS#12 truststore

  /// Who we are, where brokers ask (mTLS): a certificate chain and its key; a keystore holds both (PKCS#12, or PEM).
  std::string certificate_file;
  std::string certificate_pem;
  std::string key_file;
  secret key_pem;
  secret key_password;
  std::string keystore_file;
  secret keystore_password;

  tls_version min_version = tls_version::tls_1_2;
  /// Of TLS 1.2, and of 1.3, in OpenSSL's words; empty: OpenSSL's own choice.
  std::string cipher_list;
  std::string cipher_suites;

  bool verify = true;       ///< the chain and the dates; without it anybody can sit in between
  bool verify_name = true;  ///< that the certificate is of the host that was connected to (RFC 6125, IP addresses too)

  /// The last word on a broker's certificate, refused or not, on the core's thread; must not block.
  std::function<bool(const tls_peer&)> judge;
  /// The caller's own context, used as it is: of the above only verify, verify_name and judge then count. It is taken
  /// another reference to.
  ssl_ctx_st* context = nullptr;
};

enum class sasl_mechanism : std::uint8_t { plain, scram_sha_256, scram_sha_512, oauthbearer };
std::string_view name(sasl_mechanism mechanism);

/// Who we say we are. For OAUTHBEARER a token, for the others name and password.
struct sasl_credentials {
  std::string username;
  secret password;
  bool delegation_token = false;  ///< name and password are a delegation token's id and HMAC (KIP-48, SCRAM only)
  secret token;
  std::vector<std::pair<std::string, std::string>> extensions;  ///< of OAUTHBEARER (KIP-342)
};

struct sasl_config {
  sasl_mechanism mechanism = sasl_mechanism::plain;
  sasl_credentials credentials;
  /// Asked for each authentication, on the core's thread, instead of the above; must not block, may say something else
  /// each time. An error fails the connection with it.
  std::function<result<sasl_credentials>()> provide;
  /// An unsecured token (alg none) is made for this principal: for development. Empty: none.
  std::string unsecured_principal;
  std::string unsecured_scope;
};

}  // namespace v0
}  // namespace ottla
