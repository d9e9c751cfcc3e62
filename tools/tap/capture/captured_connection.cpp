// One TCP connection of a capture.
#include "captured_connection.hpp"

#include <span>
#include <utility>

#include "resynchronise.hpp"

namespace ottla {
inline namespace v0 {
namespace tap {
namespace {

constexpr conversation_options limits{};

}  // namespace

captured_connection::captured_connection(std::uint64_t number, const segment& first, std::optional<std::uint16_t> port,
                                         line_maker& lines, std::function<void(std::string)> print)
    : lines_(lines),
      print_(std::move(print)),
      port_(port),
      label_{number, {}, {}},
      one_end_(first.from),
      midway_(!first.syn),
      standing_(port ? standing::shown : standing::undecided),
      machine_({.begins_midway = !first.syn}, [this](const message& what) { tell(what); }) {}

bool captured_connection::is_another(const segment& one) const {
  return one.syn && !one.ack && (over_ || !syn_ || *syn_ != one.sequence);
}

void captured_connection::settle_client(const segment& one) {
  if (one.syn) {
    client_ = one.ack ? one.to : one.from;
  } else if (port_) {
    client_ = one.to.port == *port_ ? one.from : one.to;
  } else if (find_request(std::as_bytes(std::span(one.payload)), limits.largest_decoded)) {
    client_ = one.from;
  }
  if (!client_) return;
  const endpoint& broker = one.from == *client_ ? one.to : one.from;
  label_.client = client_->text();
  label_.broker = broker.text();
  say(lines_.remark("open", one.when, label_, midway_ ? "the capture began later than the connection" : ""));
}

void captured_connection::add(segment one) {
  if (over_ || standing_ == standing::ignored) return;
  if (!client_) settle_client(one);
  if (!client_) return;  // the middle of something: nothing of it looks like a request so far
  const bool from_client = one.from == *client_;
  one_way& way = from_client ? up_ : down_;
  if (one.syn) {
    if (from_client) syn_ = one.sequence;
    way.begin(one.sequence + 1);
  } else if (!one.payload.empty()) {
    way.add(one.sequence, std::move(one.payload));
    deliver(from_client, one.when);
  }
  if (one.fin) (from_client ? up_ended_ : down_ended_) = true;
  if (one.rst || (up_ended_ && down_ended_)) {
    finish(one.when);
    over_ = true;
    say(lines_.remark("close", one.when, label_, one.rst ? "broken off" : ""));
  }
}

void captured_connection::deliver(bool from_client, instant now) {
  pass(from_client, now);
  one_way& way = from_client ? up_ : down_;
  while (way.waits_too_long()) give_up_gap(from_client, now);
}

void captured_connection::give_up_gap(bool from_client, instant now) {
  one_way& way = from_client ? up_ : down_;
  auto behind = way.skip_gap();
  machine_.lost(from_client ? direction::to_broker : direction::to_client, now);
  for (auto& [sequence, payload] : behind) {
    way.add(sequence, std::move(payload));
    pass(from_client, now);
  }
}

void captured_connection::pass(bool from_client, instant now) {
  const std::vector<std::uint8_t> bytes = (from_client ? up_ : down_).take();
  if (bytes.empty()) return;
  const auto view = std::as_bytes(std::span(bytes));
  if (from_client) return machine_.from_client(view, now);
  std::vector<std::byte> nobody;
  machine_.from_broker(view, now, nobody);
}

void captured_connection::finish(instant now) {
  for (const bool from_client : {true, false}) {
    one_way& way = from_client ? up_ : down_;
    while (way.has_gap() && standing_ != standing::ignored) give_up_gap(from_client, now);
  }
}

void captured_connection::tell(const message& what) {
  if (standing_ == standing::ignored) return;
  // The first frame decides. Bytes that were skipped say nothing yet.
  if (standing_ == standing::undecided && what.state != message_state::skipped)
    standing_ = machine_.is_kafka() ? standing::shown : standing::ignored;
  say(lines_.line(what, label_));
}

void captured_connection::say(std::string line) {
  if (standing_ == standing::ignored) return held_.clear();
  held_.push_back(std::move(line));
  if (standing_ == standing::undecided) return;
  for (std::string& one : held_) print_(std::move(one));
  held_.clear();
}

}  // namespace tap
}  // namespace v0
}  // namespace ottla
