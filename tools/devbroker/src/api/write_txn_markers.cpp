// WriteTxnMarkers: ends transactions in single partitions. Brokers send it to each other, and an administrator whose
// transaction hangs (KIP-664).
#include "api/answers.hpp"
#include "api/permission.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

using protocol::WriteTxnMarkersRequest;
using protocol::WriteTxnMarkersResponse;

error_code write(call& c, const end_marker& marker, std::string_view topic_name, std::int32_t index) {
  if (topic_name == offsets_topic && index >= 0 && index < offsets_partitions) {
    c.cluster.groups.decide(index, marker.producer_id, marker.commit);
    ++c.cluster.changes;
    return error_code::none;
  }
  topic* in = c.cluster.topics.find(topic_name);
  const located found = locate(c, in, index);
  if (found.error != error_code::none) return found.error;
  if (marker.producer_id < 0 || marker.producer_epoch < 0) return error_code::unknown_server_error;
  return c.cluster.append(*in, *found.where, marker, c.now).value_or(error_code::kafka_storage_error);
}

/// Fills the response's shape; `decide` says each partition's error.
template <class F>
void tell(call& c, const WriteTxnMarkersRequest& request, WriteTxnMarkersResponse& response, F&& decide) {
  response.markers = c.make<WriteTxnMarkersResponse::WritableTxnMarkerResult>(request.markers.size());
  for (std::size_t m = 0; m < request.markers.size(); ++m) {
    const auto& asked = request.markers[m];
    response.markers[m].producer_id = asked.producer_id;
    auto& topics = response.markers[m].topics;
    topics = c.make<WriteTxnMarkersResponse::WritableTxnMarkerTopicResult>(asked.topics.size());
    for (std::size_t t = 0; t < asked.topics.size(); ++t) {
      const auto& indexes = asked.topics[t].partition_indexes;
      topics[t].name = asked.topics[t].name;
      topics[t].partitions = c.make<WriteTxnMarkersResponse::WritableTxnMarkerPartitionResult>(indexes.size());
      for (std::size_t p = 0; p < indexes.size(); ++p)
        topics[t].partitions[p] = {indexes[p], decide(asked, topics[t].name, indexes[p]), {}};
    }
  }
}

}  // namespace

verdict answer(call& c, const WriteTxnMarkersRequest& request, WriteTxnMarkersResponse& response) {
  if (!may_cluster(c, acl_operation::cluster_action) && !may_cluster(c, acl_operation::alter)) {
    answer_error(c, request, response, error_code::cluster_authorization_failed);
    return verdict::answer;
  }
  tell(c, request, response, [&](const auto& asked, std::string_view topic_name, std::int32_t index) {
    const end_marker marker{.producer_id = static_cast<std::int64_t>(asked.producer_id),
                            .producer_epoch = asked.producer_epoch,
                            .commit = asked.transaction_result,
                            .coordinator_epoch = asked.coordinator_epoch,
                            .transaction_version = asked.transaction_version};
    return write(c, marker, topic_name, index);
  });
  return verdict::answer;
}

void answer_error(call& c, const WriteTxnMarkersRequest& request, WriteTxnMarkersResponse& response, error_code error) {
  tell(c, request, response, [&](const auto&, std::string_view, std::int32_t) { return error; });
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
