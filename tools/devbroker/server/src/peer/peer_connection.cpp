// One client of the stand-in.
#include "peer/peer_connection.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "storage/big_endian.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

constexpr std::size_t turn_bytes = std::size_t{16} << 20;
constexpr std::size_t largest_request = std::size_t{100} << 20;
constexpr std::size_t largest_small_request = std::size_t{4} << 20;  // of anything but Produce
constexpr std::size_t worth_a_call = std::size_t{32} << 10;
constexpr std::size_t size_key_version = 8;

}  // namespace

bool peer_connection::read() {
  for (std::size_t budget = turn_bytes; budget != 0 && wants_to_read();) {
    // MSG_TRUNC on TCP throws bytes away inside the kernel: they are never copied, and there is no buffer.
    const bool throw_away = there() == 0 && discard_ >= worth_a_call;
    if (there() == 0) begin_ = end_ = 0;
    if (end_ == buffer_.size() && begin_ != 0) {
      std::memmove(buffer_.data(), buffer_.data() + begin_, there());
      end_ -= begin_;
      begin_ = 0;
    }
    const ssize_t got = throw_away ? ::recv(fd(), nullptr, discard_, MSG_TRUNC)
                                   : ::recv(fd(), buffer_.data() + end_, buffer_.size() - end_, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return true;
    if (got <= 0) return false;
    budget -= std::min(budget, static_cast<std::size_t>(got));
    if (throw_away) {
      discard_ -= static_cast<std::size_t>(got);
    } else {
      end_ += static_cast<std::size_t>(got);
    }
    if (!take()) return false;
  }
  return true;
}

bool peer_connection::take() {
  for (;;) {
    const std::size_t dropped = std::min(discard_, there());
    discard_ -= dropped;
    begin_ += dropped;
    if (discard_ != 0) return true;
    const progress now = skimming_ ? take_produce() : take_frame();
    if (now != progress::made) return now == progress::needs_more;
  }
}

peer_connection::progress peer_connection::take_produce() {
  std::span<const std::byte> in = std::span<const std::byte>(buffer_).subspan(begin_, there());
  const auto wants = skimmer_.feed(in);
  begin_ = end_ - in.size();
  if (wants == produce_skimmer::wants::broken) return progress::broken;
  if (wants == produce_skimmer::wants::more_bytes)
    return there() < buffer_.size() ? progress::needs_more : progress::broken;
  if (wants == produce_skimmer::wants::skip) discard_ = skimmer_.skip_bytes();
  if (wants == produce_skimmer::wants::done) {
    skimming_ = false;
    if (skimmer_.acks() != 0) answers_.push_back(service_.acknowledge(skimmer_));
  }
  return progress::made;
}

peer_connection::progress peer_connection::take_frame() {
  if (there() < size_key_version) return progress::needs_more;
  const std::byte* at = buffer_.data() + begin_;
  const auto size = load_big_endian<std::int32_t>(at);
  if (size < 8 || static_cast<std::size_t>(size) > largest_request) return progress::broken;
  const std::size_t whole = 4 + static_cast<std::size_t>(size);
  if (load_big_endian<std::int16_t>(at + 4) == 0) {
    if (!service_.takes_produce(load_big_endian<std::int16_t>(at + 6))) return progress::broken;
    begin_ += 4;
    skimmer_.begin(static_cast<std::size_t>(size));
    skimming_ = true;
    return progress::made;
  }
  if (whole > largest_small_request) return progress::broken;
  if (there() < whole) {
    if (buffer_.size() - begin_ < whole) buffer_.resize(begin_ + whole);
    return progress::needs_more;
  }
  auto answer = service_.answer({at + 4, static_cast<std::size_t>(size)});
  begin_ += whole;
  if (!answer) return progress::broken;
  answers_.push_back(std::move(*answer));
  return progress::made;
}

bool peer_connection::send() {
  while (!answers_.empty()) {
    std::array<iovec, 256> list;
    std::size_t count = 0;
    for (std::size_t i = 0; i < answers_.size() && count < list.size(); ++i)
      count += answers_[i].fill(std::span(list).subspan(count));
    msghdr message{};
    message.msg_iov = list.data();
    message.msg_iovlen = count;
    const ssize_t sent = ::sendmsg(fd(), &message, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return errno == EAGAIN;
    for (auto left = static_cast<std::size_t>(sent); !answers_.empty();) {
      left = answers_.front().advance(left);
      if (!answers_.front().sent()) break;
      answers_.pop_front();
    }
  }
  return true;
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
