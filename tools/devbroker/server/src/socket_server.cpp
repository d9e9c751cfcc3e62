// The dev broker behind real sockets: one epoll loop that moves bytes and time.
#include "ottla/mock/socket_server.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>
#include <mutex>
#include <vector>

#include "file_descriptor.hpp"
#include "listener.hpp"
#include "tls_end.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

constexpr std::size_t read_size = 256 << 10;
constexpr std::size_t encrypted_ahead = 256 << 10;  // that the socket has not taken yet
constexpr int reads_per_turn = 8;                   // of one connection, so that a firehose leaves room for the others
constexpr std::uint64_t wake_token = ~std::uint64_t{0};
constexpr std::uint64_t listener_bit = std::uint64_t{1} << 63;

instant read_clocks() {
  return {std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch()),
          std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())};
}

}  // namespace

class socket_server::loop {
 public:
  explicit loop(broker& serves)
      : broker_(serves), poll_(::epoll_create1(EPOLL_CLOEXEC)), wake_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    watch(wake_.get(), EPOLLIN, wake_token, EPOLL_CTL_ADD);
  }

  std::string listen(std::size_t node, const std::string& host, std::uint16_t port) {
    listener opened = open_listener(host, port);
    if (!opened.error.empty()) return opened.error;
    broker_.advertise(node, opened.host, opened.port);
    watch(opened.fd.get(), EPOLLIN, listener_bit | node, EPOLL_CTL_ADD);
    listeners_[node] = std::move(opened);
    return {};
  }

  std::string secure(const tls_files& files) {
    std::string why;
    tls_ = open_tls(files, why);
    return why;
  }

  std::uint16_t port(std::size_t node) const {
    const auto found = listeners_.find(node);
    return found == listeners_.end() ? std::uint16_t{0} : found->second.port;
  }

  void turn(std::chrono::milliseconds longest) {
    std::array<epoll_event, 64> events;
    const int count = ::epoll_wait(poll_.get(), events.data(), static_cast<int>(events.size()), patience(longest));
    const instant now = read_clocks();
    for (int i = 0; i < count; ++i) {
      const std::uint64_t token = events[static_cast<std::size_t>(i)].data.u64;
      if (token == wake_token) {
        run_posted(now);
      } else if ((token & listener_bit) != 0) {
        accept_all(static_cast<std::size_t>(token & ~listener_bit), now);
      } else {
        serve(connection_id{token}, events[static_cast<std::size_t>(i)].events, now);
      }
    }
    deadline_ = broker_.step(now);
    for (const connection_id id : broker_.take_ready()) flush(id);
  }

  void wake() {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(wake_.get(), &one, sizeof one);
  }

  void post(std::function<void(broker&, instant)> work) {
    {
      const std::lock_guard lock(mutex_);
      posted_.push_back(std::move(work));
    }
    wake();
  }

  std::atomic<bool> stopping{false};

 private:
  struct client {
    file_descriptor fd;
    std::uint32_t watched = 0;
    std::unique_ptr<tls_end> tls = nullptr;
  };

  int patience(std::chrono::milliseconds longest) const {
    if (deadline_ == never) return static_cast<int>(longest.count());
    // Rounded up: waking a moment too early would spin until the deadline.
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline_ - read_clocks().mono);
    const auto bounded = std::max(left, std::chrono::milliseconds(0));
    return static_cast<int>((longest.count() < 0 ? bounded : std::min(longest, bounded)).count());
  }

  void watch(int fd, std::uint32_t events, std::uint64_t token, int operation) {
    epoll_event event{};
    event.events = events;
    event.data.u64 = token;
    ::epoll_ctl(poll_.get(), operation, fd, &event);
  }

  void run_posted(instant now) {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto got = ::read(wake_.get(), &count, sizeof count);
    std::vector<std::function<void(broker&, instant)>> work;
    {
      const std::lock_guard lock(mutex_);
      work.swap(posted_);
    }
    for (const auto& each : work) each(broker_, now);
  }

  void accept_all(std::size_t node, instant now) {
    while (file_descriptor fd = accept_from(listeners_[node])) {
      const connection_id id = broker_.connect(node, now, {.host = address_of_peer(fd.get())});
      client& made = clients_[id];
      made.fd = std::move(fd);
      made.watched = EPOLLIN;
      if (tls_) made.tls = std::make_unique<tls_end>(tls_.get());
      watch(made.fd.get(), EPOLLIN, static_cast<std::uint64_t>(id), EPOLL_CTL_ADD);
    }
  }

  void serve(connection_id id, std::uint32_t events, instant now) {
    if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0 && !read_from(id, now)) return;
    // A peer that is gone for good while its requests wait: nothing will be read, and epoll would say so for ever.
    if ((events & (EPOLLHUP | EPOLLERR)) != 0 && !broker_.wants_input(id)) return drop(id);
    flush(id);
  }

  /// False if the client is gone.
  bool read_from(connection_id id, instant now) {
    const auto found = clients_.find(id);
    if (found == clients_.end()) return false;
    for (int i = 0; i < reads_per_turn && broker_.wants_input(id); ++i) {
      const ssize_t got = ::recv(found->second.fd.get(), buffer_.data(), buffer_.size(), 0);
      if (got < 0 && (errno == EAGAIN || errno == EINTR)) break;
      if (got <= 0) {
        drop(id);
        return false;
      }
      const auto bytes = std::span(buffer_).first(static_cast<std::size_t>(got));
      if (!take(found->second, id, bytes, now)) return false;
      if (static_cast<std::size_t>(got) < buffer_.size()) break;
    }
    return true;
  }

  /// False if the client is gone.
  bool take(client& from, connection_id id, std::span<const std::byte> bytes, instant now) {
    if (!from.tls) {
      broker_.receive(id, bytes, now);
      return true;
    }
    plain_.clear();
    const bool was_ready = from.tls->ready();
    const bool goes_on = from.tls->take(bytes, plain_);
    if (!was_ready && from.tls->ready()) broker_.identify(id, from.tls->client_subject());
    if (!plain_.empty()) broker_.receive(id, plain_, now);
    if (goes_on) return true;
    const auto alert = from.tls->pending();
    [[maybe_unused]] const auto sent = ::send(from.fd.get(), alert.data(), alert.size(), MSG_NOSIGNAL);
    drop(id);
    return false;
  }

  /// What the socket is to be given next; encrypted where that is asked for.
  std::span<const std::byte> outgoing(client& to, connection_id id) {
    const auto plain = broker_.output(id);
    if (!to.tls) return plain;
    if (!plain.empty() && to.tls->ready() && to.tls->pending().size() < encrypted_ahead) {
      const auto part = plain.first(std::min(plain.size(), encrypted_ahead));
      to.tls->give(part);
      take_out(id, part.size());
    }
    return to.tls->pending();
  }

  void take_out(connection_id id, std::size_t bytes) {
    broker_.consume_output(id, bytes);
    deadline_ = std::chrono::nanoseconds{};  // room may let the next request run: step again without waiting
  }

  void flush(connection_id id) {
    const auto found = clients_.find(id);
    if (found == clients_.end()) return;
    client& to = found->second;
    std::span<const std::byte> bytes;
    while (!(bytes = outgoing(to, id)).empty()) {
      const ssize_t sent = ::send(to.fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno == EINTR) continue;
      if (sent < 0 && errno == EAGAIN) break;
      if (sent < 0) return drop(id);
      to.tls ? to.tls->consume(static_cast<std::size_t>(sent)) : take_out(id, static_cast<std::size_t>(sent));
    }
    const bool drained = bytes.empty();
    if (drained && broker_.closed(id)) return drop(id);
    const std::uint32_t wanted = (broker_.wants_input(id) ? EPOLLIN : 0u) | (drained ? 0u : EPOLLOUT);
    if (wanted == to.watched) return;
    to.watched = wanted;
    watch(to.fd.get(), wanted, static_cast<std::uint64_t>(id), EPOLL_CTL_MOD);
  }

  void drop(connection_id id) {
    broker_.disconnect(id);
    clients_.erase(id);
  }

  broker& broker_;
  file_descriptor poll_;
  file_descriptor wake_;
  tls_context tls_;
  std::map<std::size_t, listener> listeners_;
  std::map<connection_id, client> clients_;
  std::chrono::nanoseconds deadline_{};  // the first step is due at once
  std::vector<std::byte> buffer_ = std::vector<std::byte>(read_size);
  std::vector<std::byte> plain_;
  std::mutex mutex_;
  std::vector<std::function<void(broker&, instant)>> posted_;
};

socket_server::socket_server(broker& serves) : loop_(std::make_unique<loop>(serves)) {}
socket_server::~socket_server() = default;
std::string socket_server::listen(std::size_t node, const std::string& host, std::uint16_t port) {
  return loop_->listen(node, host, port);
}
std::string socket_server::secure(const tls_files& files) { return loop_->secure(files); }
std::uint16_t socket_server::port(std::size_t node) const { return loop_->port(node); }
void socket_server::run() {
  while (!loop_->stopping.load(std::memory_order_relaxed)) loop_->turn(std::chrono::milliseconds(-1));
}
void socket_server::run_once(std::chrono::milliseconds longest) { loop_->turn(longest); }
void socket_server::stop() {
  loop_->stopping.store(true, std::memory_order_relaxed);
  loop_->wake();
}
void socket_server::post(std::function<void(broker&, instant)> work) { loop_->post(std::move(work)); }

}  // namespace mock
}  // namespace v0
}  // namespace ottla
