// What a handler asks before it does something: may this client?
#pragma once
#include "api/call.hpp"
#include "sasl/authentication.hpp"
#include "security/authorizer.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

/// Null for what the broker asks of itself: that may do everything.
inline requester requester_of(const call& c) { return {c.who->principal(), c.who->host()}; }

inline bool may(const call& c, acl_operation what, resource_kind of, std::string_view name) {
  return c.who == nullptr || c.cluster.rights.allows(requester_of(c), what, of, name);
}
inline bool may_topic(const call& c, acl_operation what, std::string_view name) {
  return may(c, what, resource_kind::topic, name);
}
inline bool may_group(const call& c, acl_operation what, std::string_view id) {
  return may(c, what, resource_kind::group, id);
}
inline bool may_transaction(const call& c, acl_operation what, std::string_view id) {
  return may(c, what, resource_kind::transactional_id, id);
}
inline bool may_cluster(const call& c, acl_operation what) {
  return may(c, what, resource_kind::cluster, cluster_resource_name);
}
inline bool may_somewhere(const call& c, acl_operation what, resource_kind of) {
  return c.who == nullptr || c.cluster.rights.allows_somewhere(requester_of(c), what, of);
}

/// The bit fields of "what may I do here" (KIP-430).
inline std::int32_t allowed_operations(const call& c, resource_kind of, std::string_view name) {
  return c.who == nullptr ? 0 : c.cluster.rights.allowed_operations(requester_of(c), of, name);
}
inline std::int32_t allowed_on_cluster(const call& c) {
  return allowed_operations(c, resource_kind::cluster, cluster_resource_name);
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
