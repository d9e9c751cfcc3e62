// names: addresses of nodes that move, and of nobody.
#include "ottla/sim/names.hpp"

#include "ottla/net/random.hpp"

namespace ottla {
inline namespace v0 {
namespace sim {
namespace {

// Nodes are in 127.0.0.0/24, nobody is in 127.0.1.0/24: who connects there is refused at even addresses and hears
// nothing at odd ones.
ip_address local(std::uint8_t net, std::uint8_t host, std::uint16_t port) {
  ip_address out;
  out.bytes = {127, 0, net, host};
  out.port = port;
  return out;
}

listener nobody_at(const ip_address& address) {
  return address.bytes[3] % 2 == 0 ? listener::refuses : listener::swallows;
}

}  // namespace

ip_address name_service::address_of(std::uint16_t port) const {
  const auto found = moved_.find(port);
  return found == moved_.end() ? local(0, 1, port) : found->second.now;
}

listener name_service::at(const ip_address& address) const {
  return address == address_of(address.port) ? listener::node : nobody_at(address);
}

lookup_answer name_service::answer(std::uint16_t port, steady_ns now) const {
  lookup_answer out;
  if (now < failing_until_) {
    out.failure = "temporary failure in name resolution";
    return out;
  }
  const auto found = moved_.find(port);
  const bool is_old = found != moved_.end() && now < found->second.told;
  out.addresses.push_back(is_old ? found->second.before : address_of(port));
  if (now < dead_until_) {
    random_stream rng(dead_draw_);
    for (std::uint64_t more = 1 + rng.below(3); more > 0; --more) {
      const ip_address dead = local(1, static_cast<std::uint8_t>(rng.below(256)), port);
      out.addresses.insert(rng.below(2) == 0 ? out.addresses.begin() : out.addresses.end(), dead);
    }
  }
  return out;
}

void name_service::mix_in_dead(std::uint64_t draw, steady_ns until) {
  dead_draw_ = draw;
  dead_until_ = until;
}

void name_service::move(std::uint16_t port, std::uint64_t draw, steady_ns told) {
  const ip_address before = address_of(port);
  // Even hosts are refused and odd ones swallow once the node has gone from there.
  next_host_ = static_cast<std::uint8_t>(2 + (next_host_ + draw % 2) % 250);
  moved_[port] = {local(0, next_host_, port), before, told};
}

void name_service::mend() {
  failing_until_ = silent_until_ = dead_until_ = {};
  for (auto& [port, where] : moved_) where.told = {};
}

}  // namespace sim
}  // namespace v0
}  // namespace ottla
