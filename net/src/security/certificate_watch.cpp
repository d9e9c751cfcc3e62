// certificate_watch: dates out of OpenSSL's certificates, and the lines about them.
#include "certificate_watch.hpp"

#include <openssl/err.h>

#include "openssl_handles.hpp"

namespace ottla {
inline namespace v0 {
namespace {

constexpr std::chrono::hours day{24};

std::string subject_of(X509* certificate) {
  const bio_ptr out(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(out.get(), X509_get_subject_name(certificate), 0, XN_FLAG_ONELINE);
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return std::string(text, static_cast<std::size_t>(size));
}

std::optional<wall_ms> end_of(X509* certificate) {
  tm parts{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &parts) != 1) return std::nullopt;
  // The calendar of C++, since timegm is not everywhere and mktime knows local time only.
  const std::chrono::year_month_day date{std::chrono::year(parts.tm_year + 1900),
                                         std::chrono::month(static_cast<unsigned>(parts.tm_mon + 1)),
                                         std::chrono::day(static_cast<unsigned>(parts.tm_mday))};
  const auto at = std::chrono::sys_days(date).time_since_epoch() + std::chrono::hours(parts.tm_hour) +
                  std::chrono::minutes(parts.tm_min) + std::chrono::seconds(parts.tm_sec);
  return wall_ms(std::chrono::duration_cast<std::chrono::milliseconds>(at));
}

void take_earlier(std::optional<certificate_date>& known, const std::string& whose, X509* certificate) {
  const auto end = certificate == nullptr ? std::nullopt : end_of(certificate);
  if (end && (!known || *end < known->not_after)) known = certificate_date{whose, subject_of(certificate), *end};
}

void take_earlier(std::optional<certificate_date>& known, const std::string& whose, const STACK_OF(X509) * chain) {
  for (int i = 0; i < sk_X509_num(chain); ++i) take_earlier(known, whose, sk_X509_value(chain, i));
}

}  // namespace

std::optional<certificate_date> own_certificate_date(const ssl_st* session) {
  std::optional<certificate_date> out;
  STACK_OF(X509)* chain = nullptr;
  SSL_CTX_get0_chain_certs(SSL_get_SSL_CTX(session), &chain);
  take_earlier(out, "client", SSL_get_certificate(session));
  take_earlier(out, "client", chain);
  return out;
}

std::optional<certificate_date> peer_certificate_date(const ssl_st* session, std::string broker) {
  std::optional<certificate_date> out;
  const STACK_OF(X509)* chain = SSL_get0_verified_chain(session);
  take_earlier(out, broker, chain == nullptr ? SSL_get_peer_cert_chain(session) : chain);
  ERR_clear_error();
  return out;
}

void certificate_watch::look(const ssl_st* session, const std::string& broker, wall_ms now, const logger& log) {
  if (auto own = own_certificate_date(session)) note(std::move(*own), now, log);
  if (auto peer = peer_certificate_date(session, broker)) note(std::move(*peer), now, log);
}

void certificate_watch::note(certificate_date one, wall_ms now, const logger& log) {
  const auto left = std::chrono::floor<std::chrono::days>(one.not_after - now).count();
  const std::string line =
      (one.whose == "client" ? std::string("our certificate") : "the certificate of " + one.whose) + " (" +
      one.subject + ") " + (left < 0 ? "is over" : "ends in " + std::to_string(left) + " days");
  wall_ms& warned = warned_[one.whose];
  const bool other = dates.note(std::move(one));
  if (!log) return;
  if (left >= few_days) {
    if (other) tell(log, log_level::debug, "tls", line);
  } else if (other || now - warned >= day) {
    warned = now;
    tell(log, log_level::warning, "tls", line);
  }
}

}  // namespace v0
}  // namespace ottla
