// proxy_handshake: the dialogues with SOCKS5 and HTTP proxies as scripts, also torn at each byte, and what is said to
// people where they end badly.
#include "proxy_handshake.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

namespace ottla {
namespace {

using namespace std::string_literals;
using handshake_state = proxy_handshake::state;

proxy_config proxy(std::string_view url) {
  auto read = parse_proxy(url);
  EXPECT_TRUE(read) << read.error().message();
  return read ? std::move(*read) : proxy_config{};
}

/// A proxy that says its lines one after the other, each when the handshake has said all of its own.
struct conversation {
  conversation(const proxy_config& with, const host_port& broker) : machine(with, broker) {}

  void take_what_is_said(std::size_t piece) {
    while (!machine.to_say().empty()) {
      const auto part = machine.to_say().substr(0, piece);
      heard += part;
      machine.said(part.size());
    }
  }
  /// Gives `text` in pieces of that size at most, and no more than there is room for. What is left over was not read.
  std::string say(std::string_view text, std::size_t piece = 4096) {
    take_what_is_said(piece);
    while (!text.empty() && machine.now_in() == handshake_state::under_way && machine.to_say().empty()) {
      const auto room = machine.room();
      EXPECT_FALSE(room.empty());
      const std::size_t part = std::min({room.size(), text.size(), piece});
      std::memcpy(room.data(), text.data(), part);
      machine.heard(part);
      text.remove_prefix(part);
    }
    take_what_is_said(piece);
    return std::string(text);
  }

  proxy_handshake machine;
  std::string heard;
};

handshake_state after_saying(std::string_view url, const std::vector<std::string>& lines, std::string* why = nullptr) {
  conversation with(proxy(url), {"broker", 9092});
  for (const std::string& line : lines) with.say(line);
  if (why != nullptr) *why = with.machine.why() + "; " + with.machine.advice();
  return with.machine.now_in();
}

TEST(socks5, connects_to_a_name_that_the_proxy_resolves) {
  conversation with(proxy("socks5://proxy:1080"), {"broker", 9092});
  with.say("\x05\x00"s);
  EXPECT_EQ(with.say("\x05\x00\x00\x01\x0a\x00\x00\x01\x04\x38"s), "");
  EXPECT_EQ(with.machine.now_in(), handshake_state::done);
  EXPECT_EQ(with.heard, "\x05\x01\x00"s + "\x05\x01\x00\x03\x06"s + "broker" + "\x23\x84"s);
}

TEST(socks5, logs_in_with_user_and_password_where_the_proxy_asks) {
  conversation with(proxy("socks5h://user:p%40ss@proxy:1080"), {"broker", 9092});
  with.say("\x05\x02"s);
  with.say("\x01\x00"s);
  with.say("\x05\x00\x00\x01\x0a\x00\x00\x01\x04\x38"s);
  EXPECT_EQ(with.machine.now_in(), handshake_state::done);
  EXPECT_EQ(with.heard,
            "\x05\x02\x00\x02"s + "\x01\x04user\x04p@ss"s + "\x05\x01\x00\x03\x06"s + "broker" + "\x23\x84"s);
}

TEST(socks5, says_addresses_as_addresses) {
  conversation v4(proxy("socks5://proxy:1080"), {"10.1.2.3", 9092});
  v4.say("\x05\x00"s);
  EXPECT_EQ(v4.heard.substr(3), "\x05\x01\x00\x01\x0a\x01\x02\x03\x23\x84"s);
  conversation v6(proxy("socks5://proxy:1080"), {"::1", 9092});
  v6.say("\x05\x00"s);
  EXPECT_EQ(v6.heard.substr(3), "\x05\x01\x00\x04"s + std::string(15, '\0') + "\x01\x23\x84"s);
}

TEST(socks5, reads_no_byte_of_what_comes_behind_whatever_address_it_answers) {
  for (const std::string& bound :
       {"\x01\x01\x02\x03\x04"s, "\x03\x05proxy"s, "\x03\x00"s, "\x04"s + std::string(16, 'x')}) {
    conversation with(proxy("socks5://proxy:1080"), {"broker", 9092});
    with.say("\x05\x00"s);
    EXPECT_EQ(with.say("\x05\x00\x00"s + bound + "\x04\x38"s + "kafka"), "kafka");
    EXPECT_EQ(with.machine.now_in(), handshake_state::done);
  }
}

TEST(socks5, goes_on_byte_by_byte) {
  conversation with(proxy("socks5://user:secret@proxy:1080"), {"broker", 9092});
  for (const std::string& line : {"\x05\x02"s, "\x01\x00"s, "\x05\x00\x00\x03\x04host\x04\x38"s}) with.say(line, 1);
  EXPECT_EQ(with.machine.now_in(), handshake_state::done);
}

TEST(socks5, what_the_proxy_answers_is_told_in_its_words) {
  std::string why;
  EXPECT_EQ(after_saying("socks5://p:1", {"\x05\x00"s, "\x05\x05\x00\x01"s + std::string(6, '\0')}, &why),
            handshake_state::unreachable);
  EXPECT_EQ(
      why, "it could not connect: connection refused; check that the proxy can resolve and reach the broker's address");
  EXPECT_EQ(after_saying("socks5://p:1", {"\x05\x00"s, "\x05\x02"s}, &why), handshake_state::refused);
  EXPECT_EQ(why,
            "it refused to connect: connection not allowed by its ruleset; check what the proxy allows, and that it "
            "may reach the broker's address");
  EXPECT_EQ(after_saying("socks5://p:1", {"\x05\x00"s, "\x05\x63"s}, &why), handshake_state::unreachable);
  EXPECT_EQ(why.substr(0, 31), "it could not connect: reply 99;");
  EXPECT_EQ(after_saying("socks5://p:1", {"\x05\xff"s}, &why), handshake_state::refused);
  EXPECT_EQ(why, "it takes none of the ways to log in that we offer; give user and password in proxy.url");
  EXPECT_EQ(after_saying("socks5://u:secret@p:1", {"\x05\x02"s, "\x01\x01"s}, &why), handshake_state::refused);
  EXPECT_EQ(why, "it does not accept user and password; check user and password in proxy.url");
}

TEST(socks5, a_way_to_log_in_that_was_not_offered_is_not_taken) {
  EXPECT_EQ(after_saying("socks5://p:1", {"\x05\x02"s}), handshake_state::refused);
  EXPECT_EQ(after_saying("socks5://u:p@p:1", {"\x05\x01"s}), handshake_state::refused);
}

TEST(socks5, what_is_no_socks5_is_named) {
  std::string why;
  EXPECT_EQ(after_saying("socks5://p:1", {"HTTP/1.1 400 Bad Request\r\n"}, &why), handshake_state::refused);
  EXPECT_EQ(why, "it does not answer as a SOCKS5 proxy; it looks like an HTTP proxy: write http:// in proxy.url");
  EXPECT_EQ(after_saying("socks5://p:1", {"\x04"s}), handshake_state::refused);
  EXPECT_EQ(after_saying("socks5://p:1", {"\x05\x00"s, "\x04\x00\x00\x01\x00"s}), handshake_state::refused);
  EXPECT_EQ(after_saying("socks5://p:1", {"\x05\x00"s, "\x05\x00\x00\x02\x00"s}, &why), handshake_state::refused);
  EXPECT_EQ(why.substr(0, 33), "its answer has an address of type");
}

TEST(http_connect, asks_with_authorisation_and_goes_on_behind_any_2xx) {
  conversation with(proxy("http://user.example:pa%3Ass@proxy:3128"), {"broker", 9092});
  with.say("HTTP/1.0 200 Connection established\r\nVia: somebody\r\n\r\n");
  EXPECT_EQ(with.machine.now_in(), handshake_state::done);
  EXPECT_EQ(with.heard,
            "CONNECT broker:9092 HTTP/1.1\r\nHost: broker:9092\r\nProxy-Authorization: Basic "
            "dXNlci5leGFtcGxlOnBhOnNz\r\n\r\n");
  conversation plain(proxy("http://proxy.example:3128"), {"::1", 9092});
  plain.say("HTTP/1.1 204 \r\n\r\n");
  EXPECT_EQ(plain.machine.now_in(), handshake_state::done);
  EXPECT_EQ(plain.heard, "CONNECT [::1]:9092 HTTP/1.1\r\nHost: [::1]:9092\r\n\r\n");
}

TEST(http_connect, goes_on_byte_by_byte) {
  conversation with(proxy("http://proxy.example:3128"), {"broker", 9092});
  with.say("HTTP/1.1 200 OK\r\nProxy-Agent: x\r\n\r\n", 1);
  EXPECT_EQ(with.machine.now_in(), handshake_state::done);
}

TEST(http_connect, a_refusal_is_told_with_its_status_line) {
  std::string why;
  EXPECT_EQ(after_saying("http://p.example:1", {"HTTP/1.1 407 Proxy Authentication Required\r\nX: y\r\n\r\n"}, &why),
            handshake_state::refused);
  EXPECT_EQ(why, "it answers 407 Proxy Authentication Required; check user and password in proxy.url");
  EXPECT_EQ(after_saying("http://p.example:1", {"HTTP/1.1 403 No\r\n\r\n<html>"}, &why), handshake_state::refused);
  EXPECT_EQ(why, "it answers 403 No; check that the proxy allows CONNECT to the broker's port");
  EXPECT_EQ(after_saying("http://p.example:1", {"HTTP/1.1 503 Down\r\n\r\n"}, &why), handshake_state::unreachable);
}

TEST(http_connect, hostile_answers_end_within_a_bound) {
  std::string why;
  EXPECT_EQ(after_saying("http://p.example:1", {"HTTP/1.1 200 OK\r\n" + std::string(100'000, 'x')}, &why),
            handshake_state::refused);
  EXPECT_EQ(why.substr(0, 37), "its answer does not end within 8 KiB;");
  EXPECT_EQ(after_saying("http://p.example:1", {"\x05\x00"s}, &why), handshake_state::refused);
  EXPECT_EQ(why, "it does not answer as an HTTP proxy; it looks like a SOCKS5 proxy: write socks5:// in proxy.url");
  for (const char* bad : {"HTTP/1.1 2x0 OK\r\n\r\n", "HTTP/1.1\r\n\r\n", "HTTP/1.1200\r\n\r\n", "HTTP/1.1 20\r\n\r\n",
                          "HTTP/2 200\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\nmore"}) {
    EXPECT_EQ(after_saying("http://p.example:1", {bad}), handshake_state::refused) << bad;
  }
  EXPECT_EQ(after_saying("http://p.example:1", {"HTTP/1.1 500 \x1b[31m" + std::string(500, 'y') + "\r\n\r\n"}, &why),
            handshake_state::unreachable);
  EXPECT_EQ(why.find('\x1b'), std::string::npos);
  EXPECT_LT(why.size(), 200u);
}

TEST(proxied, a_broker_whose_name_would_break_the_request_is_refused_unsaid) {
  for (const std::string& name : {"a\r\nHost: b"s, "a b"s, std::string(256, 'n'), "a\0b"s}) {
    for (const char* url : {"socks5://p:1", "http://p.example:1"}) {
      const proxy_handshake machine(proxy(url), {name, 9092});
      EXPECT_EQ(machine.now_in(), handshake_state::refused);
      EXPECT_EQ(machine.to_say(), "");
    }
  }
}

TEST(proxy_url, is_read_and_shown_without_its_password) {
  const proxy_config all = proxy("socks5://us%65r:s%40cr:t@[::1]:1080/");
  EXPECT_EQ(all.kind, proxy_kind::socks5);
  EXPECT_EQ(all.username, "user");
  EXPECT_EQ(all.password.reveal(), "s@cr:t");
  EXPECT_EQ(all.host, "::1");
  EXPECT_EQ(all.port, 1080);
  EXPECT_EQ(to_string(all), "socks5://user:****@[::1]:1080");
  EXPECT_EQ(to_string(proxy("http://proxy.example:3128")), "http://proxy.example:3128");
  EXPECT_EQ(to_string(proxy("http://user.example@proxy:3128")), "http://user.example@proxy:3128");
  EXPECT_EQ(proxy("").kind, proxy_kind::none);
}

TEST(proxy_url, a_bad_one_is_refused_and_never_repeated) {
  for (const char* bad :
       {"proxy:1080", "socks4://p:1", "https://u.example:secret@p:1", "http://u.example:secret@p",
        "http://u.example:secret@:1", "http://u.example:secret@p:0", "http://u.example:secret@p:1,q:2",
        "http://u.example:secret@p:1/x", "http://:secret@p:1", "http://u.example:secret%4@p:1",
        "http://u.example:secret%zz@p:1", "http://", "socks5://u:secret@[::1", "://"}) {
    const auto read = parse_proxy(bad);
    ASSERT_FALSE(read) << bad;
    EXPECT_TRUE(read.error().is(client_code::invalid_config));
    EXPECT_EQ(read.error().message().find("secret"), std::string::npos) << bad;
  }
}

TEST(proxy_check, what_a_proxy_of_that_kind_cannot_be_told_is_a_wrong_configuration) {
  proxy_config with = proxy("socks5://u@p:1");
  EXPECT_TRUE(check(with));
  with.password = std::string(256, 'x');
  EXPECT_FALSE(check(with));
  with.kind = proxy_kind::http;
  EXPECT_TRUE(check(with));
  with.username = "a:b";
  EXPECT_FALSE(check(with));
  with.username.clear();
  EXPECT_FALSE(check(with));
  with.password.wipe();
  with.host.clear();
  EXPECT_FALSE(check(with));
}

}  // namespace
}  // namespace ottla
