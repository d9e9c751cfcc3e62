// OffsetForLeaderEpoch: where a leader's reign ended, so that a reader can tell whether its history still holds
// (KIP-320).
#include "api/answers.hpp"
#include "api/permission.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

using protocol::OffsetForLeaderEpochRequest;
using protocol::OffsetForLeaderEpochResponse;
using epoch_partition = OffsetForLeaderEpochResponse::EpochEndOffset;

template <class Each>
void for_each_partition(call& c, const OffsetForLeaderEpochRequest& request, OffsetForLeaderEpochResponse& response,
                        Each each) {
  response.topics = c.make<OffsetForLeaderEpochResponse::OffsetForLeaderTopicResult>(request.topics.size());
  for (std::size_t t = 0; t < request.topics.size(); ++t) {
    const auto& asked = request.topics[t];
    auto& told = response.topics[t];
    told.topic = asked.topic;
    told.partitions = c.make<epoch_partition>(asked.partitions.size());
    for (std::size_t p = 0; p < asked.partitions.size(); ++p) {
      told.partitions[p].partition = asked.partitions[p].partition;
      each(asked, asked.partitions[p], told.partitions[p]);
    }
  }
}

}  // namespace

verdict answer(call& c, const OffsetForLeaderEpochRequest& request, OffsetForLeaderEpochResponse& response) {
  for_each_partition(c, request, response, [&](const auto& of_topic, const auto& asked, epoch_partition& told) {
    // Brokers ask this of each other: they need no permission for the topic.
    if (!may_cluster(c, acl_operation::cluster_action) && !may_topic(c, acl_operation::describe, of_topic.topic)) {
      told.error_code = error_code::topic_authorization_failed;
      return;
    }
    const located found = locate(c, c.cluster.topics.find(of_topic.topic), asked.partition, asked.current_leader_epoch);
    told.error_code = found.error;
    if (found.error != error_code::none) return;
    const partition& p = *found.where;
    const epoch_end end = p.log.epochs().end_of(asked.leader_epoch, p.log.end_offset());
    told.leader_epoch = end.epoch;
    told.end_offset = end.end_offset;
  });
  return verdict::answer;
}

void answer_error(call& c, const OffsetForLeaderEpochRequest& request, OffsetForLeaderEpochResponse& response,
                  error_code error) {
  for_each_partition(c, request, response,
                     [&](const auto&, const auto&, epoch_partition& told) { told.error_code = error; });
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
