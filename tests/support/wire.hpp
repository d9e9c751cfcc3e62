// wire: requests taken off a virtual link and answers put on it, with the generated codecs on the broker's side.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ottla/net/request.hpp"
#include "scripted_driver.hpp"

namespace ottla::test {

/// One request as a broker reads it.
struct wire_request {
  virtual_link* link = nullptr;
  protocol::api_key key{};
  std::int16_t version = 0;
  std::int32_t correlation = 0;
  std::string client_id;
  byte_string body;
};

/// The next whole request that was written to this link and not taken yet.
std::optional<wire_request> take_request(virtual_link& link);

template <class Message>
decoded<Message> read_request(const wire_request& from) {
  auto owner = std::make_shared<frame>(from.body.size());
  std::copy(from.body.begin(), from.body.end(), owner->writable().begin());
  decoded<Message> out(owner, std::size_t{1} << 26);
  protocol::reader in(out.owner()->bytes(), out.memory());
  read(in, out.message(), from.version);
  if (!in.ok() || in.remaining() != 0) std::abort();  // the client wrote what it cannot write
  return out;
}

/// A frame: size, correlation, header, body.
template <class Message>
byte_string response_frame(std::int32_t correlation, std::int16_t version, const Message& message) {
  protocol::writer out;
  out.int32(0);
  out.int32(correlation);
  if (Message::header_version(version) >= 1) out.uvarint(0);
  write(out, message, version);
  if (!out.ok()) std::abort();  // the script set a field that this version cannot carry
  out.patch_int32(0, static_cast<std::int32_t>(out.size() - 4));
  return {out.view().begin(), out.view().end()};
}

template <class Message>
void answer(scripted_driver& io, const wire_request& to, const Message& message) {
  io.feed(*to.link, response_frame(to.correlation, to.version, message));
}

byte_string bytes_of(std::string_view text);
/// A frame's size field.
byte_string size_field(std::uint32_t size);

}  // namespace ottla::test
