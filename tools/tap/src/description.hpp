// A message decoded: its body as JSON, the errors and the throttling in it, its records on demand.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "ottla/protocol/arena.hpp"
#include "ottla/protocol_text/json_value.hpp"
#include "ottla/tap/message.hpp"

namespace ottla {
inline namespace v0 {
namespace tap {

struct description {
  std::string body{};                         ///< a JSON object; empty: it was not decoded
  std::string trouble{};                      ///< why not
  std::int16_t body_version = 0;              ///< differs from the request's where ApiVersions fell back
  protocol_text::json_value* tree = nullptr;  ///< the body again, in the arena
  std::map<std::string, int> errors{};        ///< each error code that is not 0, by name, and how often
  std::optional<std::int64_t> throttle_time_ms{};
  std::string records{};  ///< a JSON array, an element for each partition; empty: not asked for, or none
};

/// The tree lives in `memory`.
description describe(const message& what, bool with_records, protocol::arena& memory);

/// Whether an undecoded frame of this API must not be shown even in part.
bool holds_secrets(std::int16_t api_key);

}  // namespace tap
}  // namespace v0
}  // namespace ottla
