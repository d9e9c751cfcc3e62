// One client's connection as a machine: bytes and the time in; bytes for the client and messages out. No sockets.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "ottla/protocol/types.hpp"
#include "ottla/tap/endpoint.hpp"
#include "ottla/tap/message.hpp"

namespace ottla {
inline namespace v0 {
namespace tap {

struct conversation_options {
  std::size_t largest_decoded = std::size_t{64} << 20;  ///< larger frames are streamed through
  std::size_t most_pending = 100'000;                   ///< requests without a response; the oldest is forgotten first
  /// A capture that began in the middle: what comes first is not taken for the beginning of a frame.
  bool begins_midway = false;
};

/// The client's bytes are for the caller to pass on, all of them and unchanged: the machine only looks. The broker's
/// bytes go through it, as addresses in them are replaced. Memory follows the bytes that came, never a size field.
class conversation {
 public:
  using observer = std::function<void(const message&)>;
  /// Where clients are to go instead of the broker's endpoint; nullopt: leave it as it is.
  using stand_in = std::function<std::optional<endpoint>(const endpoint&)>;

  conversation(conversation_options options, observer seen, stand_in replaced = nullptr);
  conversation(conversation&&) noexcept;
  ~conversation();

  /// Call it before the bytes are passed on, or the response may come first.
  void from_client(protocol::bytes_view bytes, instant now);
  /// Appends to `out` what the client gets: late by a frame at most, where an address may have to be replaced.
  void from_broker(protocol::bytes_view bytes, instant now, std::vector<std::byte>& out);
  /// The broker will send no more: what was held goes out as it is.
  void broker_ended(std::vector<std::byte>& out);
  /// Bytes are missing in a capture: looks for the next frame in that direction.
  void lost(direction way, instant now);

  /// Whether a request was seen that Kafka 4.3 has.
  [[nodiscard]] bool is_kafka() const;
  [[nodiscard]] bool is_opaque() const;

 private:
  class machine;
  std::unique_ptr<machine> machine_;
};

}  // namespace tap
}  // namespace v0
}  // namespace ottla
