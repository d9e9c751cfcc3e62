// tls_context: certificates, keys, trust and verification, in OpenSSL's words.
#include "tls_context.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <optional>

namespace ottla {
inline namespace v0 {
namespace {

template <auto Free>
struct freed_by {
  template <class T>
  void operator()(T* what) const {
    Free(what);
  }
};
using bio_ptr = std::unique_ptr<BIO, freed_by<&BIO_free>>;
using certificate_ptr = std::unique_ptr<X509, freed_by<&X509_free>>;
using key_ptr = std::unique_ptr<EVP_PKEY, freed_by<&EVP_PKEY_free>>;
using pkcs12_ptr = std::unique_ptr<PKCS12, freed_by<&PKCS12_free>>;

// A chain longer than this, or a file larger, is no credential but a mistake.
constexpr std::size_t max_file = std::size_t{4} << 20;

error bad(std::string_view what, std::string why, std::string advice = {}) {
  error_context context;
  context.asked = std::string(what);
  context.detail = std::move(why);
  context.advice = std::move(advice);
  return error(client_code::invalid_config, std::move(context));
}

result<std::string> read_file(std::string_view what, const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return unexpected(bad(what, "the file " + path + " cannot be read", "check the path and its permissions"));
  std::string out;
  std::array<char, 4096> part;
  while (in.read(part.data(), part.size()) || in.gcount() > 0) {
    out.append(part.data(), static_cast<std::size_t>(in.gcount()));
    if (out.size() > max_file) return unexpected(bad(what, "the file " + path + " is larger than 4 MiB"));
  }
  return out;
}

bio_ptr bio_of(std::string_view text) { return bio_ptr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))); }

// Never asks at a terminal: without a password an encrypted key is an error.
int give_password(char* to, int room, int, void* from) {
  const std::string_view text = static_cast<const secret*>(from)->reveal();
  if (text.empty() || text.size() > static_cast<std::size_t>(room)) return -1;
  std::copy(text.begin(), text.end(), to);
  return static_cast<int>(text.size());
}

bool is_pem(std::string_view text) { return text.find("-----BEGIN ") != std::string_view::npos; }

std::string why_of_key(const secret& password) {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  if (ERR_GET_REASON(code) == PEM_R_BAD_PASSWORD_READ || password.empty())
    return "the key cannot be read: " +
           std::string(password.empty() ? "it may be encrypted, and there is no password" : "the password is wrong");
  return "the key cannot be read, or its password is wrong";
}

struct keystore {
  key_ptr key;
  std::vector<certificate_ptr> chain;  // ours first, if there is a key
};

result<std::vector<certificate_ptr>> read_certificates(std::string_view what, std::string_view pem) {
  std::vector<certificate_ptr> out;
  const bio_ptr in = bio_of(pem);
  while (X509* one = PEM_read_bio_X509(in.get(), nullptr, &give_password, nullptr)) out.emplace_back(one);
  ERR_clear_error();  // the end of the file is one too
  if (out.empty())
    return unexpected(bad(what, "there is no certificate in it", "PEM begins with -----BEGIN CERTIFICATE"));
  return out;
}

result<key_ptr> read_key(std::string_view what, std::string_view pem, const secret& password) {
  const bio_ptr in = bio_of(pem);
  key_ptr key(PEM_read_bio_PrivateKey(in.get(), nullptr, &give_password, const_cast<secret*>(&password)));
  if (!key) return unexpected(bad(what, why_of_key(password)));
  return key;
}

result<keystore> read_pkcs12(std::string_view what, std::string_view bytes, const secret& password) {
  const auto* at = reinterpret_cast<const unsigned char*>(bytes.data());
  const pkcs12_ptr store(d2i_PKCS12(nullptr, &at, static_cast<long>(bytes.size())));
  if (!store) {
    ERR_clear_error();
    return unexpected(bad(what, "it is neither PEM nor PKCS#12",
                          "convert a JKS store: keytool -importkeystore -deststoretype PKCS12"));
  }
  const std::string word(password.reveal());
  EVP_PKEY* key = nullptr;
  X509* own = nullptr;
  STACK_OF(X509)* others = nullptr;
  if (PKCS12_parse(store.get(), word.c_str(), &key, &own, &others) != 1) {
    ERR_clear_error();
    return unexpected(bad(what, "its password is wrong, or it is damaged"));
  }
  keystore out;
  out.key.reset(key);
  if (own != nullptr) out.chain.emplace_back(own);
  while (sk_X509_num(others) > 0) out.chain.emplace_back(sk_X509_shift(others));
  sk_X509_free(others);
  return out;
}

result<void> trust_all(SSL_CTX* context, std::string_view what, const std::vector<certificate_ptr>& certificates) {
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  for (const certificate_ptr& one : certificates) X509_STORE_add_cert(store, one.get());
  ERR_clear_error();  // the same one twice is none
  if (certificates.empty()) return bad(what, "there is no certificate in it");
  return {};
}

result<void> trust(SSL_CTX* context, const tls_config& config) {
  if (config.ca_file.empty() && config.ca_directory.empty() && config.ca_pem.empty()) {
    if (SSL_CTX_set_default_verify_paths(context) != 1) return bad("the system's certificates", tls_error_clause());
    return {};
  }
  if (!config.ca_file.empty()) {
    auto text = read_file("ssl.truststore.location", config.ca_file);
    if (!text) return text.error();
    result<std::vector<certificate_ptr>> found = std::vector<certificate_ptr>{};
    if (is_pem(*text)) {
      found = read_certificates("ssl.truststore.location", *text);
    } else {
      auto store = read_pkcs12("ssl.truststore.location", *text, config.ca_password);
      if (!store) return store.error();
      *found = std::move(store->chain);
    }
    if (!found) return found.error();
    if (auto done = trust_all(context, "ssl.truststore.location", *found); !done) return done;
  }
  if (!config.ca_pem.empty()) {
    auto found = read_certificates("ssl.truststore.certificates", config.ca_pem);
    if (!found) return found.error();
    if (auto done = trust_all(context, "ssl.truststore.certificates", *found); !done) return done;
  }
  if (!config.ca_directory.empty() &&
      SSL_CTX_load_verify_locations(context, nullptr, config.ca_directory.c_str()) != 1) {
    return bad("the directory of certificates", config.ca_directory + " cannot be used: " + tls_error_clause());
  }
  return {};
}

result<keystore> read_identity(const tls_config& config) {
  keystore out;
  const secret& word = config.key_password.empty() ? config.keystore_password : config.key_password;
  if (!config.keystore_file.empty()) {
    auto text = read_file("ssl.keystore.location", config.keystore_file);
    if (!text) return unexpected(text.error());
    if (!is_pem(*text)) {
      auto store = read_pkcs12("ssl.keystore.location", *text, config.keystore_password);
      wipe(*text);
      return store;
    }
    auto chain = read_certificates("ssl.keystore.location", *text);
    auto key = read_key("ssl.keystore.location", *text, word);
    wipe(*text);
    if (!chain || !key) return unexpected(chain ? key.error() : chain.error());
    out.chain = std::move(*chain);
    out.key = std::move(*key);
    return out;
  }
  std::string chain_text = config.certificate_pem;
  if (!config.certificate_file.empty()) {
    auto text = read_file("ssl.certificate.location", config.certificate_file);
    if (!text) return unexpected(text.error());
    chain_text = std::move(*text);
  }
  std::string key_text(config.key_pem.reveal());
  if (!config.key_file.empty()) {
    auto text = read_file("ssl.key.location", config.key_file);
    if (!text) return unexpected(text.error());
    key_text = std::move(*text);
  }
  if (chain_text.empty() && key_text.empty()) return out;
  if (chain_text.empty() || key_text.empty())
    return unexpected(bad(chain_text.empty() ? "the key" : "the certificate",
                          "a certificate needs its key, and a key its certificate"));
  auto chain = read_certificates("the certificate", chain_text);
  auto key = read_key("the key", key_text, word);
  wipe(key_text);
  if (!chain || !key) return unexpected(chain ? key.error() : chain.error());
  out.chain = std::move(*chain);
  out.key = std::move(*key);
  return out;
}

result<void> identify(SSL_CTX* context, const tls_config& config) {
  auto who = read_identity(config);
  if (!who) return who.error();
  if (!who->key && who->chain.empty()) return {};
  if (!who->key) return bad("ssl.keystore.location", "there is no private key in it");
  if (who->chain.empty()) return bad("ssl.keystore.location", "there is no certificate in it");
  if (SSL_CTX_use_certificate(context, who->chain.front().get()) != 1 ||
      SSL_CTX_use_PrivateKey(context, who->key.get()) != 1) {
    return bad("the certificate and its key", "they do not belong together: " + tls_error_clause());
  }
  for (std::size_t i = 1; i < who->chain.size(); ++i) SSL_CTX_add1_chain_cert(context, who->chain[i].get());
  return {};
}

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

std::string tls_error_clause() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? "OpenSSL does not say why" : std::string(reason);
}

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
  std::unique_ptr<SSL_CTX, freed_by<&SSL_CTX_free>> made(SSL_CTX_new(TLS_client_method()));
  if (!made) return bad("TLS", tls_error_clause());
  SSL_CTX* context = made.get();
  SSL_CTX_set_min_proto_version(context, config_.min_version == tls_version::tls_1_3 ? TLS1_3_VERSION : TLS1_2_VERSION);
  if (!config_.cipher_list.empty() && SSL_CTX_set_cipher_list(context, config_.cipher_list.c_str()) != 1)
    return bad("ssl.cipher.suites", "OpenSSL knows none of '" + config_.cipher_list + "'",
               "openssl ciphers lists them");
  if (!config_.cipher_suites.empty() && SSL_CTX_set_ciphersuites(context, config_.cipher_suites.c_str()) != 1)
    return bad("the cipher suites of TLS 1.3", "OpenSSL knows none of '" + config_.cipher_suites + "'");
  if (auto done = trust(context, config_); !done) return done;
  if (auto done = identify(context, config_); !done) return done;
  SSL_CTX_set_mode(context,
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(context, 1);
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
  SSL_set_ex_data(session, peer_index(), new peer{this, host, port, {}});
  SSL_set_verify(session, config_.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, &on_verify);
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

bool tls_context::judged(peer& of, bool accepted, void* store_context) {
  auto* chain = static_cast<X509_STORE_CTX*>(store_context);
  std::string refusal = accepted ? "" : X509_verify_cert_error_string(X509_STORE_CTX_get_error(chain));
  X509* certificate = X509_STORE_CTX_get_current_cert(chain);
  const std::string subject = certificate == nullptr ? "" : one_line(X509_get_subject_name(certificate));
  if (config_.judge && certificate != nullptr && X509_STORE_CTX_get_error_depth(chain) == 0) {
    const std::string issuer = one_line(X509_get_issuer_name(certificate)), pem = pem_of(certificate);
    const bool taken = config_.judge({of.host, subject, issuer, pem, refusal});
    if (taken) X509_STORE_CTX_set_error(chain, X509_V_OK);
    if (!taken && accepted) refusal = "the application does not accept it";
    if (!taken && accepted) X509_STORE_CTX_set_error(chain, X509_V_ERR_APPLICATION_VERIFICATION);
    accepted = taken;
  }
  if (!accepted) of.refusal = refusal + (subject.empty() ? "" : " (certificate of " + subject + ")");
  return accepted;
}

}  // namespace v0
}  // namespace ottla
