// TLS over OpenSSL's memory BIOs.
#include "tls_end.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <climits>

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

std::string error_clause() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? "OpenSSL does not say why" : reason;
}

}  // namespace

void openssl_deleter::operator()(ssl_ctx_st* what) const { SSL_CTX_free(what); }
void openssl_deleter::operator()(ssl_st* what) const { SSL_free(what); }

tls_context open_tls(const tls_files& files, std::string& why) {
  tls_context out(SSL_CTX_new(TLS_server_method()));
  if (!out) {
    why = "TLS: " + error_clause();
    return nullptr;
  }
  SSL_CTX_set_min_proto_version(out.get(), TLS1_2_VERSION);
  static constexpr unsigned char purpose[] = "ottla broker";
  SSL_CTX_set_session_id_context(out.get(), purpose, sizeof purpose - 1);
  if (SSL_CTX_use_certificate_chain_file(out.get(), files.certificate.c_str()) != 1) {
    why = "the certificate " + files.certificate + " cannot be used: " + error_clause();
    return nullptr;
  }
  if (SSL_CTX_use_PrivateKey_file(out.get(), files.key.c_str(), SSL_FILETYPE_PEM) != 1) {
    why = "the key " + files.key + " cannot be used: " + error_clause();
    return nullptr;
  }
  if (files.client_ca.empty()) return out;
  if (SSL_CTX_load_verify_locations(out.get(), files.client_ca.c_str(), nullptr) != 1) {
    why = "the authority " + files.client_ca + " cannot be used: " + error_clause();
    return nullptr;
  }
  SSL_CTX_set_client_CA_list(out.get(), SSL_load_client_CA_file(files.client_ca.c_str()));
  SSL_CTX_set_verify(out.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  return out;
}

tls_end::tls_end(ssl_ctx_st* context) : session_(SSL_new(context)) {
  SSL_set_accept_state(session_.get());
  SSL_set_bio(session_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
}

bool tls_end::ready() const { return SSL_is_init_finished(session_.get()) == 1; }

std::string tls_end::client_subject() const {
  const std::unique_ptr<X509, decltype(&X509_free)> shown(SSL_get1_peer_certificate(session_.get()), &X509_free);
  if (!shown) return {};
  const std::unique_ptr<BIO, decltype(&BIO_free)> text(BIO_new(BIO_s_mem()), &BIO_free);
  constexpr unsigned long kept_as_utf8 = XN_FLAG_RFC2253 & ~static_cast<unsigned long>(ASN1_STRFLGS_ESC_MSB);
  X509_NAME_print_ex(text.get(), X509_get_subject_name(shown.get()), 0, kept_as_utf8);
  char* at = nullptr;
  const long size = BIO_get_mem_data(text.get(), &at);
  return {at, static_cast<std::size_t>(size)};
}

bool tls_end::take(std::span<const std::byte> bytes, std::vector<std::byte>& plain) {
  BIO_write(SSL_get_rbio(session_.get()), bytes.data(), static_cast<int>(bytes.size()));
  std::array<std::byte, 16384> part;
  for (;;) {
    ERR_clear_error();
    std::size_t got = 0;
    const int returned = SSL_read_ex(session_.get(), part.data(), part.size(), &got);
    if (returned == 1) {
      plain.insert(plain.end(), part.begin(), part.begin() + static_cast<std::ptrdiff_t>(got));
      continue;
    }
    const int reason = SSL_get_error(session_.get(), returned);
    if (reason == SSL_ERROR_WANT_READ) break;
    why_ = reason == SSL_ERROR_ZERO_RETURN ? "the client ended TLS" : error_clause();
    break;
  }
  collect();
  return why_.empty();
}

void tls_end::give(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const auto part = static_cast<int>(std::min<std::size_t>(bytes.size(), INT_MAX));
    if (SSL_write(session_.get(), bytes.data(), part) != part) {
      ERR_clear_error();  // it has ended: nobody will read this
      break;
    }
    bytes = bytes.subspan(static_cast<std::size_t>(part));
  }
  collect();
}

void tls_end::collect() {
  char* at = nullptr;
  BIO* from = SSL_get_wbio(session_.get());
  const long size = BIO_get_mem_data(from, &at);
  const auto* first = reinterpret_cast<const std::byte*>(at);
  out_.insert(out_.end(), first, first + size);
  static_cast<void>(BIO_reset(from));
}

void tls_end::consume(std::size_t bytes) {
  sent_ += bytes;
  if (sent_ < out_.size()) return;
  out_.clear();
  sent_ = 0;
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
