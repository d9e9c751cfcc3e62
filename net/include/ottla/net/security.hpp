// security: how connections are encrypted and who they say they are: TLS and SASL, as configuration.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
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
  std::string_view refusal;  ///< what OpenSSL has against it or its chain, the first thing; empty: nothing
};

/// TLS. Everything is verified unless it is switched off: the chain, the dates, and that the name is the one connected
/// to. Files are PEM, or PKCS#12 where that is said; they are read again when they have changed, for new connections.
struct tls_config {
  /// Who is trusted. All empty: the system's store. A truststore may be PEM or PKCS#12.
  std::string ca_file;       ///< or a directory, as with librdkafka
  std::string ca_directory;  ///< as `openssl rehash` makes it: looked into at each handshake
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

  /// The last word on a broker's certificate, refused or not and also without `verify`: asked once in a handshake, when
  /// OpenSSL has seen the whole chain; not for a session that is resumed. On the core's thread; must not block. What it
  /// throws ends the process (std::terminate). To refuse, return false.
  std::function<bool(const tls_peer&)> judge;
  /// The caller's own context, used as it is: of the above only verify, verify_name and judge then count. It is taken
  /// another reference to. Sessions are not resumed over it.
  ssl_ctx_st* context = nullptr;
};

enum class sasl_mechanism : std::uint8_t { plain, scram_sha_256, scram_sha_512, oauthbearer, aws_msk_iam, gssapi };
std::string_view name(sasl_mechanism mechanism);

/// Who we say we are. For OAUTHBEARER a token, for the others name and password; for AWS_MSK_IAM these are the id of
/// the access key and the secret one, and the token is that of the session, if there is one. GSSAPI needs none of it.
struct sasl_credentials {
  std::string username;
  secret password;
  bool delegation_token = false;  ///< name and password are a delegation token's id and HMAC (KIP-48, SCRAM only)
  secret token;
  std::vector<std::pair<std::string, std::string>> extensions;  ///< of OAUTHBEARER (KIP-342)
};

/// Where tokens for OAUTHBEARER come from: the client credentials of OAuth 2.0 (RFC 6749, 4.4; KIP-768). Only
/// `ottla::use_oidc` of `ottla::oidc` makes use of it: this library speaks no HTTP.
struct oidc_config {
  /// https://id.example:8443/token, say; or http, for tests.
  std::string token_endpoint;
  std::string client_id;
  secret client_secret;
  std::string scope;              ///< empty: none is asked for
  bool urlencode_header = false;  ///< id and secret are URL-encoded in the header, as RFC 6749, 2.3.1 has it (KIP-1119)
  /// Who is trusted at the other end of https; both empty: the system's store. Not those of `tls_config`.
  std::string ca_file;
  std::string ca_pem;
  std::chrono::milliseconds connect_timeout{10'000};  ///< TCP; 1 ms and up
  std::chrono::milliseconds read_timeout{10'000};     ///< from there to the end of the answer; 1 ms and up
  /// After a failure nobody asks again before this, doubled each time, with jitter.
  std::chrono::milliseconds retry_backoff{100};
  std::chrono::milliseconds retry_backoff_max{10'000};
};

class sasl_exchange;

/// Who we are for Kerberos, and who the brokers are. Only `ottla::use_gssapi` of `ottla::gssapi` makes use of it: this
/// library does not know Kerberos' own.
struct kerberos_config {
  std::string service_name = "kafka";  ///< brokers are service_name/their-host
  std::string principal;               ///< empty: that of the ticket cache or the keytab
  std::string keytab;                  ///< a file; empty: a ticket that somebody got (kinit), or the system's keytab
};

/// Takes the credentials of one authentication, or why there are none. Any thread, at most once; later calls do
/// nothing.
using sasl_answer = std::function<void(result<sasl_credentials>)>;

struct sasl_config {
  sasl_mechanism mechanism = sasl_mechanism::plain;
  sasl_credentials credentials;
  /// Asked for each authentication, on the core's thread, instead of the above; must not block, may say something else
  /// each time. An error fails the connection with it: broker_unreachable lets requests wait for the next try. What it
  /// throws ends the process (std::terminate), as with `ask` and `converse`.
  std::function<result<sasl_credentials>()> provide;
  /// The same for who has to ask somebody first: called on the core's thread, must not block; answers at once or from
  /// any thread later. Other traffic goes on meanwhile; a connection that comes up waits for connection_setup_timeout,
  /// one whose session is to be renewed for request_timeout. Wins over `provide`.
  std::function<void(sasl_answer)> ask;
  oidc_config oidc;
  /// The region that is signed for with AWS_MSK_IAM; empty: the one in the broker's name.
  std::string aws_region;
  kerberos_config kerberos;
  /// Makes what GSSAPI says to a broker of this name, on the core's thread: filled by `ottla::use_gssapi`. `ring`
  /// brings a step about, from any thread.
  std::function<std::unique_ptr<sasl_exchange>(std::string_view host, std::function<void()> ring)> converse;
  /// An unsecured token (alg none) is made for this principal: for development. Empty: none.
  std::string unsecured_principal;
  std::string unsecured_scope;
};

}  // namespace v0
}  // namespace ottla
