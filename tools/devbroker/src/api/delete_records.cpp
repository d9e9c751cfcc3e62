// DeleteRecords: a log begins later from now on (KIP-107).
#include "api/answers.hpp"
#include "api/permission.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

using protocol::DeleteRecordsRequest;
using protocol::DeleteRecordsResponse;
using trimmed_partition = DeleteRecordsResponse::DeleteRecordsPartitionResult;
constexpr std::int64_t up_to_high_watermark = -1;

template <class Each>
void for_each_partition(call& c, const DeleteRecordsRequest& request, DeleteRecordsResponse& response, Each each) {
  response.topics = c.make<DeleteRecordsResponse::DeleteRecordsTopicResult>(request.topics.size());
  for (std::size_t t = 0; t < request.topics.size(); ++t) {
    const auto& asked = request.topics[t];
    auto& told = response.topics[t];
    told.name = asked.name;
    told.partitions = c.make<trimmed_partition>(asked.partitions.size());
    for (std::size_t p = 0; p < asked.partitions.size(); ++p) {
      told.partitions[p].partition_index = asked.partitions[p].partition_index;
      told.partitions[p].low_watermark = -1;
      each(asked.name, asked.partitions[p], told.partitions[p]);
    }
  }
}

error_code remove(call& c, std::string_view topic_name, const DeleteRecordsRequest::DeleteRecordsPartition& asked,
                  trimmed_partition& told) {
  if (!may_topic(c, acl_operation::remove, topic_name)) return error_code::topic_authorization_failed;
  const located found = locate(c, c.cluster.topics.find(topic_name), asked.partition_index);
  if (found.error != error_code::none) return found.error;
  partition& p = *found.where;
  if (!found.in->settings.deletes) return error_code::policy_violation;
  const std::int64_t until = asked.offset == up_to_high_watermark ? p.high_watermark() : asked.offset;
  if (until < 0 || until > p.high_watermark()) return error_code::offset_out_of_range;
  // What lies before the start is gone already: no error, and no change.
  if (until > p.log.start_offset()) c.cluster.cut_front(p, until);
  told.low_watermark = p.log.start_offset();
  return error_code::none;
}

}  // namespace

verdict answer(call& c, const DeleteRecordsRequest& request, DeleteRecordsResponse& response) {
  for_each_partition(c, request, response, [&](std::string_view name, const auto& asked, trimmed_partition& told) {
    told.error_code = remove(c, name, asked, told);
  });
  return verdict::answer;
}

void answer_error(call& c, const DeleteRecordsRequest& request, DeleteRecordsResponse& response, error_code error) {
  for_each_partition(c, request, response,
                     [&](std::string_view, const auto&, trimmed_partition& told) { told.error_code = error; });
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
