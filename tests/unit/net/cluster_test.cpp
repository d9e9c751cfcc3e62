// cluster on the reactor host: threads, forks, nested loops, and ends that come in any order. The peer is a socket that
// accepts and is silent.
#include "ottla/cluster.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <future>
#include <optional>
#include <thread>

#include "ottla/protocol/describe_cluster.hpp"
#include "reactor.hpp"

namespace ottla {
namespace {

using namespace std::chrono_literals;
using protocol::DescribeClusterRequest;

/// Listens; the kernel accepts, nobody answers.
class silent_listener {
 public:
  silent_listener() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    EXPECT_EQ(::bind(fd_.get(), reinterpret_cast<sockaddr*>(&at), size), 0);
    EXPECT_EQ(::listen(fd_.get(), 16), 0);
    EXPECT_EQ(::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&at), &size), 0);
    port_ = ntohs(at.sin_port);
  }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  int fd() const { return fd_.get(); }

 private:
  unique_fd fd_;
  std::uint16_t port_ = 0;
};

cluster open(const std::string& bootstrap, threading mode = threading::own_thread) {
  cluster_config config;
  config.bootstrap = bootstrap;
  config.thread = mode;
  auto made = cluster::open(config);
  EXPECT_TRUE(made) << made.error().message();
  return std::move(*made);
}

TEST(cluster_opening, tells_a_bad_configuration_by_the_setting) {
  cluster_config config;
  config.bootstrap = "a:b:c";
  EXPECT_TRUE(cluster::open(config).error().is(client_code::invalid_config));
  config = {};
  config.request_timeout = 0ms;
  EXPECT_EQ(cluster::open(config).error().message(),
            "request_timeout failed with INVALID_CONFIG: must be at least 1 ms");
  config = {};
  config.retry_backoff = 2s;
  EXPECT_EQ(cluster::open(config).error().context().asked, "retry_backoff");
}

TEST(cluster_blocking, on_its_own_thread_says_would_deadlock_at_once) {
  cluster own = open("127.0.0.1:1");
  std::promise<client_code> said;
  own.state()->post([&] {
    own.state()->machine().done().push(
        [&] { said.set_value(own.call(route{}, DescribeClusterRequest{}, 10s).error().client()); });
  });
  EXPECT_EQ(said.get_future().get(), client_code::would_deadlock);
}

TEST(cluster_blocking, ends_at_its_deadline_though_the_peer_is_silent) {
  silent_listener peer;
  cluster own = open(peer.address());
  const auto before = std::chrono::steady_clock::now();
  const auto late = own.call(route{}, DescribeClusterRequest{}, 100ms);
  ASSERT_FALSE(late);
  EXPECT_TRUE(late.error().retriable());
  EXPECT_LT(std::chrono::steady_clock::now() - before, 5s);
}

TEST(cluster_closing, ends_calls_that_wait_on_other_threads) {
  silent_listener peer;
  cluster own = open(peer.address());
  std::vector<std::thread> callers;
  std::atomic<int> closed{0};
  for (int i = 0; i < 4; ++i) {
    callers.emplace_back([&] {
      if (own.call(route{}, DescribeClusterRequest{}, 60s).error().is(client_code::closed)) ++closed;
    });
  }
  pollfd arrived{peer.fd(), POLLIN, 0};
  ASSERT_EQ(::poll(&arrived, 1, 10'000), 1);
  own.close();
  for (auto& one : callers) one.join();
  EXPECT_EQ(closed, 4);
  EXPECT_TRUE(own.call(route{}, DescribeClusterRequest{}, 60s).error().is(client_code::closed));
}

TEST(cluster_closing, in_a_handler_ends_the_thread_behind_it) {
  cluster own = open("127.0.0.1:1");
  std::promise<void> closed;
  own.state()->post([&] {
    own.state()->machine().done().push([&] {
      own.close();
      closed.set_value();
    });
  });
  closed.get_future().get();
  EXPECT_TRUE(own.call(route{}, DescribeClusterRequest{}, 60s).error().is(client_code::closed));
  const auto bound = std::chrono::steady_clock::now() + 10s;
  while (own.state()->post([] {}) && std::chrono::steady_clock::now() < bound) std::this_thread::yield();
  EXPECT_FALSE(own.state()->post([] {}));
}

TEST(cluster_closing, the_last_handle_may_go_in_a_handler) {
  for (int i = 0; i < 20; ++i) {
    auto own = std::make_unique<cluster>(open("127.0.0.1:1"));
    std::weak_ptr<cluster_state> state = own->state();
    std::promise<void> posted, gone;
    cluster_state& raw = *own->state();
    raw.post([&] {
      raw.machine().done().push([&] {
        posted.get_future().get();  // nobody else uses it any more
        own.reset();
        gone.set_value();
      });
    });
    posted.set_value();
    gone.get_future().get();
    EXPECT_TRUE(state.expired());
  }
}

TEST(cluster_closing, does_not_wait_for_a_name_server) {
  // A name that takes long or fails, as it likes: the thread that asks for it is left behind.
  const auto before = std::chrono::steady_clock::now();
  {
    cluster own = open("a-name-that-no-resolver-knows.invalid:9092");
    own.state()->post([&] { own.state()->machine().meta().request_refresh(); });
    own.close();
  }
  EXPECT_LT(std::chrono::steady_clock::now() - before, 2s);
}

TEST(cluster_forked, every_call_in_the_child_says_so_and_the_parent_goes_on) {
  silent_listener peer;
  auto own = std::make_unique<cluster>(open(peer.address()));
  const pid_t child = ::fork();
  if (child == 0) {
    int failures = 0;
    if (!own->call(route{}, DescribeClusterRequest{}, 1s).error().is(client_code::forked)) failures |= 1;
    if (own->state()->post([] {})) failures |= 2;
    own->close();
    own->run_for(0ns);
    own.reset();
    ::_exit(failures);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_TRUE(own->state()->usable());
  std::promise<void> ran;
  EXPECT_TRUE(own->state()->post([&] { ran.set_value(); }));
  ran.get_future().get();
}

TEST(cluster_manual, steps_in_blocking_calls_of_its_only_thread) {
  silent_listener peer;
  cluster own = open(peer.address(), threading::manual);
  const auto late = own.call(route{}, DescribeClusterRequest{}, 50ms);
  ASSERT_FALSE(late);
  EXPECT_FALSE(late.error().is(client_code::would_deadlock));
}

TEST(cluster_manual, its_descriptor_tells_a_nested_loop_of_work_and_of_deadlines) {
  cluster own = open("127.0.0.1:1", threading::manual);
  own.run_for(0ns);
  pollfd ready{own.descriptor(), POLLIN, 0};
  ASSERT_GE(ready.fd, 0);
  EXPECT_EQ(::poll(&ready, 1, 0), 0);  // at rest
  bool ran = false, rang = false;
  own.state()->post([&] {
    ran = true;
    core& on = own.state()->machine();
    on.at(on.now().mono + 20ms, [&] { rang = true; });
  });
  EXPECT_EQ(::poll(&ready, 1, 5000), 1);  // the post
  own.run_for(0ns);
  EXPECT_TRUE(ran);
  for (int i = 0; i < 50 && !rang; ++i) {
    EXPECT_EQ(::poll(&ready, 1, 5000), 1);  // the timer
    own.run_for(0ns);
  }
  EXPECT_TRUE(rang);
}

TEST(cluster_manual, the_last_handle_may_go_inside_run_for) {
  auto own = std::make_unique<cluster>(open("127.0.0.1:1", threading::manual));
  cluster_state& raw = *own->state();
  raw.post([&] { raw.machine().done().push([&] { own.reset(); }); });
  own->run_for(10s);  // ends with the handle, not after ten seconds
  EXPECT_EQ(own, nullptr);
}

TEST(reactor, an_open_that_fails_at_once_is_an_event_with_its_reason) {
  reactor io;
  ip_address nowhere;
  nowhere.v6 = true;
  nowhere.bytes[0] = 0xff;  // multicast: no stream goes there
  nowhere.port = 1;
  const link_id link = io.open(nowhere);
  std::vector<io_event> events;
  for (int i = 0; i < 100 && events.empty(); ++i) io.poll(100ms, events);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].kind, io_kind::closed);
  EXPECT_EQ(events[0].link, link);
  EXPECT_NE(events[0].sys_error, 0);
}

ip_address address_of(const silent_listener& peer) {
  ip_address out;
  out.bytes = {127, 0, 0, 1};
  out.port = static_cast<std::uint16_t>(std::stoi(peer.address().substr(10)));
  return out;
}

TEST(reactor, streams_wait_for_nothing_to_fill_a_packet_and_are_kept_alive) {
  silent_listener peer;
  reactor io;
  const ip_address to = address_of(peer);
  io.open(to);
  std::vector<io_event> events;
  for (int i = 0; i < 100 && events.empty(); ++i) io.poll(100ms, events);
  ASSERT_EQ(events.at(0).kind, io_kind::connected);
  int ours = -1;  // the only socket of this process whose other end is the listener
  for (int fd = 3; fd < 256 && ours < 0; ++fd) {
    sockaddr_in other{};
    socklen_t size = sizeof other;
    if (::getpeername(fd, reinterpret_cast<sockaddr*>(&other), &size) == 0 && ntohs(other.sin_port) == to.port)
      ours = fd;
  }
  ASSERT_GE(ours, 0);
  const auto is_set = [&](int level, int option) {
    int value = 0;
    socklen_t size = sizeof value;
    return ::getsockopt(ours, level, option, &value, &size) == 0 && value != 0;
  };
  EXPECT_TRUE(is_set(IPPROTO_TCP, TCP_NODELAY));
  EXPECT_TRUE(is_set(SOL_SOCKET, SO_KEEPALIVE));
}

TEST(reactor, no_event_follows_a_close_even_if_a_child_holds_the_socket) {
  silent_listener peer;
  reactor io;
  const ip_address to = address_of(peer);
  const link_id link = io.open(to);
  std::vector<io_event> events;
  for (int i = 0; i < 100 && events.empty(); ++i) io.poll(100ms, events);
  ASSERT_EQ(events.at(0).kind, io_kind::connected);
  io.want(link, interest::read);
  int go[2];
  ASSERT_EQ(::pipe(go), 0);
  const pid_t child = ::fork();
  if (child == 0) {  // keeps the socket open until it is told to go
    char byte;
    ::close(go[1]);
    [[maybe_unused]] const auto got = ::read(go[0], &byte, 1);
    ::_exit(0);
  }
  const unique_fd accepted(::accept(peer.fd(), nullptr, nullptr));
  io.close(link);
  const link_id next = io.open(to);  // the same slot
  EXPECT_EQ(next.slot, link.slot);
  EXPECT_EQ(::write(accepted.get(), "x", 1), 1);
  io.want(next, interest::read);
  events.clear();
  for (int i = 0; i < 5; ++i) io.poll(10ms, events);
  for (const io_event& event : events) EXPECT_NE(event.kind, io_kind::readable);
  ::close(go[0]);
  ::close(go[1]);
  ::waitpid(child, nullptr, 0);
}

}  // namespace
}  // namespace ottla
