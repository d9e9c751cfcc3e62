// What the tap saw: one request, one response, or a remark about a connection.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ottla/protocol/types.hpp"

namespace ottla {
inline namespace v0 {
namespace tap {

/// Two clocks: latencies are differences of `mono`, people read `wall` (since 1970).
struct instant {
  std::chrono::nanoseconds mono{};
  std::chrono::microseconds wall{};
};

enum class direction : std::uint8_t { to_broker, to_client };

/// The part of a request's header that is the same in every version.
struct request_head {
  std::int16_t api_key = 0;
  std::int16_t version = 0;
  std::int32_t correlation_id = 0;
  std::optional<std::string> client_id{};
};

enum class message_state : std::uint8_t {
  whole,      ///< a frame that may be decoded
  streamed,   ///< larger than the bound: passed on as it came, `frame` is its beginning
  unpaired,   ///< a response to no request that was seen
  token,      ///< a bare SASL token behind SaslHandshake v0; never shown
  malformed,  ///< a frame too short for any header, or whose header cannot be Kafka's
  opaque,     ///< not Kafka's framing: from here on nothing of the connection is looked at, `note` says why
  skipped,    ///< bytes that a capture lacks or that no frame could be found in; `note` says why
};

/// Borrows the frame for the time of the call that hands it over.
struct message {
  direction way = direction::to_broker;
  message_state state = message_state::whole;
  instant when{};
  std::optional<request_head> request{};  ///< of the request itself, or of the one that is answered
  std::optional<std::chrono::nanoseconds> latency{};
  std::size_t size = 0;          ///< of the frame, without the four bytes that say so
  protocol::bytes_view frame{};  ///< as the sender wrote it, even if it went on rewritten
  std::size_t rewritten = 0;     ///< addresses that were replaced on the way
  std::string note{};
};

}  // namespace tap
}  // namespace v0
}  // namespace ottla
