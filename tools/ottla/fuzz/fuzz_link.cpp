// Sockets that never block: poll says when, the deadline says how long.
#include "fuzz_link.hpp"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace ottla::fuzz {

namespace {

constexpr std::size_t largest_frame = std::size_t{64} << 20;
constexpr std::size_t piece = std::size_t{1} << 16;

bool is_loopback(const addrinfo& one) {
  if (one.ai_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, one.ai_addr, sizeof v4);
    return ntohl(v4.sin_addr.s_addr) >> 24 == 127;
  }
  sockaddr_in6 v6{};
  std::memcpy(&v6, one.ai_addr, sizeof v6);
  return IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr);
}

}  // namespace

std::vector<endpoint> resolve(std::string_view host_and_port, std::string& why) {
  const std::size_t colon = host_and_port.rfind(':');
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == host_and_port.size()) {
    why = "'" + std::string{host_and_port} + "' is not HOST:PORT";
    return {};
  }
  std::string host{host_and_port.substr(0, colon)};
  const std::string port{host_and_port.substr(colon + 1)};
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error = getaddrinfo(host.c_str(), port.c_str(), &hints, &found); error != 0) {
    why = "'" + std::string{host_and_port} + "': " + gai_strerror(error);
    return {};
  }
  std::vector<endpoint> out;
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    if (one->ai_family != AF_INET && one->ai_family != AF_INET6) continue;
    endpoint to;
    std::memcpy(&to.address, one->ai_addr, one->ai_addrlen);
    to.size = one->ai_addrlen;
    to.loopback = is_loopback(*one);
    out.push_back(to);
  }
  freeaddrinfo(found);
  if (out.empty()) why = "'" + std::string{host_and_port} + "' has no address";
  return out;
}

fuzz_link::fuzz_link(const endpoint& to, moment deadline)
    : descriptor_{socket(to.address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)} {
  if (descriptor_ < 0) return;
  const int on = 1;
  (void)setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  int error = 0;
  if (connect(descriptor_, reinterpret_cast<const sockaddr*>(&to.address), to.size) != 0) {
    error = errno;
    socklen_t size = sizeof error;
    if (error == EINPROGRESS) {
      if (!wait(POLLOUT, deadline) || getsockopt(descriptor_, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
        error = ETIMEDOUT;
    }
  }
  if (error == 0) return;
  close(descriptor_);
  descriptor_ = -1;
}

fuzz_link::~fuzz_link() {
  if (descriptor_ < 0) return;
  // A reset instead of a lingering end: thousands of these would use up the ports.
  const linger now{1, 0};
  (void)setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  close(descriptor_);
}

bool fuzz_link::wait(short events, moment deadline) const {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
    pollfd one{descriptor_, events, 0};
    const int ready = poll(&one, 1, static_cast<int>(std::clamp<std::int64_t>(left, 0, 1'000'000)));
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

bool fuzz_link::send(std::span<const std::byte> bytes, moment deadline) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0) bytes = bytes.subspan(static_cast<std::size_t>(sent));
    if (sent >= 0 || errno == EINTR) continue;
    if (errno != EAGAIN || !wait(POLLOUT, deadline)) return false;
  }
  return true;
}

received fuzz_link::read_exactly(std::span<std::byte> into, moment deadline) {
  while (!into.empty()) {
    const ssize_t got = recv(descriptor_, into.data(), into.size(), 0);
    if (got == 0) return received::closed;
    if (got > 0) {
      into = into.subspan(static_cast<std::size_t>(got));
      continue;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return received::closed;
    if (!wait(POLLIN, deadline)) return received::nothing;
  }
  return received::frame;
}

received fuzz_link::receive(std::vector<std::byte>& frame, moment deadline) {
  std::byte size_field[4];
  if (const received got = read_exactly(size_field, deadline); got != received::frame) return got;
  std::size_t size = 0;
  for (const std::byte one : size_field) size = size << 8 | std::to_integer<std::size_t>(one);
  if (size > largest_frame) return received::closed;
  frame.clear();
  while (frame.size() < size) {
    const std::size_t before = frame.size();
    frame.resize(std::min(size, before + piece));
    if (const received got = read_exactly(std::span(frame).subspan(before), deadline); got != received::frame)
      return got;
  }
  return received::frame;
}

}  // namespace ottla::fuzz
