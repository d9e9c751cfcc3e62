// AlterPartitionReassignments (KIP-455): other replicas for a partition, or another order of them. It takes no time
// here: nothing has to be copied, so that nothing is ever under way.
#include "api/answers.hpp"
#include "api/permission.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

using protocol::AlterPartitionReassignmentsRequest;
using protocol::AlterPartitionReassignmentsResponse;
using moved_partition = AlterPartitionReassignmentsResponse::ReassignablePartitionResponse;

void refuse(call& c, moved_partition& out, error_code error, std::string_view why) {
  out.error_code = error;
  out.error_message = c.copy(why);
}

template <class Each>
void for_each_partition(call& c, const AlterPartitionReassignmentsRequest& request,
                        AlterPartitionReassignmentsResponse& response, Each each) {
  response.error_message = std::nullopt;
  response.responses = c.make<AlterPartitionReassignmentsResponse::ReassignableTopicResponse>(request.topics.size());
  for (std::size_t t = 0; t < request.topics.size(); ++t) {
    const auto& asked = request.topics[t];
    auto& told = response.responses[t];
    told.name = asked.name;
    told.partitions = c.make<moved_partition>(asked.partitions.size());
    for (std::size_t p = 0; p < asked.partitions.size(); ++p) {
      told.partitions[p].partition_index = asked.partitions[p].partition_index;
      told.partitions[p].error_message = std::nullopt;
      each(asked.name, asked.partitions[p], told.partitions[p]);
    }
  }
}

}  // namespace

verdict answer(call& c, const AlterPartitionReassignmentsRequest& request,
               AlterPartitionReassignmentsResponse& response) {
  if (!may_cluster(c, acl_operation::alter)) {
    answer_error(c, request, response, error_code::cluster_authorization_failed);
    return verdict::answer;
  }
  response.allow_replication_factor_change = request.allow_replication_factor_change;
  for_each_partition(c, request, response, [&](std::string_view name, const auto& asked, moved_partition& told) {
    topic* t = c.cluster.topics.find(name);
    partition* p = t == nullptr ? nullptr : t->find(asked.partition_index);
    if (p == nullptr) return refuse(c, told, error_code::unknown_topic_or_partition, "There is no such partition.");
    if (!asked.replicas)
      return refuse(c, told, error_code::no_reassignment_in_progress, "There is nothing to be called off.");
    std::vector<std::int32_t> replicas;
    for (const auto id : *asked.replicas) replicas.push_back(static_cast<std::int32_t>(id));
    if (const auto error = c.cluster.check_replicas(replicas, replicas.size()))
      return refuse(c, told, error->error, error->why);
    if (!request.allow_replication_factor_change && replicas.size() != p->replicas.size())
      return refuse(c, told, error_code::invalid_replication_factor, "The number of replicas shall not change.");
    c.cluster.reassign(*t, *p, std::move(replicas));
  });
  return verdict::answer;
}

void answer_error(call& c, const AlterPartitionReassignmentsRequest& request,
                  AlterPartitionReassignmentsResponse& response, error_code error) {
  response.error_code = error;
  for_each_partition(c, request, response,
                     [&](std::string_view, const auto&, moved_partition& told) { told.error_code = error; });
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
