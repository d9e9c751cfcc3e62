// What a test forbids, as JSON and back.
#pragma once
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "ottla/mock/acl.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

nlohmann::ordered_json to_json(const acl& forbidden);

/// Empty when `out` is what the JSON says, else why it is not something to forbid.
std::string read_forbidden(const nlohmann::json& in, acl& out);

}  // namespace mock
}  // namespace v0
}  // namespace ottla
