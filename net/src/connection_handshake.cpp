// connection: what is said before the first request, TLS, ApiVersions, SASL; and SASL once more while requests flow.
#include <algorithm>
#include <utility>

#include "connection.hpp"
#include "ottla/protocol/sasl_authenticate.hpp"
#include "ottla/protocol/sasl_handshake.hpp"
#include "version.hpp"

namespace ottla {
inline namespace v0 {
namespace {

constexpr std::int16_t handshake_version = 1;  // 0 would have the messages of SASL without Kafka's frame around them

}  // namespace

void connection::begin_handshake(instant now, driver& io, connection_observer& owner) {
  frames_.reset();
  if (guard_ == nullptr || !guard_->tls) return introduce(now, io, owner);
  if (!guard_->tls->refresh() && config_.log) {
    tell(config_.log, log_level::warning, "tls",
         "changed files cannot be used, the earlier ones are kept: " + guard_->tls->why());
  }
  tls_ = std::make_unique<tls_session>(*guard_->tls, name_to_verify(), address_.port);
  state_ = state::securing;
  shake_hands(now, io, owner);
}

void connection::shake_hands(instant now, driver& io, connection_observer& owner) {
  switch (tls_->drain(io, link_) == io_status::closed ? tls_session::progress::failed : tls_->shake_hands(io, link_)) {
    case tls_session::progress::done:
      guard_->certificates.look(tls_->handle(), to_string(address_), now.wall, config_.log);
      return introduce(now, io, owner);
    case tls_session::progress::failed:
      return fail_link(link_ended(tls_->sys_error()), now, io, owner);
    case tls_session::progress::under_way:
      break;
  }
  if (tls_->has_pending()) io.want(link_, interest::write);
  io.want(link_, interest::read);
}

void connection::introduce(instant now, driver& io, connection_observer& owner) {
  state_ = state::negotiating;
  negotiate(software_api_versions, now);
  flush(now, io, owner);
  if (!link_) return;
  if (tls_) return pump(now, io, owner);  // some of its answer may have come with the end of the handshake
  io.want(link_, interest::read);
}

void connection::ask_myself(request ask, std::int16_t version, instant now) {
  auto one = std::make_unique<exchange>();
  one->ask = std::move(ask);
  one->version = version;
  one->own = true;
  one->deadline = state_ == state::ready ? after(now.mono, config_.request_timeout) : setup_deadline_;
  encode(*one, one->ask.flexible_header(version) ? 2 : 1);
  one->sent = now.mono;
  writing_.push_back(std::move(one));
}

void connection::on_own_answer(const exchange& asked, const frame_ref& answer, instant now, driver& io,
                               connection_observer& owner) {
  if (asked.ask.key == protocol::ApiVersionsRequest::api_key) return on_api_versions(asked, answer, now, io, owner);
  const response opened = open_answer(asked, answer);
  if (opened.failure) return fail_link(opened.failure, now, io, owner);
  if (asked.ask.key == protocol::SaslHandshakeRequest::api_key) return on_sasl_handshake(opened, now, io, owner);
  on_sasl_authenticate(opened, now, io, owner);
}

// ApiVersions goes out on every connection (C-51). A broker that does not know our version answers 35 in the form of
// version 0 and lists what it knows (C-50); then it is asked once more.
void connection::negotiate(std::int16_t version, instant now) {
  request ask = make_request<protocol::ApiVersionsRequest>(
      [](protocol::ApiVersionsRequest& message, std::int16_t v, protocol::arena&) {
        if (v < 3) return;
        message.client_software_name = software_name;
        message.client_software_version = software_version;
      });
  ask_myself(std::move(ask), version, now);
}

void connection::on_api_versions(const exchange& asked, const frame_ref& answer, instant now, driver& io,
                                 connection_observer& owner) {
  response raw;
  raw.owner = answer;
  raw.body = answer->bytes().subspan(4);
  raw.broker = label();
  // The error code stands first in every version: with 35 the rest has the form of version 0.
  const bool refused = raw.body.size() >= 2 && raw.body[0] == std::byte{0} && raw.body[1] == std::byte{35};
  raw.version = refused ? std::int16_t{0} : asked.version;
  auto listed = decode<protocol::ApiVersionsResponse>(raw);
  if (!listed) {
    fail_link(failure(client_code::not_kafka, "its answer to ApiVersions does not decode",
                      "check that host and port are a Kafka listener"),
              now, io, owner);
    return;
  }
  const protocol::ApiVersionsResponse& message = **listed;
  if (refused && asked.version > 0) {
    std::int16_t lower = 0;
    for (const auto& api : message.api_keys) {
      if (api.api_key == static_cast<std::int16_t>(protocol::ApiVersionsRequest::api_key)) {
        lower = std::min<std::int16_t>(api.max_version, static_cast<std::int16_t>(asked.version - 1));
      }
    }
    negotiate(std::max<std::int16_t>(lower, 0), now);
    flush(now, io, owner);
    return;
  }
  if (message.error_code != protocol::error_code::none) {
    error_context context;
    context.asked = "ApiVersions";
    context.broker = label();
    fail_link(error(message.error_code, std::move(context)), now, io, owner);
    return;
  }
  versions_.clear();
  for (const auto& api : message.api_keys) versions_[api.api_key] = {api.min_version, api.max_version};
  owner.introduced(message);
  if (guard_ == nullptr || !guard_->authenticates) return become_ready(now, io, owner);
  state_ = state::authenticating;
  authenticate(now, io, owner);
}

bool connection::offers(protocol::api_key key, std::int16_t version) const {
  const auto found = versions_.find(static_cast<std::int16_t>(key));
  return found != versions_.end() && found->second.min <= version && version <= found->second.max;
}

// The first time nothing else is sent before it ends. Later (KIP-368) it stands between the requests: those before it
// are answered as usual, since a broker answers in order, and those after it wait here.
void connection::authenticate(instant now, driver& io, connection_observer& owner) {
  session_renewed_at_ = never;
  if (!offers(protocol::SaslHandshakeRequest::api_key, handshake_version) ||
      !offers(protocol::SaslAuthenticateRequest::api_key, 0)) {
    return fail_link(failure(client_code::unsupported_version, "it does not offer SASL in Kafka's own frames",
                             "brokers do since Kafka 1.0"),
                     now, io, owner);
  }
  awaited_ = guard_->ask_credentials();
  if (state_ == state::ready) setup_deadline_ = after(now.mono, config_.request_timeout);
  on_credentials(now, io, owner);
}

// They may come at once, or in a later step: the bell brings that one about. Until then a link that is up goes on,
// as long as its session lasts.
void connection::on_credentials(instant now, driver& io, connection_observer& owner) {
  auto told = awaited_->take();
  if (!told) return;
  awaited_.reset();
  if (state_ == state::ready) setup_deadline_ = never;
  auto talk = guard_->converse(std::move(*told), address_.host, now.wall);
  if (!talk) {
    error_context context = talk.error().context();
    context.broker = label();
    // What may be better soon lets requests wait; everything else is for people to hear at once.
    const bool soon = talk.error().is(client_code::broker_unreachable);
    return fail_link(
        error(soon ? client_code::broker_unreachable : client_code::authentication_failed, std::move(context)), now, io,
        owner);
  }
  sasl_ = std::move(*talk);
  renewal_began_ = now.mono;
  ask_myself(make_request<protocol::SaslHandshakeRequest>(
                 [mechanism = guard_->sasl.mechanism](protocol::SaslHandshakeRequest& message, std::int16_t,
                                                      protocol::arena&) { message.mechanism = name(mechanism); }),
             handshake_version, now);
  flush(now, io, owner);
}

void connection::on_sasl_handshake(const response& answer, instant now, driver& io, connection_observer& owner) {
  auto message = decode<protocol::SaslHandshakeResponse>(answer);
  if (!message) return fail_link(message.error(), now, io, owner);
  const protocol::SaslHandshakeResponse& told = **message;
  if (told.error_code == protocol::error_code::none) return advance_sasl(sasl_->first(), now, io, owner);
  error_context context;
  context.asked = "authentication";
  context.broker = label();
  context.attempts = failures_;
  if (told.error_code == protocol::error_code::unsupported_sasl_mechanism) {
    context.detail = "it does not offer " + std::string(name(guard_->sasl.mechanism));
    for (std::size_t i = 0; i < told.mechanisms.size(); ++i)
      context.detail += (i == 0 ? ", but " : ", ") + std::string(told.mechanisms[i]);
    context.advice = "set sasl.mechanism to what it offers";
  } else if (told.error_code == protocol::error_code::illegal_sasl_state) {
    context.detail = "this listener does not authenticate with SASL";
    context.advice = "check security.protocol and the port";
  }
  fail_link(error(told.error_code, std::move(context)), now, io, owner);
}

void connection::advance_sasl(sasl_exchange::state next, instant now, driver& io, connection_observer& owner) {
  switch (next) {
    case sasl_exchange::state::works:
      sasl_works_ = true;
      return;
    case sasl_exchange::state::waits:
      sasl_waits_ = true;
      if (state_ == state::ready && setup_deadline_ == never)
        setup_deadline_ = after(now.mono, config_.request_timeout);
      return;
    case sasl_exchange::state::done:
      return authenticated(now, io, owner);
    case sasl_exchange::state::refused: {
      const std::string why(sasl_->said.reveal());
      return fail_link(failure(sasl_->soon ? client_code::broker_unreachable : client_code::authentication_failed, why),
                       now, io, owner);
    }
    case sasl_exchange::state::says:
      break;
  }
  if (state_ == state::ready) setup_deadline_ = never;  // the request has a deadline of its own
  const auto version = static_cast<std::int16_t>(
      std::min(protocol::SaslAuthenticateRequest::max_version,
               versions_.at(static_cast<std::int16_t>(protocol::SaslAuthenticateRequest::api_key)).max));
  ask_myself(make_request<protocol::SaslAuthenticateRequest>(
                 [said = sasl_->said](protocol::SaslAuthenticateRequest& message, std::int16_t, protocol::arena&) {
                   message.auth_bytes = std::as_bytes(std::span(said.reveal()));
                 }),
             version, now);
  flush(now, io, owner);
}

void connection::on_sasl_authenticate(const response& answer, instant now, driver& io, connection_observer& owner) {
  auto message = decode<protocol::SaslAuthenticateResponse>(answer);
  if (!message) return fail_link(message.error(), now, io, owner);
  const protocol::SaslAuthenticateResponse& told = **message;
  if (told.error_code != protocol::error_code::none) {
    error_context context;
    context.asked = "authentication with " + std::string(name(guard_->sasl.mechanism));
    context.broker = label();
    context.detail = told.error_message.value_or("");
    context.attempts = failures_;
    context.advice = "check the credentials";
    return fail_link(error(told.error_code, std::move(context)), now, io, owner);
  }
  session_lifetime_ms_ = answer.version >= 1 ? told.session_lifetime_ms : 0;
  const auto* text = reinterpret_cast<const char*>(told.auth_bytes.data());
  advance_sasl(sasl_->answer({text, told.auth_bytes.size()}), now, io, owner);
}

void connection::authenticated(instant now, driver& io, connection_observer& owner) {
  sasl_.reset();
  if (state_ == state::ready) setup_deadline_ = never;
  if (session_lifetime_ms_ > 0) {
    // Between 85 and 94 % of it (C-53), so that connections of one age do not all come at once.
    const std::int64_t part =
        85 + (static_cast<std::int64_t>(broker_) * 3 + static_cast<std::int64_t>(lane_) + 30) % 10;
    session_renewed_at_ = after(now.mono, std::chrono::milliseconds(session_lifetime_ms_) * part / 100);
    session_over_at_ = after(now.mono, std::chrono::milliseconds(session_lifetime_ms_) * 97 / 100);
  }
  if (state_ == state::authenticating) return become_ready(now, io, owner);
  if (config_.log) {
    const auto held_up = std::chrono::ceil<std::chrono::milliseconds>(now.mono - renewal_began_).count();
    tell(config_.log, log_level::debug, "sasl",
         "the session with " + label() + " was renewed; requests waited " + std::to_string(held_up) + " ms");
  }
  start_queued(now);
  flush(now, io, owner);
}

void connection::become_ready(instant now, driver& io, connection_observer& owner) {
  state_ = state::ready;
  ever_ready_ = true;
  passed_over_ = 0;
  setup_deadline_ = never;
  last_used_ = now.mono;
  last_failure_ = {};
  failures_ = 0;
  reconnect_.reset();
  start_queued(now);
  flush(now, io, owner);
}

}  // namespace v0
}  // namespace ottla
