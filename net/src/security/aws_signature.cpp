// aws_signature: a chain of MACs, from the secret key to what it signs.
#include "aws_signature.hpp"

#include <chrono>
#include <cstdio>

#include "hashing.hpp"

namespace ottla {
inline namespace v0 {
namespace {

constexpr auto sha_256 = hashing::hash_kind::sha_256;

}  // namespace

//     HMAC("AWS4" + secret, date) -> HMAC(., region) -> HMAC(., service) -> HMAC(., "aws4_request") -> HMAC(., string)
std::string aws_signature(const secret& key, std::string_view date, std::string_view region, std::string_view service,
                          std::string_view string_to_sign) {
  std::string first;
  first.reserve(4 + key.reveal().size());
  first += "AWS4";
  first += key.reveal();
  hashing::digest chain = hashing::hmac(sha_256, first, date.substr(0, 8));
  wipe(first);
  for (const std::string_view link : {region, service, std::string_view("aws4_request"), string_to_sign})
    chain = hashing::hmac(sha_256, chain.view(), link);
  return hashing::to_hex(chain.view());
}

std::string aws_date(wall_ms now) {
  const auto seconds = std::chrono::sys_seconds(std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()));
  const auto day = std::chrono::floor<std::chrono::days>(seconds);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(seconds - day);
  char text[40];
  const int size = std::snprintf(text, sizeof text, "%04d%02u%02uT%02d%02d%02dZ", static_cast<int>(date.year()),
                                 static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                                 static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                                 static_cast<int>(time.seconds().count()));
  return {text, static_cast<std::size_t>(size)};
}

std::string aws_encoded(std::string_view text) {
  static constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-_.~").find(c) != std::string_view::npos;
    const auto value = static_cast<unsigned char>(c);
    if (plain) {
      out += c;
    } else {
      out += {'%', digits[value >> 4], digits[value & 15]};
    }
  }
  return out;
}

std::string_view aws_region_of(std::string_view host) {
  const std::size_t end = host.find(".amazonaws.com");
  if (end == std::string_view::npos || end == 0) return {};
  const std::size_t dot = host.rfind('.', end - 1);
  return dot == std::string_view::npos ? std::string_view{} : host.substr(dot + 1, end - dot - 1);
}

}  // namespace v0
}  // namespace ottla
