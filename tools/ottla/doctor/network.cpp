// getaddrinfo with a deadline, and a non-blocking connect with one.
#include "doctor/network.hpp"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <future>
#include <thread>

namespace ottla_tool::doctor {
namespace {

using clock = std::chrono::steady_clock;

resolution look_up(const std::string& host, const std::string& port) {
  resolution out;
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (const int status = getaddrinfo(host.c_str(), port.c_str(), &wanted, &found); status != 0) {
    out.failure = status == EAI_SYSTEM ? std::strerror(errno) : gai_strerror(status);
    return out;
  }
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    endpoint& added = out.endpoints.emplace_back();
    std::memcpy(&added.address, one->ai_addr, one->ai_addrlen);
    added.length = one->ai_addrlen;
    char text[NI_MAXHOST] = "?";
    (void)getnameinfo(one->ai_addr, one->ai_addrlen, text, sizeof text, nullptr, 0, NI_NUMERICHOST);
    added.text = text;
  }
  freeaddrinfo(found);
  return out;
}

class descriptor {
 public:
  explicit descriptor(int fd) : fd_(fd) {}
  ~descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

std::string connect_within(const endpoint& to, patience within) {
  const descriptor link(::socket(to.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (link.get() < 0) return std::strerror(errno);
  if (::connect(link.get(), reinterpret_cast<const sockaddr*>(&to.address), to.length) == 0) return {};
  if (errno != EINPROGRESS) return std::strerror(errno);
  const auto deadline = clock::now() + within;
  pollfd waiting{link.get(), POLLOUT, 0};
  int ready = 0;
  do {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - clock::now());
    ready = left.count() > 0 ? ::poll(&waiting, 1, static_cast<int>(left.count())) : 0;
  } while (ready < 0 && errno == EINTR);
  if (ready < 0) return std::strerror(errno);
  if (ready == 0) return "no answer within " + duration_text(within);
  int status = 0;
  socklen_t size = sizeof status;
  if (::getsockopt(link.get(), SOL_SOCKET, SO_ERROR, &status, &size) != 0) return std::strerror(errno);
  return status == 0 ? std::string() : std::strerror(status);
}

}  // namespace

resolution resolve(const std::string& host, std::uint16_t port, patience within) {
  const auto begun = clock::now();
  std::promise<resolution> made;
  std::future<resolution> coming = made.get_future();
  std::thread([made = std::move(made), host, port]() mutable {
    made.set_value(look_up(host, std::to_string(port)));
  }).detach();
  resolution out;
  if (coming.wait_for(within) == std::future_status::ready) {
    out = coming.get();
  } else {
    out.failure = "no answer within " + duration_text(within);
  }
  out.took = clock::now() - begun;
  return out;
}

connection_try try_connect(const endpoint& to, patience within) {
  const auto begun = clock::now();
  connection_try out;
  out.failure = connect_within(to, within);
  out.took = clock::now() - begun;
  return out;
}

}  // namespace ottla_tool::doctor
