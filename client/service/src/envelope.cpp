// envelope: looking things up in it, and ids of events.
#include "ottla/service/envelope.hpp"

#include <array>
#include <cstdint>

namespace ottla {
inline namespace v0 {

std::optional<std::string_view> envelope::header(std::string_view name) const {
  for (auto at = headers.rbegin(); at != headers.rend(); ++at) {
    if (at->name != name) continue;
    if (at->value) return *at->value;
    return std::nullopt;
  }
  return std::nullopt;
}

std::optional<std::string_view> envelope::extension(std::string_view name) const {
  for (auto at = extensions.rbegin(); at != extensions.rend(); ++at) {
    if (at->first == name) return at->second;
  }
  return std::nullopt;
}

std::string new_event_id(random_stream& rng) {
  std::uint64_t high = rng.next();
  std::uint64_t low = rng.next();
  high = (high & ~std::uint64_t{0xf000}) | 0x4000;                           // version 4
  low = (low & ~(std::uint64_t{0xc0} << 56)) | (std::uint64_t{0x80} << 56);  // the variant of RFC 9562
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (int at = 0; at < 32; ++at) {
    if (at == 8 || at == 12 || at == 16 || at == 20) out += '-';
    const std::uint64_t half = at < 16 ? high : low;
    out += digits[(half >> (60 - 4 * (at % 16))) & 0xf];
  }
  return out;
}

envelope caused_by(const envelope& cause, envelope next) {
  next.correlation_id = cause.correlation_id.empty() ? cause.id : cause.correlation_id;
  next.causation_id = cause.id;
  return next;
}

}  // namespace v0
}  // namespace ottla
