// Questions about access control entries: which of them fit, and what an entry has to look like.
#include "security/acl_filter.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

template <class Kind>
Kind known(std::int8_t number, Kind last) {
  const bool is_known = number > 0 && number <= static_cast<std::int8_t>(last);
  return is_known ? static_cast<Kind>(number) : Kind::unknown;
}

bool fits_name(const acl_filter& asked, const acl& entry) {
  if (asked.pattern != pattern_kind::any && asked.pattern != pattern_kind::match && asked.pattern != entry.pattern)
    return false;
  if (!asked.name) return true;
  return asked.pattern == pattern_kind::match ? applies_to(entry, *asked.name) : *asked.name == entry.name;
}

}  // namespace

resource_kind resource_kind_of(std::int8_t number) { return known(number, resource_kind::user); }
pattern_kind pattern_kind_of(std::int8_t number) { return known(number, pattern_kind::prefixed); }
acl_operation acl_operation_of(std::int8_t number) { return known(number, acl_operation::two_phase_commit); }
acl_permission acl_permission_of(std::int8_t number) { return known(number, acl_permission::allow); }

bool applies_to(const acl& entry, std::string_view name) {
  if (entry.pattern == pattern_kind::prefixed) return name.starts_with(entry.name);
  return entry.name == name || entry.name == "*";
}

bool acl_filter::fits(const acl& entry) const {
  return (resource == resource_kind::any || resource == entry.resource) && fits_name(*this, entry) &&
         (!principal || *principal == entry.principal) && (!host || *host == entry.host) &&
         (operation == acl_operation::any || operation == entry.operation) &&
         (permission == acl_permission::any || permission == entry.permission);
}

std::string why_invalid(const acl& entry) {
  if (entry.resource == resource_kind::unknown || entry.resource == resource_kind::any)
    return "An entry is about one kind of resource.";
  if (entry.pattern != pattern_kind::literal && entry.pattern != pattern_kind::prefixed)
    return "The pattern of an entry is literal or prefixed.";
  if (entry.operation == acl_operation::unknown || entry.operation == acl_operation::any)
    return "An entry is about one operation, or all.";
  if (entry.permission != acl_permission::deny && entry.permission != acl_permission::allow)
    return "An entry allows or denies.";
  if (entry.name.empty()) return "The name of the resource is empty.";
  if (entry.resource == resource_kind::cluster && entry.name != cluster_resource_name)
    return std::string("The cluster's only name is ") + cluster_resource_name + ".";
  if (entry.principal.find(':') == std::string::npos) return "A principal is written TYPE:NAME.";
  return {};
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
