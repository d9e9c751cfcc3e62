// connection: events, time-outs and ends of a link; connection_opening.cpp has how it comes up,
// connection_handshake.cpp what is said before the first request, connection_io.cpp what flows then.
#include "connection.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace ottla {
inline namespace v0 {
namespace {

constexpr std::size_t spare_exchanges = 8;
// A listener that closes this often before it answers anything, and belongs to no cluster that we know, is a wrong one.
constexpr int most_shut_out = 3;

}  // namespace

std::string errno_clause(int sys_error) {
  return sys_error == 0 ? "the peer closed the connection" : std::string(std::strerror(sys_error));
}

connection::connection(host_port address, broker_id broker, lane on, const cluster_config& config, backoff reconnect,
                       link_security* guard)
    : address_(std::move(address)),
      broker_(broker),
      lane_(on),
      config_(config),
      reconnect_(reconnect),
      guard_(guard),
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
  one->own = false;
  one->ask = std::move(ask);
  queue_.push_back(std::move(one));
}

void connection::on_event(const io_event& event, instant now, driver& io, connection_observer& owner) {
  switch (event.kind) {
    case io_kind::resolved:
      on_resolved(now, io, owner);
      break;
    case io_kind::connected:
      if (state_ == state::connecting) on_connected(now, io, owner);
      break;
    case io_kind::closed:
      on_closed(event.sys_error, now, io, owner);
      break;
    case io_kind::readable:
      if (!sets_up(now, io, owner)) pump(now, io, owner);
      break;
    case io_kind::writable:
      write_blocked_ = false;
      if (!sets_up(now, io, owner)) flush(now, io, owner);
      break;
  }
  deliver_finished(owner);
}

// What comes before Kafka's own protocol: true if that is where the link stands, and it went on there.
bool connection::sets_up(instant now, driver& io, connection_observer& owner) {
  if (state_ == state::proxying) {
    talk_to_proxy(now, io, owner);
  } else if (state_ == state::securing) {
    shake_hands(now, io, owner);
  } else {
    return false;
  }
  return true;
}

void connection::step(instant now, driver& io, connection_observer& owner) {
  expire(now, io, owner);
  if (hungry_) pump(now, io, owner);
  if (awaited_) on_credentials(now, io, owner);
  const bool goes_on = sasl_works_ || sasl_waits_;
  sasl_works_ = sasl_waits_ = false;
  if (goes_on) advance_sasl(sasl_->work(), now, io, owner);
  if ((state_ == state::idle || (state_ == state::backing_off && now.mono >= retry_at_)) && !queue_.empty()) {
    connect(now, io, owner);
  }
  if (state_ == state::ready) {
    if (session_ends(now) && busy()) authenticate(now, io, owner);
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
  if (state_ == state::ready && !sasl_ && busy()) next = std::min(next, session_renewed_at_);
  if (state_ == state::ready && !busy() && config_.connections_max_idle.count() > 0) {
    next = std::min(next, after(last_used_, config_.connections_max_idle));
  }
  return next;
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
  if (now.mono >= setup_deadline_ && state_ == state::connecting && has_other_address()) {
    open_next_address(now, io, owner);
  } else if (now.mono >= setup_deadline_ && awaited_) {
    fail_link(failure(client_code::broker_unreachable, "the credentials did not come in time",
                      "check what sasl_config::ask waits for"),
              now, io, owner);
    return;
  } else if (now.mono >= setup_deadline_) {
    fail_link(set_up_too_slowly(), now, io, owner);
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
  shut_out_ = why.is(client_code::disconnected) && !answered_ ? shut_out_ + 1 : 0;
  if (shut_out_ >= most_shut_out && !owner.knows_cluster()) {
    const bool speaks_kafka = state_ == state::authenticating;
    why = error(speaks_kafka ? client_code::authentication_failed : client_code::not_kafka, why.context());
  }
  passed_over_ += state_ > state::connecting && state_ < state::ready ? 1u : 0u;
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
  ever_ready_ = false;
  passed_over_ = 0;
  return true;
}

void connection::drop_link(driver& io, connection_observer& owner) {
  if (lookup_ != lookup_id::none) {
    io.forget(lookup_);
    owner.lookup_gone(lookup_);
    lookup_ = lookup_id::none;
  }
  if (link_) {
    if (tls_) tls_->end(io, link_);
    io.close(link_);
    owner.link_gone(link_);
    link_ = {};
  }
  setup_deadline_ = never;
  hungry_ = write_blocked_ = sasl_works_ = sasl_waits_ = answered_ = false;
  session_renewed_at_ = session_over_at_ = never;
  proxy_.reset();
  tls_.reset();
  awaited_.reset();
  sasl_.reset();
  frames_.reset();
}

// What was never written cannot have taken effect; what was begun may have, if it changes anything.
void connection::fail_all(const error& why) {
  for (auto* list : {&waiting_, &writing_, &queue_}) {
    for (exchange_ptr& one : std::exchange(*list, {})) {
      error_context context = why.context();
      context.asked = std::string(name(one->ask.key));
      context.persisted = list != &queue_ && one->begun ? unanswered(one->ask.key) : persistence::no;
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
