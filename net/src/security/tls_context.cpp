// tls_context: verification and sessions in OpenSSL's words; tls_identity.cpp reads who we are and whom we trust.
#include "tls_context.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <utility>

#include "openssl_handles.hpp"
#include "tls_identity.hpp"

namespace ottla {
inline namespace v0 {
namespace {

std::string one_line(X509_NAME* name) {
  const bio_ptr out(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_ONELINE);
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return std::string(text, static_cast<std::size_t>(size));
}

std::string pem_of(X509* certificate) {
  const bio_ptr out(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(out.get(), certificate);
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return std::string(text, static_cast<std::size_t>(size));
}

int peer_index() {
  static const int index = SSL_get_ex_new_index(
      0, nullptr, nullptr, nullptr,
      [](void*, void* peer, CRYPTO_EX_DATA*, int, long, void*) { delete static_cast<tls_context::peer*>(peer); });
  return index;
}

int on_verify(int accepted, X509_STORE_CTX* chain) {
  auto* session = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx()));
  tls_context::peer* peer = tls_context::peer_of(session);
  return peer == nullptr || peer->context->judged(*peer, accepted == 1, chain) ? 1 : 0;
}

int on_session(SSL* connection, SSL_SESSION* session) {
  if (tls_context::peer* peer = tls_context::peer_of(connection)) {
    peer->context->keep(*peer, session);
    return 1;  // the reference is ours now
  }
  return 0;
}

bool is_address(const std::string& host) {
  ASN1_OCTET_STRING* parsed = a2i_IPADDRESS(host.c_str());
  ASN1_OCTET_STRING_free(parsed);
  ERR_clear_error();
  return parsed != nullptr;
}

}  // namespace

result<std::unique_ptr<tls_context>> tls_context::make(const tls_config& config) {
  // Without its own atexit handler OpenSSL lives as long as a cluster that is a static object.
  OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, nullptr);
  std::unique_ptr<tls_context> out(new tls_context(config));
  if (auto done = out->build(); !done) return unexpected(done.error());
  return out;
}

tls_context::~tls_context() {
  for (auto& [whose, session] : sessions_) SSL_SESSION_free(session);
  SSL_CTX_free(context_);
}

std::string tls_context::stamps() const {
  std::string out;
  for (const std::string* path :
       {&config_.ca_file, &config_.certificate_file, &config_.key_file, &config_.keystore_file}) {
    struct stat found {};
    if (path->empty() || ::stat(path->c_str(), &found) != 0) continue;
    out += std::to_string(found.st_ino) + "/" + std::to_string(found.st_size) + "/" +
           std::to_string(found.st_mtim.tv_sec) + "." + std::to_string(found.st_mtim.tv_nsec) + " ";
  }
  return out;
}

result<void> tls_context::build() {
  stamps_ = stamps();  // before they are read: a change in between is seen next time
  if (config_.context != nullptr) {
    SSL_CTX_up_ref(config_.context);
    context_ = config_.context;
    return {};
  }
  context_ptr made(SSL_CTX_new(TLS_client_method()));
  if (!made) return bad_tls_setting("TLS", tls_error_clause());
  SSL_CTX* context = made.get();
  SSL_CTX_set_min_proto_version(context, config_.min_version == tls_version::tls_1_3 ? TLS1_3_VERSION : TLS1_2_VERSION);
  if (!config_.cipher_list.empty() && SSL_CTX_set_cipher_list(context, config_.cipher_list.c_str()) != 1)
    return bad_tls_setting("ssl.cipher.suites", "OpenSSL knows none of '" + config_.cipher_list + "'",
                           "openssl ciphers lists them");
  if (!config_.cipher_suites.empty() && SSL_CTX_set_ciphersuites(context, config_.cipher_suites.c_str()) != 1)
    return bad_tls_setting("the cipher suites of TLS 1.3", "OpenSSL knows none of '" + config_.cipher_suites + "'");
  if (auto done = trust(context, config_); !done) return done;
  if (auto done = identify(context, config_); !done) return done;
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context, &on_session);
  SSL_CTX_free(context_);
  context_ = made.release();
  for (auto& [whose, session] : std::exchange(sessions_, {})) SSL_SESSION_free(session);
  return {};
}

bool tls_context::refresh() {
  if (config_.context != nullptr || stamps() == stamps_) return true;
  if (auto done = build(); !done) {
    why_ = done.error().message();
    return false;
  }
  return true;
}

ssl_st* tls_context::open(const std::string& host, std::uint16_t port) {
  SSL* session = SSL_new(context_);
  if (session == nullptr) return nullptr;
  SSL_set_connect_state(session);
  // Of the session and not of the context, which may be the caller's and made for other uses.
  SSL_set_mode(session, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  SSL_set_read_ahead(session, 1);
  SSL_set_ex_data(session, peer_index(), new peer{.context = this, .host = host, .port = port});
  SSL_set_verify(session, verifies() ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, verifies() ? &on_verify : nullptr);
  const bool address = is_address(host);
  if (!address) {  // what the macro SSL_set_tlsext_host_name does, without its cast
    SSL_ctrl(session, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, const_cast<char*>(host.c_str()));
  }
  if (config_.verify && config_.verify_name) {
    if (address) {
      X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), host.c_str());
    } else {
      SSL_set_hostflags(session, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
      SSL_set1_host(session, host.c_str());
    }
  }
  if (auto earlier = sessions_.find({host, port}); earlier != sessions_.end())
    SSL_set_session(session, earlier->second);
  return session;
}

tls_context::peer* tls_context::peer_of(const ssl_st* session) {
  return static_cast<peer*>(SSL_get_ex_data(session, peer_index()));
}

void tls_context::keep(const peer& of, ssl_session_st* session) {
  SSL_SESSION*& place = sessions_[{of.host, of.port}];
  SSL_SESSION_free(std::exchange(place, session));
}

std::string tls_context::peer::why_refused() const {
  const std::string refusal = fault == X509_V_ERR_APPLICATION_VERIFICATION ? "the application does not accept it"
                                                                           : X509_verify_cert_error_string(fault);
  return whose.empty() ? refusal : refusal + " (certificate of " + whose + ")";
}

// OpenSSL is what calls this: no exception of the application's may pass through it. It tells of each fault as it finds
// it, anywhere in the chain, and of each certificate that it is through with, the broker's own last.
bool tls_context::judged(peer& of, bool accepted, void* store_context) noexcept {
  auto* chain = static_cast<X509_STORE_CTX*>(store_context);
  X509* at = X509_STORE_CTX_get_current_cert(chain);
  if (!accepted && of.fault == X509_V_OK) {
    of.fault = X509_STORE_CTX_get_error(chain);
    if (at != nullptr) of.whose = one_line(X509_get_subject_name(at));
  }
  if (!config_.judge) return accepted;
  const bool is_last = accepted && X509_STORE_CTX_get_error_depth(chain) == 0;
  if (!is_last && (accepted || !of.was_judged)) return true;  // the application has one word on all of it
  of.was_judged = true;
  X509* certificate = X509_STORE_CTX_get0_cert(chain);
  const std::string subject = one_line(X509_get_subject_name(certificate));
  const std::string issuer = one_line(X509_get_issuer_name(certificate)), pem = pem_of(certificate);
  const std::string_view refusal = of.fault == X509_V_OK ? "" : X509_verify_cert_error_string(of.fault);
  const bool taken = config_.judge({of.host, subject, issuer, pem, refusal});
  if (taken) {
    of.fault = X509_V_OK;
  } else if (of.fault == X509_V_OK) {
    of.fault = X509_V_ERR_APPLICATION_VERIFICATION;
    of.whose = subject;
  }
  X509_STORE_CTX_set_error(chain, of.fault);
  return taken;
}

}  // namespace v0
}  // namespace ottla
