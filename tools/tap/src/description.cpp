// A message decoded: its body as JSON with secrets masked, and the errors in it.
#include "description.hpp"

#include <string_view>
#include <utility>

#include "bounded_text.hpp"
#include "config_secrets.hpp"
#include "headers.hpp"
#include "ottla/protocol/api_key.hpp"
#include "ottla/protocol/error_code.hpp"
#include "ottla/protocol_text/json_writer.hpp"
#include "ottla/protocol_text/messages.hpp"
#include "records_in.hpp"

namespace ottla {
inline namespace v0 {
namespace tap {
namespace {

using protocol::api_key;
using protocol_text::json_kind;
using protocol_text::json_value;
using protocol_text::message_kind;

constexpr std::size_t longest_bytes = 64;  // of a field; records are shown on demand
constexpr std::size_t most_text = std::size_t{32} << 20;

void collect_errors(const json_value& in, description& out) {
  for (const json_value* child = in.first; child != nullptr; child = child->next) {
    if (child->kind == json_kind::object || child->kind == json_kind::array) collect_errors(*child, out);
    if (child->kind != json_kind::integer || child->integer == 0 || !child->name.ends_with("rrorCode")) continue;
    const auto code = static_cast<protocol::error_code>(child->integer);
    const std::string_view known = name(code);
    ++out.errors[known.empty() ? "error " + std::to_string(child->integer) : std::string(known)];
  }
}

void look_into(description& out, protocol::arena& memory) {
  std::string why;
  out.tree = protocol_text::parse_json(out.body, memory, why);
  if (out.tree == nullptr) return;
  collect_errors(*out.tree, out);
  const json_value* throttle = find_member(*out.tree, "throttleTimeMs");
  if (throttle != nullptr && throttle->kind == json_kind::integer) out.throttle_time_ms = throttle->integer;
}

std::string unknown_version(const request_head& head, bool request) {
  const auto* type = find_type(head.api_key, request ? message_kind::request : message_kind::response);
  if (type == nullptr) return "no API with this key is known";
  return "known are its versions " + std::to_string(type->min_version) + " to " +
         std::to_string(type->max_unstable_version);
}

}  // namespace

bool holds_secrets(std::int16_t key) {
  switch (api_key{key}) {
    case api_key::sasl_handshake:
    case api_key::sasl_authenticate:
    case api_key::create_delegation_token:
    case api_key::renew_delegation_token:
    case api_key::expire_delegation_token:
    case api_key::describe_delegation_token:
    case api_key::alter_user_scram_credentials:
    case api_key::alter_configs:
    case api_key::incremental_alter_configs:
    case api_key::envelope:
      return true;
    default:
      return false;
  }
}

description describe(const message& what, bool with_records, protocol::arena& memory) {
  description out;
  if (what.state != message_state::whole || !what.request) return out;
  const request_head& head = *what.request;
  const bool request = what.way == direction::to_broker;
  out.body_version = request ? head.version : response_version(what.frame, head);
  const auto header = header_size(what.frame, what.way, head, out.body_version);
  const auto* type = find_type(head.api_key, request ? message_kind::request : message_kind::response);
  if (!header) {
    const bool known = type != nullptr && type->has(out.body_version);
    out.trouble = known ? "its header is malformed" : unknown_version(head, request);
    return out;
  }
  std::vector<std::byte> masked;
  const protocol::bytes_view plain = what.frame.subspan(*header);
  const protocol::bytes_view body = request ? without_config_secrets(plain, head, masked) : plain;
  bounded_text shown(most_text);
  protocol_text::json_writer json(shown.stream());
  json.mask_secrets(true);
  json.shorten_bytes(api_key{head.api_key} == api_key::envelope ? 0 : longest_bytes);
  if (auto failed = type->operations().to_json(body, out.body_version, memory, json)) {
    out.trouble = std::move(*failed);
    return out;
  }
  json.flush();
  if (shown.overflowed()) {
    out.trouble = "it would be more than 32 MiB of text";
    return out;
  }
  out.body = shown.take();
  look_into(out, memory);
  if (with_records) out.records = records_in(plain, what.way, head, memory);
  return out;
}

}  // namespace tap
}  // namespace v0
}  // namespace ottla
