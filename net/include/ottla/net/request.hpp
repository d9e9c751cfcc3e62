// request and response: what a role hands to a connection and what it gets back, exactly once.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "ottla/error.hpp"
#include "ottla/net/driver.hpp"
#include "ottla/net/frame.hpp"
#include "ottla/net/time.hpp"
#include "ottla/net/unique_function.hpp"
#include "ottla/protocol/api_key.hpp"
#include "ottla/protocol/arena.hpp"
#include "ottla/protocol/reader.hpp"
#include "ottla/protocol/writer.hpp"
#include "ottla/result.hpp"

namespace ottla {
inline namespace v0 {

using protocol::broker_id;

/// Why a connection exists: traffic of one lane never waits behind another's (a broker answers one connection in
/// order).
enum class lane : std::uint8_t { control, produce, fetch, group };

/// Whether requests of this kind change something on the brokers. Of a key that is not known it is taken to be so.
bool changes_something(protocol::api_key key);
/// What is to be said of one that went out and had no answer that can be used: `possibly` if it changes something.
persistence unanswered(protocol::api_key key);

/// The answer to a request, or why there is none.
struct response {
  error failure;             ///< set: no answer; `failure.persisted()` says whether it may have taken effect
  std::int16_t version = 0;  ///< of the request that was sent
  frame_ref owner;           ///< keeps body alive
  bytes_view body;           ///< behind the response header
  std::string broker;        ///< "host:port", for messages
  std::chrono::nanoseconds latency{0};
};

/// A request that is encoded when its connection knows the version to speak.
struct request {
  protocol::api_key key{};
  std::int16_t min_version = 0;  ///< the range this side can encode and decode
  std::int16_t max_version = 0;
  bool (*flexible_header)(std::int16_t version) = nullptr;  ///< request header v2 instead of v1
  std::int16_t (*response_header)(std::int16_t version) = nullptr;
  std::chrono::nanoseconds timeout{0};  ///< from the write of the first byte to the answer; 0: the configured one
  steady_ns deadline = never;           ///< the answer is of no use after this, even if the request was not sent yet
  bool answered = true;                 ///< false: acks=0; `done` is called when the last byte was written
  unique_function<void(protocol::writer&, std::int16_t version)> encode;
  unique_function<void(response&&)> done;  ///< called once, on the core's thread, inside a step
};

/// A decoded message together with the memory it views into: views die with it.
template <class Message>
class decoded {
 public:
  decoded(frame_ref owner, std::size_t arena_limit)
      : owner_(std::move(owner)), arena_(std::make_unique<protocol::arena>(arena_limit)) {}
  const Message& operator*() const { return message_; }
  const Message* operator->() const { return &message_; }
  Message& message() { return message_; }
  protocol::arena& memory() { return *arena_; }
  const frame_ref& owner() const { return owner_; }

 private:
  frame_ref owner_;
  std::unique_ptr<protocol::arena> arena_;
  Message message_{};
};

/// Builds the request for a generated message type; `fill(message, version, arena)` sets the fields when it is encoded.
template <class Message, class Fill>
request make_request(Fill fill) {
  request r;
  r.key = Message::api_key;
  r.min_version = Message::min_version;
  r.max_version = Message::max_version;
  r.flexible_header = [](std::int16_t v) { return Message::header_version(v) >= 2; };
  r.response_header = [](std::int16_t v) { return Message::response_type::header_version(v); };
  r.encode = [fill = std::move(fill)](protocol::writer& out, std::int16_t version) mutable {
    Message message;
    protocol::arena memory;
    fill(message, version, memory);
    write(out, message, version);
  };
  return r;
}

/// `message_name`: of the answer, or of the request.
error malformed(const response& from, protocol::api_key key, std::string_view message_name, std::string_view why);

/// Decodes a whole response body. Bytes left over or missing are malformed_response.
template <class Message>
result<decoded<Message>> decode(const response& from) {
  if (from.failure) return unexpected(from.failure);
  decoded<Message> out(from.owner, 64 * from.body.size() + (std::size_t{1} << 20));
  protocol::reader in(from.body, out.memory());
  read(in, out.message(), from.version);
  if (!in.ok())
    return unexpected(malformed(from, Message::api_key, Message::name, "it ends early or holds impossible lengths"));
  if (in.remaining() != 0) return unexpected(malformed(from, Message::api_key, Message::name, "bytes are left over"));
  return out;
}

}  // namespace v0
}  // namespace ottla
