// DescribeAcls: the access control entries that fit a filter, by resource (KIP-140, KIP-290).
#include "api/acl_wire.hpp"
#include "api/answers.hpp"
#include "api/permission.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

using protocol::DescribeAclsRequest;
using protocol::DescribeAclsResponse;

bool are_of_one_resource(const acl& a, const acl& b) {
  return a.resource == b.resource && a.name == b.name && a.pattern == b.pattern;
}

void tell(call& c, const std::vector<acl>& entries, DescribeAclsResponse& response) {
  response.resources = c.make<DescribeAclsResponse::DescribeAclsResource>(entries.size());
  auto all = c.make<DescribeAclsResponse::AclDescription>(entries.size());
  std::size_t count = 0, begin = 0;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (i == 0 || !are_of_one_resource(entries[i - 1], entries[i])) {
      auto& told = response.resources[count++];
      told.resource_type = static_cast<std::int8_t>(entries[i].resource);
      told.resource_name = c.copy(entries[i].name);
      told.pattern_type = static_cast<std::int8_t>(entries[i].pattern);
      begin = i;
    }
    describe(c, entries[i], all[i]);
    response.resources[count - 1].acls = {all.data() + begin, i + 1 - begin};
  }
  response.resources = {response.resources.data(), count};
}

}  // namespace

verdict answer(call& c, const DescribeAclsRequest& request, DescribeAclsResponse& response) {
  if (says_unknown(request)) {
    c.close_reason = unreadable;
    return verdict::close;
  }
  if (!may_cluster(c, acl_operation::describe)) {
    answer_error(c, request, response, error_code::cluster_authorization_failed);
  } else if (!c.cluster.rights.is_on()) {
    answer_error(c, request, response, error_code::security_disabled);
    response.error_message = no_authorizer;
  } else {
    tell(c, c.cluster.rights.fitting(filter_of(request)), response);
  }
  return verdict::answer;
}

void answer_error(call&, const DescribeAclsRequest&, DescribeAclsResponse& response, error_code error) {
  response.error_code = error;
  response.error_message = std::nullopt;
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
