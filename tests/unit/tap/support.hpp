// Frames as clients and brokers write them, and a machine whose messages are kept as short words.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ottla/protocol/api_key.hpp"
#include "ottla/protocol/request_header.hpp"
#include "ottla/protocol/response_header.hpp"
#include "ottla/protocol/writer.hpp"
#include "ottla/tap/conversation.hpp"

namespace tap_test {

using namespace ottla;
using namespace ottla::tap;
using bytes = std::vector<std::byte>;

inline bytes bytes_of(std::string_view text) {
  bytes out;
  for (const char c : text) out.push_back(static_cast<std::byte>(c));
  return out;
}

inline bytes operator+(bytes left, const bytes& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

/// With its size in front.
inline bytes framed(protocol::bytes_view frame) {
  bytes out;
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<std::byte>(frame.size() >> shift & 0xff));
  out.insert(out.end(), frame.begin(), frame.end());
  return out;
}

inline bytes raw_request(std::int16_t key, std::int16_t version, std::int32_t correlation_id, std::int16_t header,
                         const bytes& body) {
  protocol::writer out;
  protocol::RequestHeader head;
  head.request_api_key = key;
  head.request_api_version = version;
  head.correlation_id = correlation_id;
  head.client_id = "app";
  write(out, head, header);
  out.raw(body);
  return framed(out.view());
}

template <class Request>
bytes request(const Request& body, std::int16_t version, std::int32_t correlation_id) {
  protocol::writer out;
  write(out, body, version);
  return raw_request(static_cast<std::int16_t>(Request::api_key), version, correlation_id,
                     Request::header_version(version), {out.view().begin(), out.view().end()});
}

template <class Response>
bytes response(const Response& body, std::int16_t version, std::int32_t correlation_id) {
  protocol::writer out;
  protocol::ResponseHeader head;
  head.correlation_id = correlation_id;
  write(out, head, Response::header_version(version));
  write(out, body, version);
  return framed(out.view());
}

inline instant at_ms(int ms) {
  return {std::chrono::milliseconds(ms), std::chrono::milliseconds(ms) + std::chrono::seconds(1'700'000'000)};
}

/// A machine and what came out of it.
struct tapped {
  explicit tapped(conversation_options options = {}, conversation::stand_in replaced = nullptr)
      : machine(
            options, [this](const message& what) { seen.push_back(word(what)); }, std::move(replaced)) {}

  void client(const bytes& sent, int ms = 0) { machine.from_client(sent, at_ms(ms)); }
  void broker(const bytes& sent, int ms = 0) { machine.from_broker(sent, at_ms(ms), to_client); }
  std::vector<std::string> take() { return std::exchange(seen, {}); }
  bytes take_bytes() { return std::exchange(to_client, {}); }

  /// "-> Metadata v12 #5", "<- Metadata v12 #5 3ms", with the state where it is not whole.
  static std::string word(const message& what) {
    constexpr std::string_view states[] = {"", " streamed", " unpaired", " token", " malformed", " opaque", " skipped"};
    std::string out = what.way == direction::to_broker ? "->" : "<-";
    if (what.request) {
      const std::string_view api = name(protocol::api_key{what.request->api_key});
      out += " " + (api.empty() ? "key " + std::to_string(what.request->api_key) : std::string(api)) + " v" +
             std::to_string(what.request->version) + " #" + std::to_string(what.request->correlation_id);
    }
    if (what.latency) out += " " + std::to_string(*what.latency / std::chrono::milliseconds(1)) + "ms";
    if (what.rewritten != 0) out += " rewritten " + std::to_string(what.rewritten);
    return out += states[static_cast<std::size_t>(what.state)];
  }

  std::vector<std::string> seen;
  bytes to_client;
  conversation machine;
};

using words = std::vector<std::string>;

}  // namespace tap_test
