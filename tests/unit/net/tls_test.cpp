// TLS on a connection: what is asked and answered passes, how small pieces travel, and that no plaintext is left
// inside.
#include "over_tls.hpp"

namespace ottla {
namespace {

using namespace std::chrono_literals;
using test::over_tls;

TEST_F(over_tls, requests_and_answers_pass_and_the_host_is_named) {
  begin();
  ASSERT_TRUE(peer.established()) << peer.failure << why();
  EXPECT_EQ(peer.asked_name(), "b1");
  say_versions();
  EXPECT_EQ(one->now_in(), connection::state::ready);
  say(next(), protocol::MetadataResponse{});
  EXPECT_EQ(told.at(0).substr(0, 10), "first: v13");
}

TEST_F(over_tls, small_pieces_travel_in_one_record) {
  begin();
  say_versions();
  say(next(), protocol::MetadataResponse{});
  const int before = peer.records;
  for (int i = 0; i < 5; ++i) ask("more");
  settle();
  EXPECT_EQ(peer.records, before + 1);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(next().key, protocol::MetadataRequest::api_key);
}

TEST_F(over_tls, a_socket_that_takes_little_gets_all_of_it_in_the_end) {
  begin();
  say_versions();
  say(next(), protocol::MetadataResponse{});
  told.clear();
  io.last().write_room = 7;
  ask("slow");
  step();
  for (int i = 0; i < 100 && told.empty(); ++i) {
    io.drain(io.last(), 7);
    step();
    if (i == 50) {
      peer.work();
      say(next(), protocol::MetadataResponse{});
    }
  }
  EXPECT_EQ(told.at(0).substr(0, 9), "slow: v13");
}

TEST_F(over_tls, records_of_a_large_request_go_out_some_at_a_time_in_one_write) {
  begin();
  say_versions();
  say(next(), protocol::MetadataResponse{});
  const int writes = io.last().writes, records = peer.records;
  const std::size_t sent = io.last().sent.size();
  ask_large("large");
  settle();
  const auto kib = static_cast<int>((io.last().sent.size() - sent) / 1024);
  EXPECT_GT(kib, 300);
  EXPECT_GE(peer.records - records, kib / 17);
  EXPECT_LE(io.last().writes - writes, kib / 64 + 1);
  expect_large();
}

TEST_F(over_tls, a_large_request_goes_on_where_the_socket_took_no_more) {
  begin();
  say_versions();
  say(next(), protocol::MetadataResponse{});
  told.clear();
  io.last().write_room = 0;
  ask_large("large");
  ask("small");
  step();
  for (int i = 0; i < 100 && !io.last().closed; ++i) {
    io.drain(io.last(), 7001);
    step();
  }
  settle();
  expect_large();
  EXPECT_EQ(next().key, protocol::MetadataRequest::api_key);
}

TEST_F(over_tls, a_large_request_of_which_only_ciphertext_is_left_is_possibly_done_when_the_link_ends) {
  begin();
  say_versions();
  say(next(), protocol::MetadataResponse{});
  told.clear();
  io.last().write_room = 0;
  change_large("large");
  step();
  io.end(io.last());
  step();
  EXPECT_EQ(told, (lines{"large: DISCONNECTED?"}));
}

TEST_F(over_tls, no_plaintext_is_left_inside) {
  begin();
  say_versions();
  const auto first = next();
  ask("second");
  settle();
  const auto second = next();
  io.last().read_chunk = 11;  // the socket gives little at a time; both answers come in one record
  auto both = test::response_frame(first.correlation, first.version, protocol::MetadataResponse{});
  const auto behind = test::response_frame(second.correlation, second.version, protocol::MetadataResponse{});
  both.insert(both.end(), behind.begin(), behind.end());
  peer.say(both);
  step();
  EXPECT_EQ(told.size(), 2u);
}

TEST_F(over_tls, a_listener_that_answers_in_plaintext_is_told) {
  secure();
  open();
  ask("first");
  step();
  io.feed(io.last(), test::bytes_of("HTTP/1.1 400 Bad Request\r\n\r\n"));
  step();
  EXPECT_TRUE(refused_with("TLS_FAILED", "wrong version number")) << why();
}

TEST_F(over_tls, a_listener_that_closes_is_told) {
  secure();
  open();
  ask("first");
  step();
  io.end(io.last());
  step();
  EXPECT_TRUE(refused_with("DISCONNECTED", "closed the connection during the TLS handshake")) << why();
}

TEST_F(over_tls, the_set_up_time_covers_it) {
  secure();
  open();
  ask("first");
  step();
  advance(config.connection_setup_timeout);
  EXPECT_TRUE(refused_with("BROKER_UNREACHABLE", "does not answer TLS in time")) << why();
}

}  // namespace
}  // namespace ottla
