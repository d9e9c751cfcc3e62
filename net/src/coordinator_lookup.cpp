// coordinator_lookup: filling and reading FindCoordinator.
#include "ottla/net/coordinator_lookup.hpp"

#include <algorithm>

#include "ottla/protocol/find_coordinator.hpp"

namespace ottla {
inline namespace v0 {
namespace {

using protocol::error_code;
using protocol::FindCoordinatorRequest;
using protocol::FindCoordinatorResponse;

constexpr std::int16_t first_version_with_many = 4;

std::string asked_about(coordinator_kind kind, const std::string& key) {
  const char* const names[] = {"group ", "transactional id ", "share partition "};
  return std::string("find the coordinator of ") + names[static_cast<int>(kind)] + key;
}

error useless(std::string asked, const response& answer, std::string detail) {
  error_context context;
  context.asked = std::move(asked);
  context.broker = answer.broker;
  context.detail = std::move(detail);
  return error(client_code::malformed_response, std::move(context));
}

/// Version 0 to 3 and the entries of later ones have the same fields in two places.
template <class Told>
located_coordinator located(const Told& told, const std::string& key, coordinator_kind kind, const response& answer) {
  located_coordinator out;
  out.key = key;
  if (told.error_code != error_code::none) {
    error_context context;
    context.asked = asked_about(kind, key);
    context.broker = answer.broker;
    context.detail = std::string(told.error_message.value_or(""));
    out.failure = error(told.error_code, std::move(context));
  } else if (static_cast<std::int32_t>(told.node_id) < 0 || told.host.empty() || told.port < 1 || told.port > 65535) {
    out.failure = useless(asked_about(kind, key), answer, "the coordinator's address makes no sense");
  } else {
    out.broker = told.node_id;
    out.address = {std::string(told.host), static_cast<std::uint16_t>(told.port)};
  }
  return out;
}

}  // namespace

request find_coordinators(std::vector<std::string> keys, coordinator_kind kind) {
  request out = make_request<FindCoordinatorRequest>(
      [keys = std::move(keys), kind](FindCoordinatorRequest& message, std::int16_t version, protocol::arena& memory) {
        if (version >= 1) message.key_type = static_cast<std::int8_t>(kind);
        if (version < first_version_with_many) {
          message.key = keys.front();
          return;
        }
        auto* list = memory.make<std::string_view>(keys.size());
        std::copy(keys.begin(), keys.end(), list);
        message.coordinator_keys = {list, keys.size()};
      });
  if (kind != coordinator_kind::group) out.min_version = 1;  // 0 knows groups alone
  return out;
}

result<std::vector<located_coordinator>> read_coordinators(const response& answer, std::span<const std::string> keys,
                                                           coordinator_kind kind) {
  const auto message = decode<FindCoordinatorResponse>(answer);
  if (!message) return unexpected(message.error());
  const FindCoordinatorResponse& told = **message;
  std::vector<located_coordinator> out;
  if (answer.version < first_version_with_many) {
    out.push_back(located(told, keys.front(), kind, answer));
    return out;
  }
  for (const std::string& key : keys) {
    const auto* found = std::find_if(told.coordinators.begin(), told.coordinators.end(),
                                     [&](const auto& one) { return one.key == key; });
    if (found != told.coordinators.end()) {
      out.push_back(located(*found, key, kind, answer));
    } else {
      located_coordinator& missing = out.emplace_back();
      missing.key = key;
      missing.failure = useless(asked_about(kind, key), answer, "the answer does not mention it");
    }
  }
  return out;
}

}  // namespace v0
}  // namespace ottla
