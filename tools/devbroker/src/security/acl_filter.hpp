// Questions about access control entries: which of them fit, and what an entry has to look like.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "ottla/mock/acl.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

/// What is left out fits everything.
struct acl_filter {
  resource_kind resource = resource_kind::any;
  std::optional<std::string_view> name = std::nullopt;
  pattern_kind pattern = pattern_kind::any;
  std::optional<std::string_view> principal = std::nullopt;
  std::optional<std::string_view> host = std::nullopt;
  acl_operation operation = acl_operation::any;
  acl_permission permission = acl_permission::any;

  bool fits(const acl& entry) const;
};

/// Numbers of the protocol that are none of ours become `unknown`.
resource_kind resource_kind_of(std::int8_t number);
pattern_kind pattern_kind_of(std::int8_t number);
acl_operation acl_operation_of(std::int8_t number);
acl_permission acl_permission_of(std::int8_t number);

/// Empty if the entry can be made, else one sentence that says why not.
std::string why_invalid(const acl& entry);

/// Whether an entry's pattern takes in this name.
bool applies_to(const acl& entry, std::string_view name);

}  // namespace mock
}  // namespace v0
}  // namespace ottla
