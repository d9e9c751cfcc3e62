// Which quotas there are, and of what; what a value of theirs may be.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "quotas/client_quotas.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

/// Empty if there can be quotas of such an entity, else one sentence that says why not.
std::string why_no_entity(const quota_entity& entity);
/// Empty if the entity can have this quota, else why not. Only the byte rates are in force here.
std::string why_no_quota(const quota_entity& entity, std::string_view key);
/// Empty if the quota can have this value, which is above zero, and whole where it counts bytes.
std::string why_no_value(std::string_view key, double value);

}  // namespace mock
}  // namespace v0
}  // namespace ottla
