// The live tap: listeners and sessions.
#include "proxy.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <utility>

namespace ottla {
inline namespace v0 {
namespace tap {
namespace {

using asio::ip::tcp;

constexpr std::size_t most_doors = 1000;                       // a peer that makes brokers up must not take every port
constexpr int neighbours_tried = 100;                          // consecutive ports that may be somebody else's
constexpr auto accept_pause = std::chrono::milliseconds(100);  // when there are no descriptors left

std::string text_of(const tcp::endpoint& at) { return endpoint{at.address().to_string(), at.port()}.text(); }

}  // namespace

proxy::proxy(std::shared_ptr<asio::io_context> loop, const run_tap_options& options, output& lines)
    : loop_(std::move(loop)),
      options_(options),
      output_(lines),
      lines_(options.form, options.records),
      wildcard_(options.listen.host == "0.0.0.0" || options.listen.host == "::") {}

std::string proxy::open() {
  auto first = std::make_unique<door>(*loop_);
  first->broker = options_.upstream;
  if (std::string why = listen(*first, options_.listen.port); !why.empty()) return why;
  if (options_.listen.port != 0 && first->port != 65535) next_port_ = static_cast<std::uint16_t>(first->port + 1);
  accept(*first);
  doors_[options_.upstream] = std::move(first);
  return {};
}

endpoint proxy::address() const {
  return {wildcard_ ? "127.0.0.1" : options_.listen.host, doors_.at(options_.upstream)->port};
}

std::string proxy::listen(door& at, std::uint16_t port) {
  tcp::resolver resolver(*loop_);
  asio::error_code wrong;
  const auto found = resolver.resolve(options_.listen.host, std::to_string(port), tcp::resolver::passive, wrong);
  for (const auto& one : found) {
    wrong = {};
    asio::error_code ignored;
    at.acceptor.close(ignored);
    at.acceptor.open(one.endpoint().protocol(), wrong);
    if (!wrong) at.acceptor.set_option(tcp::acceptor::reuse_address(true), wrong);
    if (!wrong) at.acceptor.bind(one.endpoint(), wrong);
    if (!wrong) at.acceptor.listen(asio::socket_base::max_listen_connections, wrong);
    if (wrong) continue;
    at.port = at.acceptor.local_endpoint(ignored).port();
    return {};
  }
  return "cannot listen on " + endpoint{options_.listen.host, port}.text() + ": " + wrong.message();
}

proxy::door* proxy::open_door(const endpoint& broker) {
  if (const auto known = doors_.find(broker); known != doors_.end()) return known->second.get();
  if (doors_.size() >= most_doors) return nullptr;
  auto made = std::make_unique<door>(*loop_);
  made->broker = broker;
  std::string why = "no port";
  for (int i = 0; i < neighbours_tried && next_port_ != 0 && !why.empty(); ++i) {
    why = listen(*made, next_port_);
    ++next_port_;  // past 65535 it is 0: from then on the system picks
  }
  if (!why.empty()) why = listen(*made, 0);
  if (!why.empty()) {
    std::fprintf(stderr, "ottla tap: %s; clients will go to %s past the tap.\n", why.c_str(), broker.text().c_str());
    return nullptr;
  }
  accept(*made);
  return (doors_[broker] = std::move(made)).get();
}

bool proxy::is_own(const endpoint& address) const {
  if (address.host != this->address().host && address.host != options_.listen.host) return false;
  return std::any_of(doors_.begin(), doors_.end(), [&](const auto& one) { return one.second->port == address.port; });
}

std::optional<endpoint> proxy::stand_in(const endpoint& broker, const std::string& local_host) {
  if (is_own(broker)) return std::nullopt;  // or the tap would tap itself
  const door* at = open_door(broker);
  if (at == nullptr) return std::nullopt;
  return endpoint{wildcard_ ? local_host : options_.listen.host, at->port};
}

void proxy::accept(door& at) {
  at.acceptor.async_accept([this, &at](const asio::error_code& wrong, tcp::socket client) {
    if (stopping_) return;
    if (!wrong) {
      admit(at, std::move(client));
      return accept(at);
    }
    at.pause.expires_after(accept_pause);
    at.pause.async_wait([this, &at](const asio::error_code&) {
      if (!stopping_) accept(at);
    });
  });
}

void proxy::admit(door& at, tcp::socket client) {
  asio::error_code wrong;
  const tcp::endpoint from = client.remote_endpoint(wrong);
  if (wrong) return;  // it has gone already
  const std::string local_host = client.local_endpoint(wrong).address().to_string();
  const std::uint64_t number = ++last_number_;
  const connection_label label{number, text_of(from), at.broker.text()};
  session_events events;
  events.seen = [this, label](const message& what) { put(lines_.line(what, label)); };
  events.stand_in = [this, local_host](const endpoint& broker) { return stand_in(broker, local_host); };
  events.remark = [this, label](std::string_view event, const std::string& note) {
    put(lines_.remark(event, read_clocks(), label, note));
  };
  events.ended = [this, number] { sessions_.erase(number); };
  const auto made = std::make_shared<session>(loop_, std::move(client), std::move(events));
  sessions_[number] = made;
  made->start(at.broker, options_.connect_timeout);
}

void proxy::put(std::string line) {
  if (const std::uint64_t dropped = output_.take_dropped(); dropped != 0) {
    output_.put(lines_.remark("unshown", read_clocks(), {},
                              std::to_string(dropped) + " lines: whoever reads the output is too slow"));
  }
  output_.put(std::move(line));
}

void proxy::stop() {
  stopping_ = true;
  for (auto& [broker, at] : doors_) {
    asio::error_code ignored;
    at->acceptor.close(ignored);
    at->pause.cancel();
  }
  const auto open = std::move(sessions_);
  sessions_.clear();
  for (const auto& [number, one] : open) {
    if (const auto alive = one.lock()) alive->stop();
  }
}

}  // namespace tap
}  // namespace v0
}  // namespace ottla
