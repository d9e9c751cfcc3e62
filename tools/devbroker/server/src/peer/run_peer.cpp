// `ottla bench peer`: the stand-in's loop.
#include "ottla/mock/run_peer.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <array>
#include <cstdio>
#include <map>

#include "listener.hpp"
#include "ottla/mock/address_text.hpp"
#include "peer/peer_connection.hpp"
#include "signals.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

int complain(int status, const std::string& sentence) {
  std::fprintf(stderr, "ottla bench peer: %s\n", sentence.c_str());
  return status;
}

std::string why_impossible(const run_peer_options& o) {
  if (o.partitions < 1 || o.partitions > 10'000) return "--partitions must be from 1 to 10000.";
  if (o.batch_bytes > (std::size_t{64} << 20)) return "--batch-bytes must not be above 67108864.";
  if (o.record_bytes > (std::size_t{64} << 20)) return "--size must not be above 67108864.";
  if (o.max_produce_version < 3 || o.max_produce_version > 13) return "--max-produce-version must be from 3 to 13.";
  if (o.max_fetch_version < 4 || o.max_fetch_version > 18) return "--max-fetch-version must be from 4 to 18.";
  return {};
}

class peer_loop {
 public:
  peer_loop(const run_peer_options& options, listener at)
      : listener_(std::move(at)), service_(options, listener_.host, listener_.port) {
    watch(listener_.fd.get(), EPOLLIN, EPOLL_CTL_ADD);
    watch(wake_.get(), EPOLLIN, EPOLL_CTL_ADD);
  }

  void run() {
    while (!stopping_) {
      std::array<epoll_event, 64> events;
      const int count = ::epoll_wait(poll_.get(), events.data(), static_cast<int>(events.size()), -1);
      for (int i = 0; i < count; ++i) serve(events[static_cast<std::size_t>(i)]);
    }
  }

  void stop() {
    stopping_ = 1;
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(wake_.get(), &one, sizeof one);
  }

 private:
  struct client {
    peer_connection link;
    std::uint32_t watched = EPOLLIN;
  };

  void watch(int fd, std::uint32_t events, int operation) {
    epoll_event event{};
    event.events = events;
    event.data.fd = fd;
    ::epoll_ctl(poll_.get(), operation, fd, &event);
  }

  void serve(const epoll_event& event) {
    if (event.data.fd == wake_.get()) return;
    if (event.data.fd == listener_.fd.get()) {
      while (file_descriptor fd = accept_from(listener_)) {
        const int number = fd.get();
        clients_.try_emplace(number, client{peer_connection(std::move(fd), service_)});
        watch(number, EPOLLIN, EPOLL_CTL_ADD);
      }
      return;
    }
    const auto found = clients_.find(event.data.fd);
    if (found == clients_.end()) return;
    peer_connection& link = found->second.link;
    const bool gone = (event.events & (EPOLLHUP | EPOLLERR)) != 0 && !link.wants_to_read();
    const bool readable = (event.events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0;
    if (gone || (readable && !link.read()) || !link.send()) {
      clients_.erase(found);
      return;
    }
    const std::uint32_t wanted = (link.wants_to_read() ? EPOLLIN : 0u) | (link.wants_to_send() ? EPOLLOUT : 0u);
    if (wanted != found->second.watched) watch(link.fd(), wanted, EPOLL_CTL_MOD);
    found->second.watched = wanted;
  }

  listener listener_;
  peer_service service_;
  file_descriptor poll_{::epoll_create1(EPOLL_CLOEXEC)};
  file_descriptor wake_{::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
  std::map<int, client> clients_;
  volatile std::sig_atomic_t stopping_ = 0;
};

}  // namespace

int run_peer(const run_peer_options& options) {
  if (const std::string why = why_impossible(options); !why.empty()) return complain(2, why);
  listener at = open_listener(options.listen_host, options.listen_port);
  if (!at.error.empty()) return complain(1, at.error + ".");
  const std::string ready = "ready " + address_text(at.host, at.port);
  peer_loop loop(options, std::move(at));
  const stop_on_signals signals([&] { loop.stop(); });
  std::printf("%s\n", ready.c_str());
  std::fflush(stdout);
  loop.run();
  return 0;
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
