// connector: names and streams of the program's own, on real descriptors: who owns them, on which thread, and what a
// bad answer leads to.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <future>
#include <mutex>
#include <optional>
#include <vector>

#include "served.hpp"
#include "unique_fd.hpp"

namespace ottla::test {
namespace {

using namespace std::chrono_literals;

error refusal(std::string why) {
  error_context context;
  context.detail = std::move(why);
  return error(client_code::broker_unreachable, std::move(context));
}

ip_address loopback() {
  ip_address out;
  out.bytes = {127, 0, 0, 1};
  return out;
}

/// Whether the other end of a stream is closed within ten seconds.
bool is_closed(int other_end) {
  pollfd wait{other_end, POLLIN, 0};
  char byte;
  return ::poll(&wait, 1, 10'000) == 1 && ::read(other_end, &byte, 1) == 0;
}

class with_connector : public served {
 protected:
  with_connector() {
    serve();
    config.bootstrap = "no.such.name.invalid:" + std::to_string(server.port(0));
  }
  ~with_connector() override {
    for (std::thread& one : helpers) one.join();
  }
  /// Answers on another thread, as programs with a slow way out do.
  void later(std::function<void()> work) {
    const std::lock_guard lock(mutex);
    helpers.emplace_back(std::move(work));
  }
  int dial() const {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(server.port(0));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
    return fd;
  }
  void note(const std::string& what) {
    const std::lock_guard lock(mutex);
    asked.push_back(what);
  }
  std::vector<std::string> all_asked() {
    const std::lock_guard lock(mutex);
    return asked;
  }

  std::mutex mutex;
  std::vector<std::thread> helpers;
  std::vector<std::string> asked;
};

TEST_F(with_connector, resolves_names_in_its_own_way_on_any_thread) {
  config.connect.resolve = [this](const connect_question& what, const names_answer& answer) {
    note(what.host + " within " + std::to_string(what.patience / 1ms));
    later([answer] { answer(std::vector{loopback()}); });
  };
  cluster on = open();
  EXPECT_EQ(ask(on), "");
  EXPECT_EQ(all_asked().at(0), "no.such.name.invalid within 10000");
}

TEST_F(with_connector, opens_streams_to_names_that_nobody_looks_up) {
  config.connect.open = [this](const connect_question& what, const stream_answer& answer) {
    note(what.host + ":" + std::to_string(what.port));
    later([this, answer] { answer(dial()); });
  };
  cluster on = open();
  EXPECT_EQ(ask(on), "");
  EXPECT_EQ(all_asked().at(0), config.bootstrap);
}

TEST_F(with_connector, may_answer_at_once_and_without_a_thread) {
  config.thread = threading::manual;
  const auto here = std::this_thread::get_id();
  config.connect.resolve = [&](const connect_question&, const names_answer& answer) {
    EXPECT_EQ(std::this_thread::get_id(), here);
    answer(std::vector{loopback()});
  };
  config.connect.open = [&](const connect_question& what, const stream_answer& answer) {
    EXPECT_EQ(std::this_thread::get_id(), here);
    note(what.host);
    answer(dial());
  };
  cluster on = open();
  EXPECT_EQ(ask(on), "");
  EXPECT_EQ(all_asked().at(0), "127.0.0.1");  // an address that resolve gave
}

TEST_F(with_connector, a_blocking_call_inside_it_is_refused_and_no_dead_lock) {
  std::optional<cluster> on;
  std::string told;
  std::promise<void> ready;
  config.connect.open = [&, opened = ready.get_future().share()](const connect_question&, const stream_answer& answer) {
    opened.wait();
    if (told.empty()) told = ask(*on);
    answer(dial());
  };
  on.emplace(open());
  ready.set_value();
  EXPECT_EQ(ask(*on), "");
  EXPECT_NE(told.find("WOULD_DEADLOCK"), std::string::npos) << told;
}

TEST_F(with_connector, what_it_says_of_a_failure_is_told) {
  config.connect.open = [](const connect_question&, const stream_answer& answer) {
    answer(unexpected(refusal("the tunnel is shut")));
  };
  cluster on = open();
  EXPECT_NE(ask(on, 300ms).find("connecting failed: the tunnel is shut"), std::string::npos);
  config.connect = {};
  config.connect.resolve = [](const connect_question&, const names_answer& answer) {
    answer(unexpected(refusal("the directory is shut")));
  };
  cluster other = open();
  EXPECT_NE(ask(other, 300ms).find("does not resolve: the directory is shut"), std::string::npos);
}

TEST_F(with_connector, an_answer_that_is_dropped_is_a_failure_and_the_next_try_asks_again) {
  config.connect.open = [this, tries = 0](const connect_question&, const stream_answer& answer) mutable {
    if (tries++ < 2) return;
    answer(dial());
  };
  cluster on = open();
  EXPECT_EQ(ask(on), "");
}

TEST_F(with_connector, a_descriptor_that_is_no_stream_is_refused_and_closed) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const unique_fd reading(ends[0]);
  config.reconnect_backoff = config.reconnect_backoff_max = 10s;
  config.connect.open = [&](const connect_question&, const stream_answer& answer) { answer(ends[1]); };
  cluster on = open();
  EXPECT_NE(ask(on, 300ms).find("the connector's descriptor is no stream socket"), std::string::npos);
  EXPECT_TRUE(is_closed(reading.get()));
}

TEST_F(with_connector, a_stream_that_comes_too_late_is_closed) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  const unique_fd other(ends[1]);
  std::promise<stream_answer> asked_for;
  config.connection_setup_timeout = 50ms;
  config.reconnect_backoff = config.reconnect_backoff_max = 10s;
  config.connect.open = [&](const connect_question&, const stream_answer& answer) { asked_for.set_value(answer); };
  cluster on = open();
  EXPECT_NE(ask(on, 500ms).find("connecting timed out"), std::string::npos);
  const stream_answer late = asked_for.get_future().get();
  EXPECT_FALSE(late.wanted());
  late(ends[0]);
  EXPECT_TRUE(is_closed(other.get()));
}

TEST_F(with_connector, an_answer_may_outlive_the_cluster) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  const unique_fd other(ends[1]);
  std::promise<stream_answer> asked_for;
  config.reconnect_backoff = config.reconnect_backoff_max = 10s;
  config.connect.open = [&](const connect_question&, const stream_answer& answer) { asked_for.set_value(answer); };
  std::optional<stream_answer> kept;
  {
    cluster on = open();
    EXPECT_NE(ask(on, 50ms), "");
    kept = asked_for.get_future().get();
    EXPECT_TRUE(kept->wanted());
  }
  EXPECT_FALSE(kept->wanted());
  (*kept)(ends[0]);
  EXPECT_TRUE(is_closed(other.get()));
}

TEST_F(with_connector, only_the_first_answer_counts) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  const unique_fd other(ends[1]);
  config.connect.open = [&, first = true](const connect_question&, const stream_answer& answer) mutable {
    answer(dial());
    if (std::exchange(first, false)) answer(ends[0]);
  };
  cluster on = open();
  EXPECT_EQ(ask(on), "");
  EXPECT_TRUE(is_closed(other.get()));
}

TEST_F(with_connector, a_proxy_is_reached_over_it) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  const unique_fd proxy(ends[1]);
  config.proxy = *parse_proxy("http://corporate.example:3128");
  config.connect.open = [&, once = std::exchange(ends[0], -1)](const connect_question& what,
                                                               const stream_answer& answer) mutable {
    note(what.host + ":" + std::to_string(what.port));
    if (once >= 0) answer(std::exchange(once, -1));
  };
  config.reconnect_backoff = config.reconnect_backoff_max = 10s;
  cluster on = open();
  EXPECT_NE(ask(on, 300ms), "");
  EXPECT_EQ(all_asked().at(0), "corporate.example:3128");
  std::string heard(200, '\0');
  heard.resize(static_cast<std::size_t>(std::max<ssize_t>(::read(proxy.get(), heard.data(), heard.size()), 0)));
  EXPECT_EQ(heard.substr(0, 8 + config.bootstrap.size()), "CONNECT " + config.bootstrap);
}

TEST(connector_on_another_host, means_nothing_and_is_refused) {
  cluster_config config;
  config.connect.open = [](const connect_question&, const stream_answer&) {};
  const auto made = cluster::open_on(nullptr, config);
  ASSERT_FALSE(made);
  EXPECT_TRUE(made.error().is(client_code::invalid_config));
}

}  // namespace
}  // namespace ottla::test
