// ListGroups: the groups that this node coordinates, by state (KIP-518) and type (KIP-848).
#include <algorithm>
#include <vector>

#include "api/answers.hpp"
#include "api/permission.hpp"
#include "groups/subscription.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

namespace {

std::string_view type_of(const group& g) { return g.consumer() != nullptr ? "consumer" : "classic"; }

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// Upper and lower case are the same here; an empty filter lets everything through.
bool passes(const protocol::array<std::string_view>& filter, std::string_view value) {
  return filter.empty() || std::any_of(filter.begin(), filter.end(), [&](std::string_view wanted) {
           return std::equal(wanted.begin(), wanted.end(), value.begin(), value.end(),
                             [](char a, char b) { return lower(a) == lower(b); });
         });
}

}  // namespace

verdict answer(call& c, const protocol::ListGroupsRequest& request, protocol::ListGroupsResponse& response) {
  std::vector<const group*> found;
  const bool may_see_all = may_cluster(c, acl_operation::describe);
  c.cluster.groups.for_each_on(c.node_index, [&](const group& g) {
    if (!passes(request.states_filter, g.state_name()) || !passes(request.types_filter, type_of(g))) return;
    if (may_see_all || may_group(c, acl_operation::describe, g.id())) found.push_back(&g);
  });
  response.groups = c.make<protocol::ListGroupsResponse::ListedGroup>(found.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    response.groups[i].group_id = found[i]->id();
    response.groups[i].protocol_type =
        found[i]->consumer() != nullptr ? consumer_protocol_type : found[i]->protocol_type();
    response.groups[i].group_state = found[i]->state_name();
    response.groups[i].group_type = type_of(*found[i]);
  }
  return verdict::answer;
}

void answer_error(call&, const protocol::ListGroupsRequest&, protocol::ListGroupsResponse& response, error_code error) {
  response.error_code = error;
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
