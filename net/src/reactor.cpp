// reactor: sockets, epoll, eventfd, timerfd.
#include "reactor.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <climits>
#include <cstring>

#include "ottla/net/address.hpp"

namespace ottla {
inline namespace v0 {
namespace {

constexpr std::uint64_t wake_tag = ~std::uint64_t{0};
constexpr std::uint64_t timer_tag = wake_tag - 1;
constexpr std::size_t max_iov = 64;

void ring(int fd) {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(fd, &one, sizeof one);
}
void drain(int fd) {
  std::uint64_t count;
  [[maybe_unused]] const auto got = ::read(fd, &count, sizeof count);
}

// Nanoseconds where the kernel has epoll_pwait2 (5.11), else whole milliseconds, rounded up so that nobody spins
// towards a deadline.
int wait_for(int epoll, std::span<epoll_event> ready, std::chrono::nanoseconds wait) {
  static std::atomic<bool> precise{true};
  const std::int64_t ns = std::clamp<std::int64_t>(wait.count(), 0, std::int64_t{3600} * 1'000'000'000);
  if (precise.load(std::memory_order_relaxed)) {
    timespec limit{};
    limit.tv_sec = static_cast<time_t>(ns / 1'000'000'000);
    limit.tv_nsec = static_cast<long>(ns % 1'000'000'000);
    const int count = ::epoll_pwait2(epoll, ready.data(), static_cast<int>(ready.size()), &limit, nullptr);
    if (count >= 0 || errno != ENOSYS) return count;
    precise.store(false, std::memory_order_relaxed);
  }
  return ::epoll_wait(epoll, ready.data(), static_cast<int>(ready.size()),
                      static_cast<int>((ns + 999'999) / 1'000'000));
}

socklen_t to_sockaddr(const ip_address& address, sockaddr_storage& out) {
  out = {};
  if (!address.name.empty()) {
    sockaddr_un local{};
    const std::string_view path = unix_path(address.name);
    local.sun_family = AF_UNIX;
    std::memcpy(local.sun_path, path.data(), std::min(path.size(), sizeof local.sun_path - 1));
    std::memcpy(&out, &local, sizeof local);
    return sizeof local;
  }
  if (address.v6) {
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(address.port);
    v6.sin6_scope_id = address.scope;
    std::memcpy(&v6.sin6_addr, address.bytes.data(), 16);
    std::memcpy(&out, &v6, sizeof v6);
    return sizeof v6;
  }
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(address.port);
  std::memcpy(&v4.sin_addr, address.bytes.data(), 4);
  std::memcpy(&out, &v4, sizeof v4);
  return sizeof v4;
}

// Of a Unix socket, or of what a connector opened, both options may mean nothing.
void set_options(int fd) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
}

}  // namespace

unique_fd::~unique_fd() {
  if (fd_ >= 0) ::close(fd_);
}

reactor::reactor(connector outside, std::chrono::nanoseconds patience)
    : epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      wake_fd_(std::make_shared<unique_fd>(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC))),
      timer_fd_(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)),
      outside_(std::move(outside)),
      patience_(patience),
      opened_([fd = wake_fd_] { ring(fd->get()); }),
      resolver_([fd = wake_fd_] { ring(fd->get()); }) {
  epoll_event ask{};
  ask.events = EPOLLIN;
  ask.data.u64 = wake_tag;
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wake_fd_->get(), &ask);
  ask.data.u64 = timer_tag;
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, timer_fd_.get(), &ask);
}

void reactor::wake() { ring(wake_fd_->get()); }

void reactor::arm(std::chrono::nanoseconds from_now) {
  itimerspec when{};
  const auto ns = std::max<std::int64_t>(from_now.count(), 1);
  when.it_value.tv_sec = static_cast<time_t>(ns / 1'000'000'000);
  when.it_value.tv_nsec = static_cast<long>(ns % 1'000'000'000);
  ::timerfd_settime(timer_fd_.get(), 0, &when, nullptr);
}

void reactor::poll(std::chrono::nanoseconds wait, std::vector<io_event>& events) {
  for (link_id link : std::exchange(due_, {})) {
    if (slot* at = find(link)) deliver(link, *at, events);
  }
  if (!events.empty()) wait = std::chrono::nanoseconds(0);
  std::array<epoll_event, 64> ready;
  const int count = wait_for(epoll_.get(), ready, wait);
  for (int i = 0; i < count; ++i) {
    const std::uint64_t tag = ready[static_cast<std::size_t>(i)].data.u64;
    if (tag == wake_tag) {
      drain(wake_fd_->get());
    } else if (tag == timer_tag) {
      drain(timer_fd_.get());
    } else {
      on_ready({static_cast<std::uint32_t>(tag), static_cast<std::uint32_t>(tag >> 32)},
               ready[static_cast<std::size_t>(i)].events, events);
    }
  }
  take_opened(events);
  for (lookup_id lookup : resolver_.take_answered()) events.push_back({io_kind::resolved, {}, lookup, 0});
}

void reactor::on_ready(link_id link, std::uint32_t what, std::vector<io_event>& events) {
  slot* known = find(link);
  if (known == nullptr || known->fd.get() < 0) return;
  slot& at = *known;
  if (at.connecting) {
    int failed = 0;
    socklen_t size = sizeof failed;
    ::getsockopt(at.fd.get(), SOL_SOCKET, SO_ERROR, &failed, &size);
    if (failed == 0 && (what & EPOLLOUT) == 0) return;
    at.connecting = false;
    if (failed != 0) {
      events.push_back({io_kind::closed, link, lookup_id::none, failed});
      return;
    }
    events.push_back({io_kind::connected, link, lookup_id::none, 0});
  }
  at.can_read = at.can_read || (what & EPOLLIN) != 0;
  at.can_write = at.can_write || (what & EPOLLOUT) != 0;
  at.hung_up = at.hung_up || (what & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
  deliver(link, at, events);
}

void reactor::deliver(link_id link, slot& at, std::vector<io_event>& events) {
  if (at.failed != 0) {
    events.push_back({io_kind::closed, link, lookup_id::none, std::exchange(at.failed, 0)});
    return;
  }
  if (at.wants_read && (at.can_read || at.hung_up)) {
    at.wants_read = at.can_read = false;
    events.push_back({io_kind::readable, link, lookup_id::none, 0});
  }
  if (at.wants_write && (at.can_write || at.hung_up)) {
    at.wants_write = at.can_write = false;
    events.push_back({io_kind::writable, link, lookup_id::none, 0});
  }
}

lookup_id reactor::resolve(std::string_view host, std::uint16_t port) {
  lookup_id id{};
  if (is_unix_socket(host) || (outside_.open && !outside_.resolve)) {
    ip_address named;
    named.name = host;
    named.port = port;
    id = resolver_.start_known(std::move(named));
  } else if (outside_.resolve) {
    auto [expected, answer] = resolver_.start_elsewhere(port);
    id = expected;
    unasked_.push_back({{std::string(host), port, patience_}, std::move(answer), {}});
  } else {
    id = resolver_.start(host, port);
  }
  wake();  // an address is answered at once: the next poll tells it
  return id;
}

lookup_id reactor::resolve_canonical(std::string_view host, std::uint16_t port) {
  if (is_unix_socket(host) || outside_.open || outside_.resolve) return resolve(host, port);
  return resolver_.start(host, port, true);
}

// The program's code does not run inside a step: what it is to be asked waits for the step's end.
void reactor::ask_connector() {
  while (!unasked_.empty()) {
    question one = std::move(unasked_.front());
    unasked_.pop_front();  // it may throw: that try has failed then, and the next turn asks the others
    if (one.names) {
      outside_.resolve(one.what, std::move(*one.names));
    } else if (find(one.link) != nullptr) {
      outside_.open(one.what, opened_.expect(one.link));
    }
  }
}

void reactor::take_opened(std::vector<io_event>& events) {
  for (opened_streams::arrival& one : opened_.take()) {
    slot* at = find(one.link);
    if (at == nullptr) continue;
    at->connecting = false;
    at->refusal = std::move(one.refusal);
    if (one.stream.get() < 0) {
      events.push_back({io_kind::closed, one.link, lookup_id::none, 0});
      continue;
    }
    at->fd = std::move(one.stream);
    set_options(at->fd.get());
    watch(one.link, *at);
    events.push_back({io_kind::connected, one.link, lookup_id::none, 0});
  }
}

std::uint32_t reactor::free_slot() {
  if (free_.empty()) {
    slots_.emplace_back();
    return static_cast<std::uint32_t>(slots_.size() - 1);
  }
  const std::uint32_t index = free_.back();
  free_.pop_back();
  return index;
}

link_id reactor::open(const ip_address& address) {
  const std::uint32_t index = free_slot();
  slot& at = slots_[index];
  const std::uint32_t generation = at.generation + 1 == 0 ? 1 : at.generation + 1;
  at = slot();
  at.generation = generation;
  const link_id link{index, generation};
  at.connecting = true;
  if (outside_.open) {
    unasked_.push_back({{host_of(address), address.port, patience_}, std::nullopt, link});
  } else {
    connect(link, at, address);
  }
  return link;
}

void reactor::connect(link_id link, slot& at, const ip_address& address) {
  sockaddr_storage to;
  const socklen_t size = to_sockaddr(address, to);
  at.fd = unique_fd(::socket(to.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (at.fd.get() >= 0) {
    set_options(at.fd.get());
    if (::connect(at.fd.get(), reinterpret_cast<const sockaddr*>(&to), size) == 0 || errno == EINPROGRESS)
      return watch(link, at);
  }
  at.failed = errno;
  due_.push_back(link);
}

void reactor::watch(link_id link, const slot& at) {
  epoll_event ask{};
  ask.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  ask.data.u64 = std::uint64_t{link.generation} << 32 | link.slot;
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, at.fd.get(), &ask);
}

std::string reactor::refusal(link_id link) const {
  const bool known = link.slot < slots_.size() && slots_[link.slot].generation == link.generation;
  return known ? slots_[link.slot].refusal : std::string();
}

reactor::slot* reactor::find(link_id link) {
  if (link.slot >= slots_.size() || slots_[link.slot].generation != link.generation) return nullptr;
  return &slots_[link.slot];
}

io_result reactor::write(link_id link, std::span<const bytes_view> pieces) {
  slot* at = find(link);
  if (at == nullptr) return {io_status::closed, 0, EBADF};
  std::array<iovec, max_iov> list;
  const std::size_t count = std::min(pieces.size(), list.size());
  for (std::size_t i = 0; i < count; ++i) list[i] = {const_cast<std::byte*>(pieces[i].data()), pieces[i].size()};
  msghdr message{};
  message.msg_iov = list.data();
  message.msg_iovlen = count;
  ssize_t sent;
  do {
    sent = ::sendmsg(at->fd.get(), &message, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  if (sent >= 0) return {io_status::ok, static_cast<std::size_t>(sent), 0};
  if (errno == EAGAIN || errno == EWOULDBLOCK) {
    at->can_write = false;
    return {io_status::would_block, 0, 0};
  }
  return {io_status::closed, 0, errno};
}

io_result reactor::read(link_id link, std::span<const std::span<std::byte>> pieces) {
  slot* at = find(link);
  if (at == nullptr) return {io_status::closed, 0, EBADF};
  std::array<iovec, max_iov> list;
  const std::size_t count = std::min(pieces.size(), list.size());
  for (std::size_t i = 0; i < count; ++i) list[i] = {pieces[i].data(), pieces[i].size()};
  ssize_t got;
  do {
    got = ::readv(at->fd.get(), list.data(), static_cast<int>(count));
  } while (got < 0 && errno == EINTR);
  if (got > 0) return {io_status::ok, static_cast<std::size_t>(got), 0};
  if (got == 0) return {io_status::closed, 0, 0};
  if (errno == EAGAIN || errno == EWOULDBLOCK) {
    at->can_read = false;
    return {io_status::would_block, 0, 0};
  }
  return {io_status::closed, 0, errno};
}

void reactor::want(link_id link, interest what) {
  slot* at = find(link);
  if (at == nullptr) return;
  (what == interest::read ? at->wants_read : at->wants_write) = true;
  const bool ready = what == interest::read ? at->can_read || at->hung_up : at->can_write || at->hung_up;
  if (ready && !at->connecting) due_.push_back(link);
}

void reactor::close(link_id link) {
  slot* at = find(link);
  if (at == nullptr) return;
  const std::uint32_t generation = at->generation + 1;
  if (at->connecting && at->fd.get() < 0) opened_.forget(link);
  // A forked child may hold the socket too: closing our descriptor alone would leave it registered.
  if (at->fd.get() >= 0) ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, at->fd.get(), nullptr);
  *at = slot();
  at->generation = generation;
  free_.push_back(link.slot);
}

}  // namespace v0
}  // namespace ottla
