// Opens a listening socket, of TCP or a Unix socket.
#include "listener.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "ottla/mock/address_text.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

constexpr int backlog = 512;

std::uint16_t bound_port(int fd) {
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &size) != 0) return 0;
  return ntohs(bound.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6*>(&bound)->sin6_port
                                           : reinterpret_cast<const sockaddr_in*>(&bound)->sin_port);
}

/// A socket's file without a server behind it.
bool left_behind(const sockaddr_un& at) {
  struct stat what {};
  if (::lstat(at.sun_path, &what) != 0 || !S_ISSOCK(what.st_mode)) return false;
  const file_descriptor probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  return ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0 && errno == ECONNREFUSED;
}

listener open_unix_listener(const std::string& host) {
  listener out;
  out.host = host;
  const std::string path = host.substr(host.find('/'));
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  if (path.size() >= sizeof at.sun_path) {
    out.error =
        "cannot listen on " + host + ": the path is longer than " + std::to_string(sizeof at.sun_path - 1) + " bytes";
    return out;
  }
  std::memcpy(at.sun_path, path.data(), path.size());
  if (left_behind(at)) ::unlink(at.sun_path);
  file_descriptor fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd || ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0) {
    out.error = "cannot listen on " + host + ": " + std::strerror(errno);
    return out;
  }
  out.file = socket_file(path);
  if (::listen(fd.get(), backlog) != 0) out.error = "cannot listen on " + host + ": " + std::strerror(errno);
  out.fd = std::move(fd);
  return out;
}

}  // namespace

socket_file::~socket_file() {
  if (!path_.empty()) ::unlink(path_.c_str());
}

listener open_listener(const std::string& host, std::uint16_t port) {
  if (is_unix_socket(host)) return open_unix_listener(host);
  listener out;
  const bool wildcard = host.empty() || host == "0.0.0.0" || host == "::" || host == "*";
  out.host = wildcard ? "127.0.0.1" : host;
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  const char* node = host.empty() || host == "*" ? "0.0.0.0" : host.c_str();
  const int lookup = ::getaddrinfo(node, std::to_string(port).c_str(), &hints, &found);
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owned(found, [](addrinfo* list) {
    if (list != nullptr) ::freeaddrinfo(list);
  });
  const std::string where = address_text(host, port);
  if (lookup != 0) {
    out.error = "cannot listen on " + where + ": " + ::gai_strerror(lookup);
    return out;
  }
  for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
    file_descriptor fd(::socket(at->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd) continue;
    const int on = 1;
    ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (::bind(fd.get(), at->ai_addr, at->ai_addrlen) != 0 || ::listen(fd.get(), backlog) != 0) continue;
    out.port = bound_port(fd.get());
    out.fd = std::move(fd);
    return out;
  }
  out.error = "cannot listen on " + where + ": " + std::strerror(errno);
  return out;
}

file_descriptor accept_from(const listener& at) {
  file_descriptor fd(::accept4(at.fd.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  const int on = 1;
  if (fd) ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

std::string address_of_peer(int fd) {
  sockaddr_storage peer{};
  socklen_t size = sizeof peer;
  char text[NI_MAXHOST] = {};
  if (::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) != 0) return {};
  if (peer.ss_family == AF_UNIX) return "127.0.0.1";  // from this machine
  const int failed =
      ::getnameinfo(reinterpret_cast<const sockaddr*>(&peer), size, text, sizeof text, nullptr, 0, NI_NUMERICHOST);
  return failed == 0 ? text : std::string();
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
