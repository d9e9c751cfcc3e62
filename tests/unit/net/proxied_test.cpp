// A connection behind a proxy: whose name is resolved, what goes first, and one sentence for each way it can fail.
#include "scripted_connection.hpp"

namespace ottla {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

class behind_proxy : public test::scripted_connection {
 protected:
  behind_proxy() {
    config.proxy.kind = proxy_kind::socks5;
    config.proxy.host = "proxy";
    config.proxy.port = 1080;
    open();
    ask();
  }
  void say(std::string_view text) {
    io.feed(io.last(), test::bytes_of(text));
    step();
  }
  /// What was written since it was asked last.
  std::string heard() {
    const auto& all = io.last().sent;
    std::string out;
    for (; io.last().read_so_far < all.size(); ++io.last().read_so_far)
      out += static_cast<char>(all[io.last().read_so_far]);
    return out;
  }
};

TEST_F(behind_proxy, the_proxys_name_is_resolved_and_the_brokers_is_told_to_it) {
  step();
  EXPECT_EQ(to_string(io.last().to), "proxy:1080");
  EXPECT_EQ(heard(), "\x05\x01\x00"s);
  say("\x05\x00"s);
  EXPECT_EQ(heard(), "\x05\x01\x00\x03\x02"s + "b1" + "\x23\x84"s);
  EXPECT_EQ(one->now_in(), connection::state::proxying);
  say("\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00"s);
  answer_versions(take());
  EXPECT_EQ(take().key, protocol::MetadataRequest::api_key);
}

TEST_F(behind_proxy, a_slow_proxy_counts_into_the_time_for_setting_up) {
  step();
  advance(9s);
  say("\x05\x00"s);
  advance(1s);
  EXPECT_EQ(last.message(),
            "Metadata at b1:9092 (broker 1) failed with BROKER_UNREACHABLE: the proxy proxy:1080 did not connect us in "
            "time; check that the proxy can reach the broker's address");
}

TEST_F(behind_proxy, one_that_writes_only_some_bytes_at_a_time_and_takes_them_likewise_does) {
  io.auto_accept = false;
  step();
  io.link(0).write_room = 1;
  io.link(0).read_chunk = 1;
  io.accept(io.link(0));
  step();
  EXPECT_EQ(io.last().sent.size(), 1u);
  io.drain(io.last(), 2);
  step();
  say("\x05\x00"s);
  io.drain(io.last());
  step();
  say("\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00"s);
  heard();
  EXPECT_EQ(one->now_in(), connection::state::negotiating);
}

TEST_F(behind_proxy, one_that_hangs_up_is_told_as_the_proxy) {
  step();
  io.end(io.last());
  step();
  EXPECT_EQ(last.message(),
            "Metadata at b1:9092 (broker 1) failed with BROKER_UNREACHABLE: the proxy proxy:1080: the peer closed the "
            "connection before it had connected us; check host, port and kind of the proxy in proxy.url");
}

TEST_F(behind_proxy, one_that_does_not_want_us_ends_it_at_once) {
  step();
  say("\x05\xff"s);
  EXPECT_EQ(
      last.message(),
      "Metadata at b1:9092 (broker 1) failed with PROXY_FAILED: the proxy proxy:1080: it takes none of the ways to "
      "log in that we offer; give user and password in proxy.url");
  EXPECT_FALSE(last.retriable());
  EXPECT_TRUE(io.last().closed);
}

TEST_F(behind_proxy, one_that_is_not_there_is_told_as_the_proxy) {
  io.down.insert("proxy:1080");
  step();
  EXPECT_EQ(last.message(),
            "Metadata at b1:9092 (broker 1) failed with BROKER_UNREACHABLE: connecting to the proxy proxy:1080 failed: "
            "Connection refused; check proxy.url and that the proxy runs");
}

TEST_F(behind_proxy, one_whose_name_does_not_resolve_is_told_as_the_proxy) {
  io.names["proxy"] = {};
  step();
  EXPECT_EQ(last.context().detail, "the name proxy of the proxy does not resolve: Name or service not known");
}

TEST_F(behind_proxy, a_broker_that_it_cannot_reach_is_tried_again) {
  step();
  say("\x05\x00"s);
  say("\x05\x04\x00\x01\x00\x00\x00\x00\x00\x00"s);
  EXPECT_TRUE(last.is(client_code::broker_unreachable));
  EXPECT_EQ(last.context().detail, "the proxy proxy:1080: it could not connect: host unreachable");
  ask("again");
  advance(2s);
  EXPECT_EQ(io.links().size(), 2u);
}

TEST_F(behind_proxy, who_is_named_as_reached_without_it_is_and_is_told_as_a_broker) {
  config.proxy.bypass = "10.0.0.0/8, B1.";
  step();
  EXPECT_EQ(to_string(io.last().to), "b1:9092");
  answer_versions(take());
  EXPECT_EQ(take().key, protocol::MetadataRequest::api_key);
  io.down.insert("b1:9092");
  io.end(io.last());
  step();
  ask("again");
  advance(2s);
  EXPECT_EQ(last.context().detail.find("proxy"), std::string::npos) << last.message();
  EXPECT_NE(last.context().detail.find("failed: Connection refused"), std::string::npos) << last.message();
}

TEST_F(behind_proxy, one_that_moves_to_an_address_that_is_named_goes_there_without_it) {
  config.proxy.bypass = "b2";
  step();
  EXPECT_EQ(to_string(io.last().to), "proxy:1080");
  io.end(io.last());
  step();
  EXPECT_TRUE(one->move_to({"b2", 9092}, io, *this));
  ask("again");
  advance(2s);
  EXPECT_EQ(to_string(io.last().to), "b2:9092");
}

TEST_F(behind_proxy, a_unix_socket_is_reached_without_it) {
  config.bootstrap = "unix:/run/kafka.sock";
  one.emplace(host_port{"unix:/run/kafka.sock", 0}, broker_id{-2}, lane::control, config,
              backoff(50ms, 1000ms, random_stream(1)));
  ask();
  step();
  EXPECT_EQ(io.last().to.host, "unix:/run/kafka.sock");
  EXPECT_EQ(take().key, protocol::ApiVersionsRequest::api_key);
}

}  // namespace
}  // namespace ottla
