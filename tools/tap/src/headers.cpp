// Headers of requests and responses.
#include "headers.hpp"

#include <array>

#include "big_endian.hpp"
#include "ottla/protocol/api_key.hpp"
#include "ottla/protocol/produce.hpp"
#include "ottla/protocol/reader.hpp"
#include "ottla/protocol/request_header.hpp"
#include "ottla/protocol/response_header.hpp"

namespace ottla {
inline namespace v0 {
namespace tap {
namespace {

using protocol::api_key;
using protocol_text::message_kind;
using protocol_text::message_type;

constexpr std::size_t fixed_part = 8;  // key, version, correlation id
constexpr std::int16_t unsupported_version = 35;
constexpr std::size_t api_keys = 256;

using type_table = std::array<const message_type*, api_keys>;

type_table table_of(message_kind kind) {
  type_table out{};
  for (const message_type& one : protocol_text::all_messages()) {
    if (one.kind == kind && one.key) out[static_cast<std::size_t>(*one.key)] = &one;
  }
  return out;
}

template <class Header>
std::optional<std::size_t> size_of(protocol::bytes_view frame, std::int16_t version) {
  protocol::arena memory(std::size_t{1} << 20);
  protocol::reader in(frame, memory);
  Header header;
  read(in, header, version);
  if (!in.ok()) return std::nullopt;
  return frame.size() - in.remaining();
}

}  // namespace

std::optional<request_head> parse_head(protocol::bytes_view frame) {
  if (frame.size() < fixed_part) return std::nullopt;
  request_head out{load16(frame), load16(frame.subspan(2)), static_cast<std::int32_t>(load32(frame.subspan(4))), {}};
  protocol::arena memory(0);
  protocol::reader in(frame.subspan(fixed_part), memory);
  if (const auto client_id = in.nullable_string(); in.ok() && client_id) out.client_id = *client_id;
  return out;
}

const message_type* find_type(std::int16_t key, message_kind kind) {
  static const type_table requests = table_of(message_kind::request);
  static const type_table responses = table_of(message_kind::response);
  if (key < 0 || static_cast<std::size_t>(key) >= api_keys) return nullptr;
  return (kind == message_kind::request ? requests : responses)[static_cast<std::size_t>(key)];
}

bool is_known_request(protocol::bytes_view frame, const request_head& head) {
  const message_type* type = find_type(head.api_key, message_kind::request);
  return type != nullptr && type->has(head.version) &&
         header_size(frame, direction::to_broker, head, head.version).has_value();
}

std::int16_t response_version(protocol::bytes_view frame, const request_head& head) {
  const bool refused = api_key{head.api_key} == api_key::api_versions && frame.size() >= 6 &&
                       load16(frame.subspan(4)) == unsupported_version;
  return refused ? std::int16_t{0} : head.version;
}

std::optional<std::size_t> header_size(protocol::bytes_view frame, direction way, const request_head& head,
                                       std::int16_t version) {
  const bool request = way == direction::to_broker;
  const message_type* type = find_type(head.api_key, request ? message_kind::request : message_kind::response);
  if (type == nullptr || !type->has(version)) return std::nullopt;
  const std::int16_t header = type->header_version(version);
  return request ? size_of<protocol::RequestHeader>(frame, header) : size_of<protocol::ResponseHeader>(frame, header);
}

// Read field by field: of an oversized frame only the beginning is there, and versions before 3 have no struct.
bool wants_no_response(protocol::bytes_view frame, const request_head& head) {
  if (api_key{head.api_key} != api_key::produce || head.version < 0) return false;
  protocol::arena memory(std::size_t{1} << 20);
  protocol::reader in(frame, memory);
  const bool flexible = head.version >= protocol::ProduceRequest::first_flexible_version;
  protocol::RequestHeader header;
  read(in, header, flexible ? 2 : 1);
  if (flexible) {
    in.compact_nullable_string();  // transactional id
  } else if (head.version >= 3) {
    in.nullable_string();
  }
  const std::int16_t acks = in.int16();
  return in.ok() && acks == 0;
}

}  // namespace tap
}  // namespace v0
}  // namespace ottla
