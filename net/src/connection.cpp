// connection: how a link comes up, negotiates, expires and ends; connection_io.cpp has what flows over it.
#include "connection.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "ottla/protocol/api_versions.hpp"
#include "version.hpp"

namespace ottla {
inline namespace v0 {
namespace {

constexpr std::size_t spare_exchanges = 8;

}  // namespace

std::string errno_clause(int sys_error) {
  return sys_error == 0 ? "the peer closed the connection" : std::string(std::strerror(sys_error));
}

connection::connection(host_port address, broker_id broker, lane on, const cluster_config& config, backoff reconnect)
    : address_(std::move(address)),
      broker_(broker),
      lane_(on),
      config_(config),
      reconnect_(reconnect),
      frames_(config.max_response_bytes) {}

std::string connection::label() const {
  std::string out = to_string(address_);
  if (static_cast<std::int32_t>(broker_) >= 0)
    out += " (broker " + std::to_string(static_cast<std::int32_t>(broker_)) + ")";
  return out;
}

error connection::failure(client_code code, std::string detail, std::string advice) const {
  error_context context;
  context.broker = label();
  context.detail = std::move(detail);
  context.advice = std::move(advice);
  context.attempts = failures_;
  return error(code, std::move(context));
}

void connection::send(request ask) {
  exchange_ptr one;
  if (spare_.empty()) {
    one = std::make_unique<exchange>();
  } else {
    one = std::move(spare_.back());
    spare_.pop_back();
  }
  one->deadline = ask.deadline;
  one->ask = std::move(ask);
  queue_.push_back(std::move(one));
}

void connection::on_event(const io_event& event, instant now, driver& io, connection_observer& owner) {
  switch (event.kind) {
    case io_kind::resolved: {
      lookup_answer answer = io.answer(lookup_);
      owner.lookup_gone(lookup_);
      lookup_ = lookup_id::none;
      if (state_ != state::resolving) break;
      addresses_ = std::move(answer.addresses);
      next_address_ = 0;
      if (addresses_.empty()) {
        fail_link(failure(client_code::broker_unreachable,
                          "the name " + address_.host + " does not resolve: " + answer.failure,
                          "check the host name and the name service"),
                  now, io, owner);
      } else {
        open_next_address(now, io, owner);
      }
      break;
    }
    case io_kind::connected:
      if (state_ == state::connecting) {
        state_ = state::negotiating;
        frames_.reset();
        negotiate(software_api_versions, now);
        flush(now, io, owner);
        io.want(link_, interest::read);
      }
      break;
    case io_kind::closed:
      if (state_ == state::connecting && next_address_ < addresses_.size()) {
        open_next_address(now, io, owner);
      } else if (state_ == state::connecting) {
        fail_link(failure(client_code::broker_unreachable, "connecting failed: " + errno_clause(event.sys_error),
                          "check the address and that the broker runs"),
                  now, io, owner);
      } else {
        fail_link(failure(client_code::disconnected, errno_clause(event.sys_error)), now, io, owner);
      }
      break;
    case io_kind::readable:
      pump(now, io, owner);
      break;
    case io_kind::writable:
      write_blocked_ = false;
      flush(now, io, owner);
      break;
  }
  deliver_finished(owner);
}

void connection::step(instant now, driver& io, connection_observer& owner) {
  expire(now, io, owner);
  if (hungry_) pump(now, io, owner);
  if ((state_ == state::idle || (state_ == state::backing_off && now.mono >= retry_at_)) && !queue_.empty()) {
    connect(now, io, owner);
  }
  if (state_ == state::ready) {
    start_queued(now);
    flush(now, io, owner);
  }
  deliver_finished(owner);
}

steady_ns connection::next_deadline() const {
  steady_ns next = setup_deadline_;
  for (const auto* list : {&queue_, &writing_, &waiting_}) {
    for (const exchange_ptr& one : *list) next = std::min(next, one->deadline);
  }
  if (state_ == state::backing_off && !queue_.empty()) next = std::min(next, retry_at_);
  if (state_ == state::ready && !busy() && config_.connections_max_idle.count() > 0) {
    next = std::min(next, after(last_used_, config_.connections_max_idle));
  }
  return next;
}

void connection::connect(instant now, driver& io, connection_observer& owner) {
  setup_deadline_ = after(now.mono, config_.connection_setup_timeout);
  state_ = state::resolving;
  lookup_ = io.resolve(address_.host, address_.port);
  owner.lookup_started(lookup_);
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

// ApiVersions goes out on every connection (C-51). A broker that does not know our version answers 35 in the form of
// version 0 and lists what it knows (C-50); then it is asked once more.
void connection::negotiate(std::int16_t version, instant now) {
  request ask = make_request<protocol::ApiVersionsRequest>(
      [](protocol::ApiVersionsRequest& message, std::int16_t v, protocol::arena&) {
        if (v < 3) return;
        message.client_software_name = software_name;
        message.client_software_version = software_version;
      });
  auto one = std::make_unique<exchange>();
  one->ask = std::move(ask);
  one->version = version;
  one->deadline = setup_deadline_;
  encode(*one, protocol::ApiVersionsRequest::header_version(version));
  one->sent = now.mono;
  writing_.push_back(std::move(one));
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
  state_ = state::ready;
  setup_deadline_ = never;
  last_used_ = now.mono;
  last_failure_ = {};
  failures_ = 0;
  reconnect_.reset();
  start_queued(now);
  flush(now, io, owner);
}

// A request that times out takes the connection with it: which later answer is whose cannot be known any more (C-57).
void connection::expire(instant now, driver& io, connection_observer& owner) {
  for (auto it = queue_.begin(); it != queue_.end();) {
    if ((*it)->deadline > now.mono) {
      ++it;
      continue;
    }
    exchange_ptr one = std::move(*it);
    it = queue_.erase(it);
    response none;
    error_context context;
    context.asked = std::string(name(one->ask.key));
    context.broker = label();
    context.detail = last_failure_ ? last_failure_.context().detail : "no connection was ready in time";
    context.attempts = failures_;
    none.failure = error(client_code::timed_out, std::move(context));
    finish(std::move(one), std::move(none));
  }
  if (now.mono >= setup_deadline_ && state_ == state::connecting && next_address_ < addresses_.size()) {
    open_next_address(now, io, owner);
  } else if (now.mono >= setup_deadline_) {
    fail_link(failure(client_code::broker_unreachable,
                      state_ == state::negotiating ? "it accepts connections but does not answer ApiVersions in time"
                                                   : "connecting timed out",
                      "check that the broker runs and is reachable"),
              now, io, owner);
    return;
  }
  for (const auto* list : {&writing_, &waiting_}) {
    for (const exchange_ptr& one : *list) {
      if (one->deadline > now.mono) continue;
      fail_link(failure(client_code::request_timed_out,
                        std::string(name(one->ask.key)) + " was not answered within " +
                            std::to_string((one->deadline - one->sent) / std::chrono::milliseconds(1)) + " ms",
                        "the broker may be paused or overloaded"),
                now, io, owner);
      return;
    }
  }
  if (state_ == state::ready && !busy() && config_.connections_max_idle.count() > 0 &&
      now.mono >= after(last_used_, config_.connections_max_idle)) {
    drop_link(io, owner);
    state_ = state::idle;
  }
}

void connection::fail_link(error why, instant now, driver& io, connection_observer& owner) {
  drop_link(io, owner);
  last_failure_ = why;
  ++failures_;
  retry_at_ = after(now.mono, reconnect_.next());
  state_ = state::backing_off;
  fail_all(why);
}

void connection::close(const error& why, instant, driver& io, connection_observer& owner) {
  drop_link(io, owner);
  state_ = state::idle;
  fail_all(why);
  deliver_finished(owner);
}

bool connection::move_to(host_port address, driver& io, connection_observer& owner) {
  if (state_ == state::ready && !(writing_.empty() && waiting_.empty())) return false;
  drop_link(io, owner);
  writing_.clear();  // of a link that was not ready: our own ApiVersions
  waiting_.clear();
  state_ = state::idle;
  address_ = std::move(address);
  return true;
}

void connection::drop_link(driver& io, connection_observer& owner) {
  if (lookup_ != lookup_id::none) {
    io.forget(lookup_);
    owner.lookup_gone(lookup_);
    lookup_ = lookup_id::none;
  }
  if (link_) {
    io.close(link_);
    owner.link_gone(link_);
    link_ = {};
  }
  setup_deadline_ = never;
  hungry_ = write_blocked_ = false;
  frames_.reset();
}

// What was never written cannot have taken effect; what was begun may have.
void connection::fail_all(const error& why) {
  for (auto* list : {&waiting_, &writing_, &queue_}) {
    for (exchange_ptr& one : std::exchange(*list, {})) {
      error_context context = why.context();
      context.asked = std::string(name(one->ask.key));
      context.persisted = list != &queue_ && one->begun ? persistence::possibly : persistence::no;
      response none;
      none.version = one->version;
      none.broker = label();
      none.failure = why.client() != client_code::none ? error(why.client(), std::move(context))
                                                       : error(why.broker_code(), std::move(context));
      finish(std::move(one), std::move(none));
    }
  }
}

void connection::finish(exchange_ptr one, response answer) {
  finished_.emplace_back(std::move(one), std::move(answer));
}

void connection::deliver_finished(connection_observer& owner) {
  while (!finished_.empty()) {
    owner.delivering();
    auto batch = std::exchange(finished_, {});
    for (auto& [one, answer] : batch) {
      if (one->ask.done) one->ask.done(std::move(answer));
      one->ask = {};
      if (spare_.size() < spare_exchanges) spare_.push_back(std::move(one));
    }
  }
}

}  // namespace v0
}  // namespace ottla
