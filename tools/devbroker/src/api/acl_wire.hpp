// Access control entries in the requests' words, the same in all three of their APIs.
#pragma once
#include "api/call.hpp"
#include "security/acl_filter.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

/// Kafka does not read a request that says "unknown" in as many words, and closes.
template <class Filter>
bool says_unknown(const Filter& asked) {
  return asked.resource_type_filter == 0 || asked.pattern_type_filter == 0 || asked.operation == 0 ||
         asked.permission_type == 0;
}

/// Numbers that mean nothing fit nothing.
template <class Filter>
acl_filter filter_of(const Filter& asked) {
  return {resource_kind_of(asked.resource_type_filter),
          asked.resource_name_filter,
          pattern_kind_of(asked.pattern_type_filter),
          asked.principal_filter,
          asked.host_filter,
          acl_operation_of(asked.operation),
          acl_permission_of(asked.permission_type)};
}

inline bool has_unknown(const acl_filter& filter) {
  return filter.resource == resource_kind::unknown || filter.pattern == pattern_kind::unknown ||
         filter.operation == acl_operation::unknown || filter.permission == acl_permission::unknown;
}

/// What is said of who and what, in a description or a list of what has gone.
template <class Description>
void describe(call& c, const acl& entry, Description& told) {
  told.principal = c.copy(entry.principal);
  told.host = c.copy(entry.host);
  told.operation = static_cast<std::int8_t>(entry.operation);
  told.permission_type = static_cast<std::int8_t>(entry.permission);
}

inline constexpr std::string_view no_authorizer = "This broker has no authorizer.";
inline constexpr std::string_view not_for_this_client = "This client may not change who may do what.";
inline constexpr std::string_view unreadable = "an access control entry of an unknown kind";

}  // namespace mock
}  // namespace v0
}  // namespace ottla
