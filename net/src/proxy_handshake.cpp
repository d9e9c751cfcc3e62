// proxy_handshake: the dialogues with SOCKS5 and HTTP proxies.
#include "proxy_handshake.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <utility>

#include "ottla/net/driver.hpp"
#include "proxy_bypass.hpp"
#include "security/basic_authorization.hpp"

namespace ottla {
inline namespace v0 {
namespace {

constexpr std::uint8_t no_method = 0xff;
constexpr std::size_t most_text = 100;  // of what a proxy says that goes into a message
constexpr std::size_t longest_field = 255;

error bad_proxy(std::string detail) {
  error_context context;
  context.asked = "proxy";
  context.detail = std::move(detail);
  context.advice = "write socks5://user:password@host:port or the same with http://";
  return error(client_code::invalid_config, std::move(context));
}

// What RFC 1928 calls the replies, and 9 and up nothing.
std::string reply_text(std::uint8_t reply) {
  constexpr std::string_view texts[] = {"succeeded",
                                        "general failure",
                                        "connection not allowed by its ruleset",
                                        "network unreachable",
                                        "host unreachable",
                                        "connection refused",
                                        "time to live expired",
                                        "command not supported",
                                        "address type not supported"};
  return reply < std::size(texts) ? std::string(texts[reply]) : "reply " + std::to_string(reply);
}

std::string printable(std::string_view text) {
  std::string out(text.substr(0, most_text));
  std::replace_if(
      out.begin(), out.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return out;
}

char byte(std::size_t value) { return static_cast<char>(static_cast<std::uint8_t>(value)); }

bool ends_line(char c) { return c == '\r' || c == '\n' || c == '\0'; }

}  // namespace

result<void> check(const proxy_config& proxy) {
  if (auto bypass = proxy_bypass::parse(proxy.bypass); !bypass) return unexpected(bypass.error());
  if (proxy.kind == proxy_kind::none) return {};
  if (proxy.host.empty() || proxy.port == 0) return unexpected(bad_proxy("names no host and port"));
  if (proxy.username.empty() && !proxy.password.empty()) return unexpected(bad_proxy("has a password but no user"));
  if (proxy.kind == proxy_kind::socks5) {
    if (proxy.username.size() > longest_field || proxy.password.reveal().size() > longest_field)
      return unexpected(bad_proxy("has a user or password of more than the 255 bytes that SOCKS5 takes"));
  } else if (proxy.username.find(':') != std::string::npos) {
    return unexpected(bad_proxy("has a user with a colon in it, which HTTP's Basic authorisation cannot say"));
  }
  return {};
}

proxy_handshake::proxy_handshake(const proxy_config& proxy, const host_port& broker) : proxy_(proxy), broker_(broker) {
  const bool unsayable =
      broker.host.size() > longest_field ||
      std::any_of(broker.host.begin(), broker.host.end(), [](char c) { return ends_line(c) || c == ' '; });
  if (unsayable) {
    end(state::refused, "the broker's name cannot be said to a proxy: " + printable(broker.host),
        "check what the brokers advertise");
  } else if (proxy.kind == proxy_kind::http) {
    say_http();
  } else {
    say_ = proxy_.username.empty() ? std::string_view("\x05\x01\x00", 3) : std::string_view("\x05\x02\x00\x02", 4);
    expect(step::method, 2);
  }
}

void proxy_handshake::expect(step next, std::size_t bytes) {
  step_ = next;
  have_ = 0;
  need_ = bytes;
  said_ = 0;
}

void proxy_handshake::end(state how, std::string why, std::string advice) {
  state_ = how;
  why_ = std::move(why);
  advice_ = std::move(advice);
  say_.wipe();
  said_ = 0;
}

// SOCKS5 says how long each answer is. HTTP does not, but nobody speaks behind it before we do.
std::span<std::byte> proxy_handshake::room() {
  return std::span(answer_).subspan(have_, (step_ == step::status ? answer_.size() : need_) - have_);
}

void proxy_handshake::heard(std::size_t bytes) {
  have_ += bytes;
  if (state_ != state::under_way || bytes == 0) return;
  if (step_ == step::status) return on_status(bytes);
  if (step_ == step::method && at(0) != 5) {
    return end(state::refused, "it does not answer as a SOCKS5 proxy",
               at(0) == 'H' ? "it looks like an HTTP proxy: write http:// in proxy.url"
                            : "check host, port and kind of the proxy in proxy.url");
  }
  // Some proxies end a refusal behind its second byte.
  if (step_ == step::reply && have_ >= 2 && at(1) != 0) return on_reply();
  if (have_ < need_) return;
  switch (step_) {
    case step::method:
      return on_method();
    case step::password:
      return on_password();
    case step::reply:
      return on_reply();
    default:
      return end(state::done, {}, {});
  }
}

void proxy_handshake::on_method() {
  if (at(1) == 0) return say_connect();
  if (at(1) == 2 && !proxy_.username.empty()) return say_password();
  end(state::refused,
      at(1) == no_method ? "it takes none of the ways to log in that we offer"
                         : "it asks for a way to log in that we did not offer",
      proxy_.username.empty() ? "give user and password in proxy.url" : "check what the proxy is configured to accept");
}

void proxy_handshake::say_password() {
  std::string out = {1, byte(proxy_.username.size())};
  out.reserve(3 + 2 * longest_field);  // a password that moves leaves a copy behind
  out += proxy_.username;
  out += byte(proxy_.password.reveal().size());
  out += proxy_.password.reveal();
  say_ = out;
  wipe(out);
  expect(step::password, 2);
}

void proxy_handshake::on_password() {
  if (at(1) == 0) return say_connect();
  end(state::refused, "it does not accept user and password", "check user and password in proxy.url");
}

// Names go to the proxy as they are: it may know them where we do not.
void proxy_handshake::say_connect() {
  std::string out("\x05\x01\x00", 3);
  std::array<char, 16> address{};
  if (::inet_pton(AF_INET, broker_.host.c_str(), address.data()) == 1) {
    out.append({1}).append(address.data(), 4);
  } else if (::inet_pton(AF_INET6, broker_.host.c_str(), address.data()) == 1) {
    out.append({4}).append(address.data(), 16);
  } else {
    out.append({3, byte(broker_.host.size())}).append(broker_.host);
  }
  out.append({byte(broker_.port >> 8), byte(broker_.port & 0xff)});
  say_ = out;
  expect(step::reply, 5);
}

//     05 reply 00 type | IPv4 4, IPv6 16, or a length and that much | port 2
void proxy_handshake::on_reply() {
  const std::uint8_t reply = at(1);
  if (at(0) != 5)
    return end(state::refused, "it does not answer as a SOCKS5 proxy",
               "check host, port and kind of the proxy in proxy.url");
  if (reply == 2 || reply == 7 || reply == 8)
    return end(state::refused, "it refused to connect: " + reply_text(reply),
               "check what the proxy allows, and that it may reach the broker's address");
  if (reply != 0)
    return end(state::unreachable, "it could not connect: " + reply_text(reply),
               "check that the proxy can resolve and reach the broker's address");
  const std::uint8_t type = at(3);
  if (type != 1 && type != 3 && type != 4)
    return end(state::refused, "its answer has an address of type " + std::to_string(type) + ", which SOCKS5 has not",
               "check host, port and kind of the proxy in proxy.url");
  const std::size_t length = type == 1 ? 4u : type == 4 ? 16u : std::size_t{at(4)} + 1;
  step_ = step::address;  // of no use; its first byte was read already
  need_ = 4 + length + 2;
}

void proxy_handshake::say_http() {
  const std::string to = to_string(broker_);
  std::string login;
  if (!proxy_.username.empty()) login = basic_authorization(proxy_.username, proxy_.password.reveal());
  std::string out;
  out.reserve(2 * to.size() + login.size() + 128);
  out += "CONNECT " + to + " HTTP/1.1\r\nHost: " + to + "\r\n";
  if (!login.empty()) {
    out += "Proxy-Authorization: ";
    out += login;
    out += "\r\n";
  }
  out += "\r\n";
  say_ = out;
  for (std::string* text : {&login, &out}) wipe(*text);
  step_ = step::status;
}

void proxy_handshake::on_status(std::size_t news) {
  const std::string_view all(reinterpret_cast<const char*>(answer_.data()), have_);
  const std::string_view http = "HTTP/1.";
  if (all.substr(0, http.size()) != http.substr(0, std::min(all.size(), http.size()))) {
    return end(state::refused, "it does not answer as an HTTP proxy",
               at(0) == 5 ? "it looks like a SOCKS5 proxy: write socks5:// in proxy.url"
                          : "check host, port and kind of the proxy in proxy.url");
  }
  // The blank line may begin in what was heard before.
  const std::size_t from = have_ - news < 3 ? 0 : have_ - news - 3;
  const std::size_t blank = all.find("\r\n\r\n", from);
  if (blank == std::string_view::npos) {
    if (have_ == answer_.size())
      end(state::refused, "its answer does not end within 8 KiB",
          "check host, port and kind of the proxy in proxy.url");
    return;
  }
  //     HTTP/1.1 200 Connection established
  const std::string_view status = all.substr(0, all.find("\r\n"));
  const std::string_view code = status.size() > 9 ? status.substr(9, 3) : std::string_view{};
  if (code.size() < 3 || status[8] != ' ' ||
      !std::all_of(code.begin(), code.end(), [](char c) { return c >= '0' && c <= '9'; }))
    return end(state::refused, "its answer has no status: " + printable(status),
               "check host, port and kind of the proxy in proxy.url");
  if (code[0] == '2') {
    if (have_ != blank + 4)
      return end(state::refused, "it goes on speaking behind its answer", "check that it is a proxy for CONNECT");
    return end(state::done, {}, {});
  }
  const std::string said = "it answers " + printable(status.substr(9));
  if (code == "407") return end(state::refused, said, "check user and password in proxy.url");
  if (code[0] == '5')
    return end(state::unreachable, said, "check that the proxy can resolve and reach the broker's address");
  end(state::refused, said, "check that the proxy allows CONNECT to the broker's port");
}

}  // namespace v0
}  // namespace ottla
