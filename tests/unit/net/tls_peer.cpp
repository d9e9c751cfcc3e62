// tls_peer: OpenSSL as a server over memory.
#include "tls_peer.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>
#include <cstdlib>

namespace ottla::test {
namespace {

void must(bool holds) {
  if (!holds) std::abort();
}

std::string text_of(BIO* bio) {
  char* at = nullptr;
  const long size = BIO_get_mem_data(bio, &at);
  std::string out(at, static_cast<std::size_t>(size));
  BIO_free(bio);
  return out;
}

void add_extension(X509* to, X509* by, int what, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, by, to, nullptr, nullptr, 0);
  X509_EXTENSION* made = X509V3_EXT_conf_nid(nullptr, &context, what, value.c_str());
  must(made != nullptr);
  X509_add_ext(to, made, -1);
  X509_EXTENSION_free(made);
}

}  // namespace

void openssl_free::operator()(evp_pkey_st* what) const { EVP_PKEY_free(what); }
void openssl_free::operator()(x509_st* what) const { X509_free(what); }
void openssl_free::operator()(ssl_ctx_st* what) const { SSL_CTX_free(what); }
void openssl_free::operator()(ssl_st* what) const { SSL_free(what); }

identity::identity(const wish& asked) : key(EVP_EC_gen("P-256")), certificate(X509_new()), authority(asked.by) {
  static long serial = 0;
  X509* it = certificate.get();
  X509_set_version(it, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(it), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(it), -10L * 24 * 3600);
  X509_gmtime_adj(X509_getm_notAfter(it), asked.valid_for_days * 24L * 3600);
  X509_set_pubkey(it, key.get());
  X509_NAME* subject = X509_get_subject_name(it);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(asked.name.c_str()),
                             -1, -1, 0);
  const identity& by = asked.by == nullptr ? *this : *asked.by;
  X509_set_issuer_name(it, X509_get_subject_name(by.certificate.get()));
  if (asked.by == nullptr) {
    add_extension(it, it, NID_basic_constraints, "critical,CA:TRUE");
  } else {
    const bool address = asked.name.find_first_not_of("0123456789.") == std::string::npos;
    add_extension(it, by.certificate.get(), NID_subject_alt_name, (address ? "IP:" : "DNS:") + asked.name);
  }
  must(X509_sign(it, by.key.get(), EVP_sha256()) > 0);
}

std::string identity::certificate_pem() const {
  BIO* out = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(out, certificate.get());
  return text_of(out);
}

std::string identity::key_pem(std::string_view password) const {
  BIO* out = BIO_new(BIO_s_mem());
  PEM_write_bio_PKCS8PrivateKey(out, key.get(), password.empty() ? nullptr : EVP_aes_256_cbc(), password.data(),
                                static_cast<int>(password.size()), nullptr, nullptr);
  return text_of(out);
}

std::string identity::pkcs12(const std::string& password) const {
  STACK_OF(X509)* others = sk_X509_new_null();
  if (authority != nullptr) sk_X509_push(others, authority->certificate.get());
  PKCS12* made = PKCS12_create(password.c_str(), "kafka", key.get(), certificate.get(), others, 0, 0, 0, 0, 0);
  must(made != nullptr);
  BIO* out = BIO_new(BIO_s_mem());
  i2d_PKCS12_bio(out, made);
  PKCS12_free(made);
  sk_X509_free(others);
  return text_of(out);
}

tls_peer::tls_peer(const identity& who, const identity* clients_must_be_signed_by)
    : context_(SSL_CTX_new(TLS_server_method())) {
  must(SSL_CTX_use_certificate(context_.get(), who.certificate.get()) == 1);
  must(SSL_CTX_use_PrivateKey(context_.get(), who.key.get()) == 1);
  static constexpr unsigned char purpose[] = "ottla";
  SSL_CTX_set_session_id_context(context_.get(), purpose, sizeof purpose - 1);
  if (clients_must_be_signed_by == nullptr) return;
  X509_STORE_add_cert(SSL_CTX_get_cert_store(context_.get()), clients_must_be_signed_by->certificate.get());
  SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
}

void tls_peer::attach(scripted_driver& io, virtual_link& link) {
  io_ = &io;
  link_ = &link;
  taken_ = 0;
  records = 0;
  failure.clear();
  heard = {};
  session_.reset(SSL_new(context_.get()));
  SSL_set_accept_state(session_.get());
  SSL_set_bio(session_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
}

bool tls_peer::work() {
  const std::size_t before = link_->incoming.size();
  if (taken_ < link_->sent.size()) {
    for (std::size_t at = taken_; at + 5 <= link_->sent.size();) {  // whole records only come here in these tests
      if (link_->sent[at] == std::byte{23}) ++records;
      at += 5 + (std::to_integer<std::size_t>(link_->sent[at + 3]) << 8) +
            std::to_integer<std::size_t>(link_->sent[at + 4]);
    }
    BIO_write(SSL_get_rbio(session_.get()), link_->sent.data() + taken_, static_cast<int>(link_->sent.size() - taken_));
    taken_ = link_->sent.size();
  }
  std::array<std::byte, 4096> part;
  for (;;) {
    std::size_t got = 0;
    ERR_clear_error();
    const int returned = SSL_read_ex(session_.get(), part.data(), part.size(), &got);
    if (returned == 1) {
      heard.sent.insert(heard.sent.end(), part.begin(), part.begin() + static_cast<std::ptrdiff_t>(got));
      continue;
    }
    const int why = SSL_get_error(session_.get(), returned);
    if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_ZERO_RETURN) {
      const char* reason = ERR_reason_error_string(ERR_peek_error());
      failure = reason == nullptr ? "?" : reason;
    }
    break;
  }
  flush();
  if (!failure.empty() && !link_->ended) io_->end(*link_);
  return link_->incoming.size() != before;
}

void tls_peer::say(std::span<const std::byte> bytes) {
  must(SSL_write(session_.get(), bytes.data(), static_cast<int>(bytes.size())) == static_cast<int>(bytes.size()));
  flush();
}

void tls_peer::flush() {
  std::array<std::byte, 4096> part;
  for (int got = 0; (got = BIO_read(SSL_get_wbio(session_.get()), part.data(), part.size())) > 0;)
    io_->feed(*link_, std::span<const std::byte>(part).first(static_cast<std::size_t>(got)));
}

bool tls_peer::established() const { return SSL_is_init_finished(session_.get()) == 1; }
bool tls_peer::resumed() const { return SSL_session_reused(session_.get()) == 1; }
std::string tls_peer::asked_name() const {
  const char* name = SSL_get_servername(session_.get(), TLSEXT_NAMETYPE_host_name);
  return name == nullptr ? "" : name;
}

}  // namespace ottla::test
