// connection: from a name to a stream that ends at the broker: addresses in turn, a proxy, and what is said where that
// fails.
#include <algorithm>
#include <utility>

#include "connection.hpp"

namespace ottla {
inline namespace v0 {

std::string connection::proxy_label() const {
  return "the proxy " + to_string(host_port{config_.proxy.host, config_.proxy.port});
}

// What a certificate has to be for. The peer of a Unix socket is on this machine.
std::string connection::name_to_verify() const {
  const std::size_t current = next_address_ - 1;
  if (current < canonical_.size() && !canonical_[current].empty()) return canonical_[current];
  return is_unix_socket(address_.host) ? "localhost" : address_.host;
}

// An address that the cluster advertises, and that never worked, may be right for others and wrong from here.
bool connection::is_hearsay() const { return !is_bootstrap() && !ever_ready_; }

std::string connection::connecting() const {
  if (by_proxy_) return "connecting to " + proxy_label();
  return is_hearsay() ? "connecting to the address that the cluster advertises" : "connecting";
}

std::string connection::unreachable_advice(std::string_view otherwise) const {
  if (by_proxy_) return "check proxy.url and that the proxy runs";
  return is_hearsay() ? "check advertised.listeners of the broker, and the way there from here"
                      : std::string(otherwise);
}

void connection::connect(instant now, driver& io, connection_observer& owner) {
  if (is_unix_socket(address_.host) && !is_bootstrap() && config_.bootstrap.find("unix:/") == std::string::npos) {
    return fail_link(failure(client_code::broker_unreachable,
                             "the cluster advertises a Unix socket, and no bootstrap address is one",
                             "check advertised.listeners of the broker, or that this is the cluster you meant"),
                     now, io, owner);
  }
  setup_deadline_ = after(now.mono, config_.connection_setup_timeout);
  state_ = state::resolving;
  by_proxy_ = goes_by_proxy(config_.proxy, address_);
  if (by_proxy_) {
    lookup_ = io.resolve(config_.proxy.host, config_.proxy.port);
  } else if (is_bootstrap() && config_.lookup == dns_lookup::resolve_canonical_bootstrap_servers_only) {
    lookup_ = io.resolve_canonical(address_.host, address_.port);
  } else {
    lookup_ = io.resolve(address_.host, address_.port);
  }
  owner.lookup_started(lookup_);
}

void connection::on_resolved(instant now, driver& io, connection_observer& owner) {
  lookup_answer answer = io.answer(lookup_);
  owner.lookup_gone(lookup_);
  lookup_ = lookup_id::none;
  if (state_ != state::resolving) return;
  addresses_ = std::move(answer.addresses);
  canonical_ = std::move(answer.canonical);
  next_address_ = 0;
  if (!addresses_.empty()) {
    pass_over_those_of_no_use();
    return open_next_address(now, io, owner);
  }
  const std::string whose = by_proxy_      ? config_.proxy.host + " of the proxy"
                            : is_hearsay() ? address_.host + ", which the cluster advertises,"
                                           : address_.host;
  fail_link(failure(client_code::broker_unreachable, "the name " + whose + " does not resolve: " + answer.failure,
                    unreachable_advice("check the host name and the name service")),
            now, io, owner);
}

// An address of a name may be that of something else, or of a broker that hangs: after it, the next is tried first.
void connection::pass_over_those_of_no_use() {
  const auto by = static_cast<std::ptrdiff_t>(passed_over_ % addresses_.size());
  if (canonical_.size() == addresses_.size())
    std::rotate(canonical_.begin(), canonical_.begin() + by, canonical_.end());
  std::rotate(addresses_.begin(), addresses_.begin() + by, addresses_.end());
}

// Each address has the whole set-up time for itself: a black hole in front must not use up the time of the one that
// works.
void connection::open_next_address(instant now, driver& io, connection_observer& owner) {
  drop_link(io, owner);
  state_ = state::connecting;
  setup_deadline_ = after(now.mono, config_.connection_setup_timeout);
  link_ = io.open(addresses_[next_address_++]);
  owner.link_opened(link_);
}

void connection::on_connected(instant now, driver& io, connection_observer& owner) {
  if (!by_proxy_) return begin_handshake(now, io, owner);
  proxy_ = std::make_unique<proxy_handshake>(config_.proxy, address_);
  state_ = state::proxying;
  talk_to_proxy(now, io, owner);
}

void connection::on_closed(int sys_error, instant now, driver& io, connection_observer& owner) {
  if (state_ != state::connecting) return fail_link(link_ended(sys_error), now, io, owner);
  if (has_other_address()) return open_next_address(now, io, owner);
  const std::string refusal = io.refusal(link_);
  const std::string why = refusal.empty() ? errno_clause(sys_error) : refusal;
  fail_link(failure(client_code::broker_unreachable, connecting() + " failed: " + why,
                    unreachable_advice("check the address and that the broker runs")),
            now, io, owner);
}

void connection::talk_to_proxy(instant now, driver& io, connection_observer& owner) {
  using progress = proxy_handshake::state;
  io_result moved;
  while (proxy_->now_in() == progress::under_way && moved.status == io_status::ok) {
    if (const std::string_view text = proxy_->to_say(); !text.empty()) {
      const bytes_view piece = std::as_bytes(std::span(text));
      moved = io.write(link_, {&piece, 1});
      proxy_->said(moved.bytes);
      if (moved.status == io_status::would_block) io.want(link_, interest::write);
    } else {
      const std::span<std::byte> room = proxy_->room();
      moved = io.read(link_, {&room, 1});
      proxy_->heard(moved.bytes);
      if (moved.status == io_status::would_block) io.want(link_, interest::read);
    }
  }
  if (proxy_->now_in() == progress::under_way) {
    if (moved.status != io_status::closed) return;
    return fail_link(failure(client_code::broker_unreachable,
                             proxy_label() + ": " + errno_clause(moved.sys_error) + " before it had connected us",
                             "check host, port and kind of the proxy in proxy.url"),
                     now, io, owner);
  }
  if (proxy_->now_in() != progress::done) {
    const bool refused = proxy_->now_in() == progress::refused;
    return fail_link(failure(refused ? client_code::proxy_failed : client_code::broker_unreachable,
                             proxy_label() + ": " + proxy_->why(), proxy_->advice()),
                     now, io, owner);
  }
  proxy_.reset();
  begin_handshake(now, io, owner);
}

error connection::set_up_too_slowly() const {
  std::string_view what;
  switch (state_) {
    case state::proxying:
      return failure(client_code::broker_unreachable, proxy_label() + " did not connect us in time",
                     "check that the proxy can reach the broker's address");
    case state::securing:
      what = "TLS";
      break;
    case state::negotiating:
      what = "ApiVersions";
      break;
    case state::authenticating:
      what = "the authentication";
      break;
    default:
      return failure(client_code::broker_unreachable, connecting() + " timed out",
                     unreachable_advice("check that the broker runs and is reachable"));
  }
  return failure(client_code::broker_unreachable,
                 "it accepts connections but does not answer " + std::string(what) + " in time",
                 "check that the broker runs and is reachable");
}

}  // namespace v0
}  // namespace ottla
