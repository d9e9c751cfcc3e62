// ElectLeaders: the preferred replica leads again (KIP-183), or one that lags where none else is left (KIP-460).
#include "api/answers.hpp"
#include "api/permission.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

using protocol::ElectLeadersRequest;
using protocol::ElectLeadersResponse;
using elected_topic = ElectLeadersResponse::ReplicaElectionResult;
using elected_partition = ElectLeadersResponse::PartitionResult;
enum election_type : std::int8_t { preferred = 0, unclean = 1 };

std::string_view why(error_code error) {
  switch (error) {
    case error_code::unknown_topic_or_partition:
      return "There is no such partition.";
    case error_code::election_not_needed:
      return "It has the leader that it should have.";
    case error_code::preferred_leader_not_available:
      return "Its first replica is down or not in sync.";
    case error_code::eligible_leaders_not_available:
      return "None of its replicas is up.";
    default:
      return {};
  }
}

void tell(std::int32_t index, error_code error, elected_partition& told) {
  told.partition_id = index;
  told.error_code = error;
  told.error_message = std::nullopt;
  if (error != error_code::none) told.error_message = why(error);
}

error_code elect(call& c, partition* p, std::int8_t type) {
  if (p == nullptr) return error_code::unknown_topic_or_partition;
  return type == unclean ? c.cluster.elect_unclean(*p) : c.cluster.elect_preferred(*p);
}

/// Every partition there is; told are those that did not have the right leader.
void elect_everywhere(call& c, std::int8_t type, ElectLeadersResponse& response) {
  const auto& all = c.cluster.topics.all();
  response.replica_election_results = c.make<elected_topic>(all.size());
  std::size_t at = 0;
  for (const auto& [name, t] : all) {
    elected_topic& told = response.replica_election_results[at++];
    told.topic = t->name;
    told.partition_result = c.make<elected_partition>(t->partitions.size());
    std::size_t count = 0;
    for (std::size_t i = 0; i < t->partitions.size(); ++i) {
      const error_code error = elect(c, t->partitions[i].get(), type);
      if (error != error_code::election_not_needed)
        tell(static_cast<std::int32_t>(i), error, told.partition_result[count++]);
    }
    told.partition_result = {told.partition_result.data(), count};
  }
}

template <class Each>
void for_each_named(call& c, const ElectLeadersRequest& request, ElectLeadersResponse& response, Each each) {
  if (!request.topic_partitions) return;
  const auto& topics = *request.topic_partitions;
  response.replica_election_results = c.make<elected_topic>(topics.size());
  for (std::size_t t = 0; t < topics.size(); ++t) {
    elected_topic& told = response.replica_election_results[t];
    told.topic = topics[t].topic;
    told.partition_result = c.make<elected_partition>(topics[t].partitions.size());
    for (std::size_t p = 0; p < topics[t].partitions.size(); ++p) {
      const std::int32_t index = topics[t].partitions[p];
      tell(index, each(topics[t].topic, index), told.partition_result[p]);
    }
  }
}

}  // namespace

verdict answer(call& c, const ElectLeadersRequest& request, ElectLeadersResponse& response) {
  if (!may_cluster(c, acl_operation::alter)) {
    answer_error(c, request, response, error_code::cluster_authorization_failed);
    return verdict::answer;
  }
  if (request.election_type != preferred && request.election_type != unclean) {
    response.error_code = error_code::invalid_request;
    for_each_named(c, request, response, [](std::string_view, std::int32_t) { return error_code::invalid_request; });
    return verdict::answer;
  }
  if (!request.topic_partitions) {
    elect_everywhere(c, request.election_type, response);
    return verdict::answer;
  }
  for_each_named(c, request, response, [&](std::string_view name, std::int32_t index) {
    const topic* t = c.cluster.topics.find(name);
    return elect(c, t == nullptr ? nullptr : t->find(index), request.election_type);
  });
  return verdict::answer;
}

void answer_error(call& c, const ElectLeadersRequest& request, ElectLeadersResponse& response, error_code error) {
  if (c.version >= 1) response.error_code = error;  // before that it stood with the partitions alone
  for_each_named(c, request, response, [&](std::string_view, std::int32_t) { return error; });
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
