// connection: requests encoded and written, answers read and paired.
#include <algorithm>
#include <cstring>
#include <utility>

#include "connection.hpp"
#include "ottla/protocol/request_header.hpp"
#include "ottla/protocol/response_header.hpp"

namespace ottla {
inline namespace v0 {
namespace {

constexpr std::size_t read_budget = std::size_t{256} << 10;
constexpr std::size_t max_pieces = 64;

}  // namespace

bool connection::choose_version(exchange& one) {
  auto found = versions_.find(static_cast<std::int16_t>(one.ask.key));
  if (found != versions_.end()) {
    const std::int16_t version = std::min(one.ask.max_version, found->second.max);
    if (version >= one.ask.min_version && version >= found->second.min) {
      one.version = version;
      return true;
    }
  }
  return false;
}

//     size int32 | request header | body ... records (spliced, not copied) ... body
void connection::encode(exchange& one, std::int16_t header_version) {
  protocol::writer& out = one.bytes;
  out.clear();
  out.splice_records(true);
  out.int32(0);
  one.correlation = next_correlation_;
  next_correlation_ = next_correlation_ == INT32_MAX ? 1 : next_correlation_ + 1;
  protocol::RequestHeader header;
  header.request_api_key = static_cast<std::int16_t>(one.ask.key);
  header.request_api_version = one.version;
  header.correlation_id = one.correlation;
  header.client_id = std::string_view(config_.client_id);
  write(out, header, header_version);
  one.ask.encode(out, one.version);
  out.patch_int32(0, static_cast<std::int32_t>(out.total_size() - 4));
  one.pieces.clear();
  out.for_each_segment([&](bytes_view piece) {
    if (!piece.empty()) one.pieces.push_back(piece);
  });
  one.next_piece = 0;
  one.begun = false;
}

void connection::start_queued(instant now) {
  const bool over = awaited_ && now.mono >= session_over_at_;
  while (!queue_.empty() && !sasl_ && !over) {
    exchange_ptr one = std::move(queue_.front());
    queue_.pop_front();
    const std::string asked(name(one->ask.key));
    if (!choose_version(*one)) {
      response none;
      error_context context;
      context.asked = asked;
      context.broker = label();
      context.detail = "the broker and this client share no version of " + asked;
      none.failure = error(client_code::unsupported_version, std::move(context));
      finish(std::move(one), std::move(none));
      continue;
    }
    encode(*one, one->ask.flexible_header(one->version) ? 2 : 1);
    if (!one->bytes.ok()) {
      response none;
      error_context context;
      context.asked = asked + " v" + std::to_string(one->version);
      context.broker = label();
      context.detail = "the request holds a field that this version cannot carry, or a value out of range";
      none.failure = error(client_code::unsupported_version, std::move(context));
      finish(std::move(one), std::move(none));
      continue;
    }
    const auto timeout =
        one->ask.timeout.count() > 0 ? one->ask.timeout : std::chrono::nanoseconds(config_.request_timeout);
    one->sent = now.mono;
    one->deadline = after(now.mono, timeout);
    writing_.push_back(std::move(one));
  }
}

io_result connection::read_link(driver& io, std::span<const std::span<std::byte>> pieces) {
  if (!tls_) return io.read(link_, pieces);
  const io_result got = tls_->read(io, link_, pieces);
  if (tls_->has_pending()) io.want(link_, interest::write);
  return got;
}

io_result connection::write_link(driver& io, std::span<const bytes_view> pieces) {
  return tls_ ? tls_->write(io, link_, pieces) : io.write(link_, pieces);
}

error connection::link_ended(int sys_error) const {
  if (tls_ && !tls_->failure().empty()) {
    return failure(client_code::tls_failed, tls_->failure(),
                   "check that this listener speaks TLS, ssl.truststore.location (ssl.ca.location) and the host name");
  }
  if (state_ == state::securing) {
    return failure(client_code::disconnected, errno_clause(sys_error) + " during the TLS handshake",
                   "the listener may not speak TLS (security.protocol), or may want a client's certificate");
  }
  // Brokers before 1.0, and proxies in front of some others, do so instead of saying what they do not like.
  if (state_ == state::authenticating) {
    return failure(
        client_code::disconnected,
        errno_clause(sys_error) + " during the authentication with " + std::string(name(guard_->sasl.mechanism)),
        "check the credentials and sasl.mechanism: not every broker says what it does not like");
  }
  if (state_ != state::connecting && !answered_) {
    return failure(client_code::disconnected, errno_clause(sys_error) + " on our first request",
                   tls_ ? "the listener may want SASL (security.protocol), or a client's certificate"
                        : "the listener may expect TLS or SASL (security.protocol), or may not be Kafka");
  }
  return failure(client_code::disconnected, errno_clause(sys_error));
}

void connection::flush(instant now, driver& io, connection_observer& owner) {
  if (tls_ && tls_->has_pending() && !write_blocked_ && link_) {
    const io_status left = tls_->drain(io, link_);
    if (left == io_status::closed) return fail_link(link_ended(tls_->sys_error()), now, io, owner);
    if (left == io_status::would_block) {
      write_blocked_ = true;
      io.want(link_, interest::write);
    }
  }
  while (!writing_.empty() && !write_blocked_ && link_) {
    std::array<bytes_view, max_pieces> gather;
    std::size_t count = 0, wanted = 0;
    for (const exchange_ptr& one : writing_) {
      for (std::size_t i = one->next_piece; i < one->pieces.size() && count < gather.size(); ++i) {
        gather[count++] = one->pieces[i];
        wanted += one->pieces[i].size();
      }
      if (count == gather.size()) break;
    }
    const io_result wrote = write_link(io, {gather.data(), count});
    if (wrote.bytes > 0) last_used_ = now.mono;
    advance_writes(wrote.bytes);
    if (wrote.status == io_status::closed) {
      fail_link(link_ended(wrote.sys_error), now, io, owner);
      return;
    }
    if (wrote.status == io_status::would_block || wrote.bytes < wanted) {
      write_blocked_ = true;
      io.want(link_, interest::write);
    }
  }
}

void connection::advance_writes(std::size_t written) {
  while (!writing_.empty()) {
    exchange& one = *writing_.front();
    one.begun = one.begun || written > 0;
    while (one.next_piece < one.pieces.size() && written >= one.pieces[one.next_piece].size()) {
      written -= one.pieces[one.next_piece++].size();
    }
    if (one.next_piece < one.pieces.size()) {
      one.pieces[one.next_piece] = one.pieces[one.next_piece].subspan(written);
      return;
    }
    exchange_ptr whole = std::move(writing_.front());
    writing_.pop_front();
    if (whole->ask.answered) {
      waiting_.push_back(std::move(whole));
    } else {
      response none;
      none.version = whole->version;
      none.broker = label();
      finish(std::move(whole), std::move(none));
    }
  }
}

void connection::pump(instant now, driver& io, connection_observer& owner) {
  hungry_ = false;
  std::size_t budget = read_budget;
  while (link_) {
    auto pieces = frames_.pieces();
    std::size_t room = 0;
    for (const auto& piece : pieces) room += piece.size();
    const io_result got = read_link(io, pieces);
    frames_.read_done(got.bytes);
    while (frame_ref whole = frames_.next()) {
      if (!on_frame(std::move(whole), now, io, owner)) return;
    }
    if (!frames_.failure().empty()) {
      fail_link(failure(client_code::not_kafka, frames_.failure(),
                        "check that host and port are a Kafka listener for this security protocol"),
                now, io, owner);
      return;
    }
    if (got.status == io_status::closed) {
      fail_link(link_ended(got.sys_error), now, io, owner);
      return;
    }
    if (got.status == io_status::would_block || got.bytes < room) {
      io.want(link_, interest::read);
      return;
    }
    // The budget keeps one large fetch from starving heartbeats. Nobody will wake us for bytes that are here already.
    if (got.bytes >= budget) {
      hungry_ = true;
      return;
    }
    budget -= got.bytes;
  }
}

response connection::open_answer(const exchange& asked, const frame_ref& answer) const {
  response whole;
  whole.version = asked.version;
  whole.broker = label();
  protocol::arena memory(std::size_t{1} << 20);
  protocol::reader in(answer->bytes(), memory);
  protocol::ResponseHeader header;
  read(in, header, asked.ask.response_header(asked.version));
  if (!in.ok()) {
    whole.failure = malformed(whole, asked.ask.key, name(asked.ask.key), "its header does not decode");
  } else {
    whole.body = answer->bytes().subspan(answer->size() - in.remaining());
    whole.owner = answer;
  }
  return whole;
}

bool connection::on_frame(frame_ref answer, instant now, driver& io, connection_observer& owner) {
  std::int32_t correlation = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    correlation = static_cast<std::int32_t>(static_cast<std::uint32_t>(correlation) << 8 |
                                            std::to_integer<std::uint32_t>(answer->bytes()[i]));
  }
  if (waiting_.empty() || waiting_.front()->correlation != correlation) {  // C-55
    fail_link(failure(client_code::not_kafka,
                      waiting_.empty() ? std::string("it answers what was not asked")
                                       : "it answers request " + std::to_string(correlation) + " where the answer to " +
                                             std::to_string(waiting_.front()->correlation) + " is due",
                      "check that host and port are a Kafka listener"),
              now, io, owner);
    return false;
  }
  exchange_ptr one = std::move(waiting_.front());
  waiting_.pop_front();
  if (one->own) {
    on_own_answer(*one, answer, now, io, owner);
    return static_cast<bool>(link_);
  }
  answered_ = true;
  response whole = open_answer(*one, answer);
  whole.latency = now.mono - one->sent;
  last_used_ = now.mono;
  if (traffic_ != nullptr) traffic_->answered(whole.latency);
  finish(std::move(one), std::move(whole));
  return true;
}

}  // namespace v0
}  // namespace ottla
