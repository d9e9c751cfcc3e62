// openssl_handles: what OpenSSL hands out, owned.
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pkcs12.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>

namespace ottla {
inline namespace v0 {

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
using context_ptr = std::unique_ptr<SSL_CTX, freed_by<&SSL_CTX_free>>;
using pkcs12_ptr = std::unique_ptr<PKCS12, freed_by<&PKCS12_free>>;

}  // namespace v0
}  // namespace ottla
