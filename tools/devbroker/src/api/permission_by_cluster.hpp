// What may be done with a topic, or with all of them by a permission for the cluster: making and deleting topics.
#pragma once
#include <algorithm>

#include "api/permission.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

inline bool may_by_topic_or_cluster(const call& c, acl_operation what, std::string_view name) {
  if (c.who == nullptr || may_topic(c, what, name)) return true;
  // What a test forbids of a topic no permission for the cluster gives back.
  const auto& forbidden = c.cluster.rights.forbidden;
  const bool is_forbidden = std::any_of(forbidden.begin(), forbidden.end(), [&](const acl& said) {
    const acl_filter about{.resource = resource_kind::topic, .name = name, .pattern = pattern_kind::match};
    return about.fits(said) && (said.operation == what || said.operation == acl_operation::all) &&
           (said.principal == "User:*" || said.principal == c.who->principal()) &&
           (said.host == "*" || said.host == c.who->host());
  });
  return !is_forbidden && may_cluster(c, what);
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
