// One TCP connection of a capture: who is the client, is it Kafka, and what was said.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "one_way.hpp"
#include "ottla/tap/conversation.hpp"
#include "ottla/tap/line_maker.hpp"
#include "segment.hpp"

namespace ottla {
inline namespace v0 {
namespace tap {

class captured_connection {
 public:
  /// `port`: where brokers listen; without it only what speaks Kafka is shown. `print` takes a line.
  captured_connection(std::uint64_t number, const segment& first, std::optional<std::uint16_t> port, line_maker& lines,
                      std::function<void(std::string)> print);
  captured_connection(const captured_connection&) = delete;
  captured_connection& operator=(const captured_connection&) = delete;

  void add(segment one);
  /// The capture ends: what lies behind gaps is told.
  void finish(instant now);

  /// Both sides ended it, or one broke it: another one may use the same addresses.
  [[nodiscard]] bool is_over() const { return over_; }
  /// A SYN that is not this connection's own, seen once more.
  [[nodiscard]] bool is_another(const segment& one) const;
  [[nodiscard]] bool is_shown() const { return standing_ == standing::shown; }
  [[nodiscard]] bool is_midway() const { return midway_; }

 private:
  enum class standing : std::uint8_t { undecided, shown, ignored };

  void settle_client(const segment& one);
  void deliver(bool from_client, instant now);
  void give_up_gap(bool from_client, instant now);
  void pass(bool from_client, instant now);
  void tell(const message& what);
  void say(std::string line);

  line_maker& lines_;
  std::function<void(std::string)> print_;
  std::optional<std::uint16_t> port_;
  connection_label label_;
  endpoint one_end_;
  std::optional<endpoint> client_;
  std::optional<std::uint32_t> syn_;  // of the client
  bool midway_;
  standing standing_ = standing::undecided;
  one_way up_;
  one_way down_;
  bool up_ended_ = false;
  bool down_ended_ = false;
  bool over_ = false;
  std::vector<std::string> held_;  // until it is known whether this is Kafka
  conversation machine_;
};

}  // namespace tap
}  // namespace v0
}  // namespace ottla
