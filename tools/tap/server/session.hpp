// One client and its broker: bytes from each to the other, past the machine.
#pragma once

#include <array>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ottla/tap/conversation.hpp"

namespace ottla {
inline namespace v0 {
namespace tap {

/// What a session tells its proxy.
struct session_events {
  conversation::observer seen;
  conversation::stand_in stand_in;
  std::function<void(std::string_view event, const std::string& note)> remark;
  std::function<void()> ended;
};

/// A direction reads no further until what it read is written, so each holds one buffer, and a slow side slows the
/// other as it would without the tap. Destroyed when its last operation is done.
class session : public std::enable_shared_from_this<session> {
 public:
  session(std::shared_ptr<asio::io_context> loop, asio::ip::tcp::socket client, session_events events);

  void start(const endpoint& upstream, std::chrono::milliseconds connect_timeout);
  /// From outside, at once.
  void stop();

 private:
  void connect(std::vector<asio::ip::tcp::endpoint> addresses);
  void refuse(const std::string& why);
  void read_client();
  void read_broker();
  void write_to_client(bool last);
  void client_ended(const asio::error_code& why);
  void broker_ended(const asio::error_code& why);
  void finish_when_both_ended();
  void close(const std::string& note);

  std::shared_ptr<asio::io_context> loop_;
  asio::ip::tcp::socket client_;
  asio::ip::tcp::socket broker_;
  asio::steady_timer deadline_;
  session_events events_;
  conversation machine_;
  std::vector<asio::ip::tcp::endpoint> addresses_;
  std::string upstream_;
  std::array<std::byte, 64 << 10> up_;
  std::array<std::byte, 256 << 10> down_;
  std::vector<std::byte> to_client_;
  bool up_done_ = false;
  bool down_done_ = false;
  bool closed_ = false;
  bool late_ = false;
};

instant read_clocks();

}  // namespace tap
}  // namespace v0
}  // namespace ottla
