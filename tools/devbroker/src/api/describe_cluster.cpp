// DescribeCluster: the nodes and which of them is the controller (KIP-700).
#include "api/answers.hpp"
#include "api/permission.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

enum endpoint_type : std::int8_t { brokers = 1, controllers = 2 };

}  // namespace

verdict answer(call& c, const protocol::DescribeClusterRequest& request, protocol::DescribeClusterResponse& response) {
  if (c.version >= 1 && request.endpoint_type != brokers) {
    answer_error(c, request, response,
                 request.endpoint_type == controllers ? error_code::mismatched_endpoint_type
                                                      : error_code::unsupported_endpoint_type);
    response.error_message = "This is a broker's listener.";
    return verdict::answer;
  }
  response.cluster_id = c.cluster.options.cluster_id;
  response.controller_id = protocol::broker_id{c.cluster.controller_id()};
  response.brokers = c.make<protocol::DescribeClusterResponse::DescribeClusterBroker>(c.cluster.nodes.size());
  std::size_t at = 0;
  for (const node_state& n : c.cluster.nodes) {
    if (!n.up && !request.include_fenced_brokers) continue;
    auto& told = response.brokers[at++];
    told.broker_id = protocol::broker_id{n.about.id};
    told.host = n.about.host;
    told.port = n.about.port;
    if (!n.about.rack.empty()) told.rack = n.about.rack;
    told.is_fenced = !n.up;
  }
  response.brokers = {response.brokers.data(), at};
  if (request.include_cluster_authorized_operations)
    response.cluster_authorized_operations = may_cluster(c, acl_operation::describe) ? allowed_on_cluster(c) : 0;
  return verdict::answer;
}

void answer_error(call&, const protocol::DescribeClusterRequest&, protocol::DescribeClusterResponse& response,
                  error_code error) {
  response.error_code = error;
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
