// proxy_bypass: reading the list, and whether a broker stands in it.
#include "proxy_bypass.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

#include "ottla/net/proxy.hpp"
#include "ottla/net/setting_row.hpp"

namespace ottla {
inline namespace v0 {
namespace {

constexpr std::string_view separators = ", \t\r\n";
constexpr unsigned mapped_bits = 96;  // what stands in front of IPv4 in ::ffff:a.b.c.d

constexpr std::string_view decimal_digits = "0123456789";
// What stands in names of hosts, underscores too, which other people's clusters have.
constexpr std::string_view of_names = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";

// The last label of an address would be a number.
bool is_host_name(std::string_view text) {
  while (true) {
    const std::string_view label = text.substr(0, text.find('.'));
    if (label.empty() || label.find_first_not_of(of_names) != std::string_view::npos) return false;
    if (label.size() == text.size()) return label.find_first_not_of(decimal_digits) != std::string_view::npos;
    text.remove_prefix(label.size() + 1);
  }
}

template <class Number>
bool read_number(std::string_view text, Number& out) {
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), out);
  return !text.empty() && failed == std::errc{} && end == text.data() + text.size();
}

// The root's dot says no more than that the name is whole.
std::string_view without_root(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  return host;
}

error bad_part(std::string_view part, std::string_view why) {
  error_context context;
  context.asked = "proxy.bypass";
  context.detail = "\"" + std::string(part) + "\" " + std::string(why);
  context.advice = "write names, .suffixes, addresses, blocks such as 10.0.0.0/8, or *, each with :port or without";
  return error(client_code::invalid_config, std::move(context));
}

}  // namespace

std::optional<proxy_bypass::address_bytes> proxy_bypass::address_of(std::string_view host) {
  address_bytes out{};
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  const std::string text(host.substr(0, host.find('%')));  // a zone says which link, not which host
  if (::inet_pton(AF_INET6, text.c_str(), out.data()) == 1) return out;
  out[10] = out[11] = 0xff;
  if (::inet_pton(AF_INET, text.c_str(), out.data() + 12) == 1) return out;
  return std::nullopt;
}

std::string_view proxy_bypass::read_block(std::string_view text, entry& to) {
  const std::size_t slash = text.find('/');
  const auto address = address_of(text.substr(0, slash));
  const bool v4 = text.substr(0, slash).find(':') == std::string_view::npos;
  if (!address) return "is no block of addresses";
  if (!read_number(text.substr(slash + 1), to.bits) || to.bits > (v4 ? 32u : 128u))
    return v4 ? "is no block of addresses: behind / goes a number from 0 to 32"
              : "is no block of addresses: behind / goes a number from 0 to 128";
  to.of = kind::block;
  to.network = *address;
  if (v4) to.bits += mapped_bits;
  return {};
}

std::string_view proxy_bypass::read(std::string_view part, entry& to) {
  // A port goes behind one colon, or behind a bracket: more colons are an address's own.
  std::string_view text = part;
  const std::size_t colon = text.rfind(':');
  if (colon != std::string_view::npos && (text.find(':') == colon || text.substr(0, colon).ends_with(']'))) {
    if (!read_number(text.substr(colon + 1), to.port) || to.port == 0)
      return "has a port that is not a number from 1 to 65535";
    text = text.substr(0, colon);
  }
  if (text.starts_with('[')) {
    if (!text.ends_with(']') || text.find(':') == std::string_view::npos)
      return "has brackets that hold no IPv6 address";
    text = text.substr(1, text.size() - 2);
  }
  if (text == "*") return {};
  if (text.find('/') != std::string_view::npos) return read_block(text, to);
  if (const auto address = address_of(text); address && text.find('%') == std::string_view::npos) {
    to.of = kind::block;
    to.network = *address;
    to.bits = 128;
    return {};
  }
  text = without_root(text);
  if (text.starts_with("*.")) text.remove_prefix(1);
  to.of = text.starts_with('.') ? kind::below_name : kind::name;
  if (to.of == kind::below_name) text.remove_prefix(1);
  if (!is_host_name(text)) return "is neither a name nor an address";
  to.name = text;
  return {};
}

result<proxy_bypass> proxy_bypass::parse(std::string_view list) {
  proxy_bypass out;
  while (true) {
    const std::size_t begin = list.find_first_not_of(separators);
    if (begin == std::string_view::npos) return out;
    list.remove_prefix(begin);
    const std::string_view part = list.substr(0, list.find_first_of(separators));
    list.remove_prefix(part.size());
    if (const std::string_view why = read(part, out.entries_.emplace_back()); !why.empty())
      return unexpected(bad_part(part, why));
  }
}

bool proxy_bypass::covers(const host_port& broker) const {
  const auto address = address_of(broker.host);
  const std::string_view name = address ? std::string_view() : without_root(broker.host);
  const auto is_v4 = [](const address_bytes& one) {
    return one[10] == 0xff && one[11] == 0xff &&
           std::all_of(one.begin(), one.begin() + 10, [](auto b) { return b == 0; });
  };
  const auto in_block = [&](const entry& one) {
    // A short prefix of zeros is a block of IPv6: that IPv4 is written into it here is our own affair.
    if (!address || (one.bits < mapped_bits && is_v4(*address))) return false;
    const unsigned whole = one.bits / 8;
    const unsigned rest = one.bits % 8;
    if (!std::equal(one.network.begin(), one.network.begin() + whole, address->begin())) return false;
    return rest == 0 || ((one.network[whole] ^ (*address)[whole]) >> (8 - rest)) == 0;
  };
  const auto below = [&](const entry& one) {
    if (name.size() < one.name.size() + 2) return false;
    const std::string_view end = name.substr(name.size() - one.name.size() - 1);
    return end[0] == '.' && same_word(end.substr(1), one.name);
  };
  return std::any_of(entries_.begin(), entries_.end(), [&](const entry& one) {
    if (one.port != 0 && one.port != broker.port) return false;
    switch (one.of) {
      case kind::all:
        return true;
      case kind::name:
        return same_word(name, one.name) || below(one);
      case kind::below_name:
        return below(one);
      case kind::block:
        return in_block(one);
    }
    return false;
  });
}

bool goes_by_proxy(const proxy_config& proxy, const host_port& broker) {
  if (proxy.kind == proxy_kind::none || is_unix_socket(broker.host)) return false;
  const auto without = proxy_bypass::parse(proxy.bypass);
  return !without || !without->covers(broker);
}

}  // namespace v0
}  // namespace ottla
