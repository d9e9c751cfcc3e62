// Finds where a frame begins in the middle of a captured stream.
#include "resynchronise.hpp"

#include <algorithm>

#include "big_endian.hpp"
#include "headers.hpp"

namespace ottla {
inline namespace v0 {
namespace tap {
namespace {

constexpr std::size_t request_start = 4 + 8 + 2;  // size; key, version, correlation id; length of the client id

bool begins_request(protocol::bytes_view bytes, std::size_t largest) {
  const std::size_t size = load32(bytes);
  if (size < request_start - 4 || size > largest) return false;
  const auto* type = find_type(load16(bytes.subspan(4)), protocol_text::message_kind::request);
  if (type == nullptr || !type->has(load16(bytes.subspan(6))) || load32(bytes.subspan(8)) > 0x7fffffff) return false;
  const std::int16_t client_id = load16(bytes.subspan(12));
  if (client_id < 0) return client_id == -1;
  if (static_cast<std::size_t>(client_id) > size - (request_start - 4)) return false;
  const auto text = bytes.subspan(
      request_start, std::min<std::size_t>(static_cast<std::size_t>(client_id), bytes.size() - request_start));
  return std::all_of(text.begin(), text.end(),
                     [](std::byte b) { return b >= std::byte{0x20} && b != std::byte{0x7f}; });
}

}  // namespace

std::optional<std::size_t> find_request(protocol::bytes_view bytes, std::size_t largest) {
  for (std::size_t at = 0; at + request_start <= bytes.size(); ++at) {
    if (begins_request(bytes.subspan(at), largest)) return at;
  }
  return std::nullopt;
}

bool begins_response(protocol::bytes_view bytes, std::size_t largest, const pending_requests& waiting) {
  if (bytes.size() < 8 || load32(bytes) < 4 || load32(bytes) > largest) return false;
  const pending_request* found = waiting.find(static_cast<std::int32_t>(load32(bytes.subspan(4))));
  return found != nullptr && found->head.has_value();
}

}  // namespace tap
}  // namespace v0
}  // namespace ottla
