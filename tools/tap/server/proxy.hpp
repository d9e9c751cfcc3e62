// The live tap: a listener for each broker that is heard of, and the sessions behind them.
#pragma once

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "ottla/tap/line_maker.hpp"
#include "ottla/tap/run_tap.hpp"
#include "output.hpp"
#include "session.hpp"

namespace ottla {
inline namespace v0 {
namespace tap {

class proxy {
 public:
  proxy(std::shared_ptr<asio::io_context> loop, const run_tap_options& options, output& lines);

  /// Listens for the first broker. Not empty: why it cannot.
  std::string open();
  /// Where, as clients should be told it.
  [[nodiscard]] endpoint address() const;
  void stop();

 private:
  struct door {
    explicit door(asio::io_context& loop) : acceptor(loop), pause(loop) {}
    asio::ip::tcp::acceptor acceptor;
    asio::steady_timer pause;
    endpoint broker{};
    std::uint16_t port = 0;
  };

  std::string listen(door& at, std::uint16_t port);
  door* open_door(const endpoint& broker);
  std::optional<endpoint> stand_in(const endpoint& broker, const std::string& local_host);
  void accept(door& at);
  void admit(door& at, asio::ip::tcp::socket client);
  void put(std::string line);
  [[nodiscard]] bool is_own(const endpoint& address) const;

  std::shared_ptr<asio::io_context> loop_;
  run_tap_options options_;
  output& output_;
  line_maker lines_;
  bool wildcard_;
  std::map<endpoint, std::unique_ptr<door>> doors_;  // by the broker's own address
  std::map<std::uint64_t, std::weak_ptr<session>> sessions_;
  std::uint64_t last_number_ = 0;
  std::uint16_t next_port_ = 0;  // of the next door; 0: the system picks
  bool stopping_ = false;
};

}  // namespace tap
}  // namespace v0
}  // namespace ottla
