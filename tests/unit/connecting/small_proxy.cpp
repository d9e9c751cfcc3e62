// small_proxy: blocking sockets, two threads a connection.
#include "small_proxy.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <optional>
#include <string_view>

namespace ottla::test {
namespace {

using namespace std::string_literals;

/// Exactly so many bytes; fewer at the end of the stream.
std::string take(int from, std::size_t size) {
  std::string out(size, '\0');
  const ssize_t got = ::recv(from, out.data(), size, MSG_WAITALL);
  out.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return out;
}

std::size_t number(const std::string& bytes) {
  std::size_t out = 0;
  for (const char c : bytes) out = out << 8 | static_cast<unsigned char>(c);
  return out;
}

std::string take_counted(int from) { return take(from, number(take(from, 1))); }

void say(int to, std::string_view text) {
  [[maybe_unused]] const auto sent = ::send(to, text.data(), text.size(), MSG_NOSIGNAL);
}

void copy(int from, int to) {
  std::array<char, 65536> buffer;
  for (ssize_t got; (got = ::recv(from, buffer.data(), buffer.size(), 0)) > 0;) {
    for (ssize_t done = 0; done < got;) {
      const ssize_t sent = ::send(to, buffer.data() + done, static_cast<std::size_t>(got - done), MSG_NOSIGNAL);
      if (sent <= 0) break;
      done += sent;
    }
  }
  ::shutdown(to, SHUT_WR);
}

}  // namespace

small_proxy::small_proxy(wish how) : how_(std::move(how)), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  ::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&at), size);
  ::listen(listener_.get(), 16);
  ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&at), &size);
  port_ = ntohs(at.sin_port);
  accepting_ = std::thread([this] { accept_all(); });
}

small_proxy::~small_proxy() {
  ::shutdown(listener_.get(), SHUT_RDWR);
  accepting_.join();  // no new ones from here on
  {
    const std::lock_guard lock(mutex_);
    for (const int fd : open_) ::shutdown(fd, SHUT_RDWR);
  }
  for (std::thread& one : serving_) one.join();
  for (const int fd : open_) ::close(fd);
}

std::vector<std::string> small_proxy::asked() {
  const std::lock_guard lock(mutex_);
  return asked_;
}

void small_proxy::accept_all() {
  for (int client; (client = ::accept(listener_.get(), nullptr, nullptr)) >= 0;) {
    ++accepted_;
    {
      const std::lock_guard lock(mutex_);
      open_.push_back(client);
    }
    serving_.emplace_back([this, client] { serve(client); });
  }
}

void small_proxy::serve(int client) {
  char first = 0;
  if (::recv(client, &first, 1, MSG_PEEK) != 1) return;
  const int broker = first == 5 ? socks5(client) : http(client);
  if (broker < 0) {
    ::shutdown(client, SHUT_RDWR);
    return;
  }
  std::thread back([=] { copy(broker, client); });
  copy(client, broker);
  back.join();
}

int small_proxy::reach(const std::string& host, std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  {
    const std::lock_guard lock(mutex_);
    asked_.push_back(host + ":" + std::to_string(port));
    open_.push_back(fd);
  }
  const auto known = how_.names.find(host);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  if (::inet_pton(AF_INET, (known == how_.names.end() ? host : known->second).c_str(), &to.sin_addr) != 1) return -1;
  return ::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0 ? fd : -1;
}

int small_proxy::socks5(int client) {
  take(client, 1);
  const std::string methods = take_counted(client);
  const char wanted = how_.user.empty() ? 0 : 2;
  if (methods.find(wanted) == std::string::npos) return say(client, "\x05\xff"s), -1;
  say(client, "\x05"s + wanted);
  if (wanted == 2) {
    take(client, 1);
    const std::string user = take_counted(client);
    const bool right = take_counted(client) == how_.password && user == how_.user;
    say(client, right ? "\x01\x00"s : "\x01\x01"s);
    if (!right) return -1;
  }
  const std::string question = take(client, 4);
  std::string host;
  if (question.size() == 4 && question[3] == 3) {
    host = take_counted(client);
  } else {
    const std::string address = take(client, 4);
    for (const char c : address) host += (host.empty() ? "" : ".") + std::to_string(static_cast<unsigned char>(c));
  }
  const int broker = reach(host, static_cast<std::uint16_t>(number(take(client, 2))));
  say(client, (broker < 0 ? "\x05\x05"s : "\x05\x00"s) + "\x00\x01\x00\x00\x00\x00\x00\x00"s);
  return broker;
}

int small_proxy::http(int client) {
  std::string head;
  while (!head.ends_with("\r\n\r\n")) {
    const std::string next = take(client, 1);
    if (next.empty()) return -1;
    head += next;
  }
  // "me:secret", which is all that the tests say.
  if (!how_.user.empty() && head.find("Proxy-Authorization: Basic bWU6c2VjcmV0\r\n") == std::string::npos)
    return say(client, "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"), -1;
  const std::string to = head.substr(8, head.find(' ', 8) - 8);
  const std::size_t colon = to.rfind(':');
  const int broker = reach(to.substr(0, colon), static_cast<std::uint16_t>(std::stoi(to.substr(colon + 1))));
  say(client, broker < 0 ? "HTTP/1.1 502 Bad Gateway\r\n\r\n" : "HTTP/1.1 200 Connection established\r\n\r\n");
  return broker;
}

}  // namespace ottla::test
