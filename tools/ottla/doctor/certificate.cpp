// The dates of a certificate, read by OpenSSL.
#include "doctor/certificate.hpp"

#include <openssl/pem.h>
#include <openssl/x509.h>

#include <memory>

namespace ottla_tool::doctor {

std::optional<certificate_end> end_of_certificate(std::string_view pem) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> text(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())),
                                                       BIO_free);
  const std::unique_ptr<X509, decltype(&X509_free)> found(
      text ? PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr) : nullptr, X509_free);
  if (!found) return std::nullopt;
  const ASN1_TIME* ends = X509_get0_notAfter(found.get());
  certificate_end out;
  int seconds = 0;
  if (ASN1_TIME_diff(&out.days, &seconds, nullptr, ends) != 1) return std::nullopt;
  if (out.days == 0 && seconds < 0) out.days = -1;
  const std::unique_ptr<BIO, decltype(&BIO_free)> shown(BIO_new(BIO_s_mem()), BIO_free);
  if (!shown || ASN1_TIME_print(shown.get(), ends) != 1) return std::nullopt;
  char* data = nullptr;
  const long size = BIO_get_mem_data(shown.get(), &data);
  out.when.assign(data, static_cast<std::size_t>(size));
  return out;
}

}  // namespace ottla_tool::doctor
