// One client and its broker.
#include "session.hpp"

#include <asio/buffer.hpp>
#include <asio/connect.hpp>
#include <asio/write.hpp>
#include <utility>

#include "resolve.hpp"

namespace ottla {
inline namespace v0 {
namespace tap {
namespace {

using asio::ip::tcp;

constexpr std::size_t keep_capacity = 4 << 20;  // what one large response has grown is given back

}  // namespace

instant read_clocks() {
  return {std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch()),
          std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())};
}

session::session(std::shared_ptr<asio::io_context> loop, tcp::socket client, session_events events)
    : loop_(std::move(loop)),
      client_(std::move(client)),
      broker_(*loop_),
      deadline_(*loop_),
      events_(std::move(events)),
      machine_({}, events_.seen, events_.stand_in) {}

void session::start(const endpoint& upstream, std::chrono::milliseconds connect_timeout) {
  upstream_ = upstream.text();
  deadline_.expires_after(connect_timeout);
  deadline_.async_wait([self = shared_from_this()](const asio::error_code& cancelled) {
    if (cancelled) return;
    self->late_ = true;
    self->refuse("no connection in time");
  });
  resolve(loop_, upstream, [self = shared_from_this()](const std::string& why, std::vector<tcp::endpoint> found) {
    if (self->closed_) return;
    if (!why.empty()) return self->refuse(why);
    self->connect(std::move(found));
  });
}

void session::connect(std::vector<tcp::endpoint> addresses) {
  addresses_ = std::move(addresses);
  asio::async_connect(broker_, addresses_, [self = shared_from_this()](const asio::error_code& wrong, const auto&) {
    if (self->closed_) return;
    if (wrong) return self->refuse(wrong.message());
    self->deadline_.cancel();
    asio::error_code ignored;
    self->broker_.set_option(tcp::no_delay(true), ignored);
    self->client_.set_option(tcp::no_delay(true), ignored);
    self->events_.remark("open", {});
    self->read_client();
    self->read_broker();
  });
}

void session::refuse(const std::string& why) {
  if (closed_) return;
  events_.remark("failed", "cannot connect to " + upstream_ + ": " + why + "; is --upstream right, and the broker up?");
  close({});
}

void session::read_client() {
  client_.async_read_some(asio::buffer(up_), [self = shared_from_this()](const asio::error_code& wrong, std::size_t n) {
    if (self->closed_) return;
    if (wrong) return self->client_ended(wrong);
    const auto bytes = std::span<const std::byte>(self->up_).first(n);
    self->machine_.from_client(bytes, read_clocks());
    asio::async_write(self->broker_, asio::buffer(bytes.data(), bytes.size()),
                      [self](const asio::error_code& failed, std::size_t) {
                        if (self->closed_) return;
                        if (!failed) return self->read_client();
                        // The broker reads no more. What it still has to say is read until it ends.
                        self->up_done_ = true;
                        self->finish_when_both_ended();
                      });
  });
}

void session::read_broker() {
  broker_.async_read_some(asio::buffer(down_),
                          [self = shared_from_this()](const asio::error_code& wrong, std::size_t n) {
                            if (self->closed_) return;
                            if (wrong) return self->broker_ended(wrong);
                            const auto bytes = std::span<const std::byte>(self->down_).first(n);
                            self->machine_.from_broker(bytes, read_clocks(), self->to_client_);
                            self->write_to_client(false);
                          });
}

void session::write_to_client(bool last) {
  asio::async_write(client_, asio::buffer(to_client_.data(), to_client_.size()),
                    [self = shared_from_this(), last](const asio::error_code& failed, std::size_t) {
                      if (self->closed_) return;
                      if (failed) return self->close("the client went away");
                      self->to_client_.clear();
                      if (self->to_client_.capacity() > keep_capacity) std::vector<std::byte>().swap(self->to_client_);
                      if (!last) return self->read_broker();
                      asio::error_code ignored;
                      self->client_.shutdown(tcp::socket::shutdown_send, ignored);
                      self->down_done_ = true;
                      self->finish_when_both_ended();
                    });
}

void session::client_ended(const asio::error_code& why) {
  if (why != asio::error::eof) return close("the client's connection broke: " + why.message());
  asio::error_code ignored;
  broker_.shutdown(tcp::socket::shutdown_send, ignored);
  up_done_ = true;
  finish_when_both_ended();
}

void session::broker_ended(const asio::error_code& why) {
  if (why != asio::error::eof) return close("the broker's connection broke: " + why.message());
  machine_.broker_ended(to_client_);
  write_to_client(true);
}

void session::finish_when_both_ended() {
  if (up_done_ && down_done_) close({});
}

void session::stop() { close("the tap stops"); }

void session::close(const std::string& note) {
  if (std::exchange(closed_, true)) return;
  asio::error_code ignored;
  deadline_.cancel();
  client_.close(ignored);
  broker_.close(ignored);
  events_.remark("close", note);
  events_.ended();
}

}  // namespace tap
}  // namespace v0
}  // namespace ottla
