// proxy_handshake: what is said to a proxy until it has connected us to a broker: bytes out, bytes in, no more read
// than is its own.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "ottla/net/address.hpp"
#include "ottla/net/proxy.hpp"
#include "ottla/net/secret.hpp"

namespace ottla {
inline namespace v0 {

/// invalid_config where a user, a password or an address cannot be said to a proxy of that kind.
result<void> check(const proxy_config& proxy);

//     SOCKS5 (RFC 1928, 1929)                                   HTTP (RFC 9110)
//     > 05 n methods                 < 05 method                > CONNECT host:port HTTP/1.1 CRLF Host ... CRLF CRLF
//     > 01 len user len password     < 01 status                < HTTP/1.1 200 reason CRLF ... CRLF CRLF
//     > 05 01 00 type address port   < 05 reply 00 type address port
class proxy_handshake {
 public:
  enum class state : std::uint8_t {
    under_way,
    done,         // from here on the stream is the broker's
    unreachable,  // the proxy could not reach the broker; a later try may
    refused,      // the proxy does not want us, or is none of this kind
  };

  proxy_handshake(const proxy_config& proxy, const host_port& broker);

  /// What is to be written; empty: it is the proxy's turn. Borrowed until the next call.
  std::string_view to_say() const { return say_.reveal().substr(said_); }
  void said(std::size_t bytes) { said_ += bytes; }
  /// Where the next bytes of the proxy go; never empty while under way.
  std::span<std::byte> room();
  void heard(std::size_t bytes);

  state now_in() const { return state_; }
  /// Why it ended, a clause, and what to try next.
  const std::string& why() const { return why_; }
  const std::string& advice() const { return advice_; }

 private:
  enum class step : std::uint8_t { method, password, reply, address, status };
  static constexpr std::size_t longest_answer = 8192;

  void expect(step next, std::size_t bytes);
  void end(state how, std::string why, std::string advice);
  void on_method();
  void on_password();
  void on_reply();
  void on_status(std::size_t news);
  void say_password();
  void say_connect();
  void say_http();
  std::uint8_t at(std::size_t index) const { return std::to_integer<std::uint8_t>(answer_[index]); }

  proxy_config proxy_;
  host_port broker_;
  secret say_;  // it may hold a password
  std::size_t said_ = 0;
  step step_ = step::method;
  std::array<std::byte, longest_answer> answer_{};
  std::size_t have_ = 0;
  std::size_t need_ = 0;  // of SOCKS5's next answer
  state state_ = state::under_way;
  std::string why_;
  std::string advice_;
};

}  // namespace v0
}  // namespace ottla
