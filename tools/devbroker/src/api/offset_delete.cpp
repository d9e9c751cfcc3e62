// OffsetDelete: forgets what a group has committed for topics that no member reads (KIP-496).
#include "api/answers.hpp"
#include "api/group_call.hpp"
#include "api/permission.hpp"
#include "groups/subscription.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

namespace {

using protocol::OffsetDeleteRequest;
using protocol::OffsetDeleteResponse;

error_code why_not(call& c, const group& from, std::string_view topic_name, std::int32_t index) {
  if (!may_topic(c, acl_operation::read, topic_name)) return error_code::topic_authorization_failed;
  const topic* known = c.cluster.topics.find(topic_name);
  if (known == nullptr || known->find(index) == nullptr) return error_code::unknown_topic_or_partition;
  return is_subscribed(from, topic_name) ? error_code::group_subscribed_to_topic : error_code::none;
}

}  // namespace

verdict answer(call& c, const OffsetDeleteRequest& request, OffsetDeleteResponse& response) {
  response.error_code = may_group(c, acl_operation::remove, request.group_id) ? wrong_group(c, request.group_id)
                                                                              : error_code::group_authorization_failed;
  if (response.error_code != error_code::none) return verdict::answer;
  group* from = c.cluster.groups.find(request.group_id);
  if (from == nullptr) {
    response.error_code = error_code::group_id_not_found;
    return verdict::answer;
  }
  // Of members that are no consumers nobody knows what they read.
  if (!from->members().empty() && from->protocol_type() != consumer_protocol_type) {
    response.error_code = error_code::non_empty_group;
    return verdict::answer;
  }
  response.topics = c.make<OffsetDeleteResponse::OffsetDeleteResponseTopic>(request.topics.size());
  for (std::size_t t = 0; t < request.topics.size(); ++t) {
    const auto& asked = request.topics[t];
    auto& told = response.topics[t];
    told.name = asked.name;
    told.partitions = c.make<OffsetDeleteResponse::OffsetDeleteResponsePartition>(asked.partitions.size());
    for (std::size_t p = 0; p < asked.partitions.size(); ++p) {
      const std::int32_t index = asked.partitions[p].partition_index;
      told.partitions[p].partition_index = index;
      told.partitions[p].error_code = why_not(c, *from, asked.name, index);
      if (told.partitions[p].error_code != error_code::none) continue;
      c.cluster.groups.forget(*from, asked.name, index);
    }
  }
  c.cluster.touched(*from);
  return verdict::answer;
}

void answer_error(call&, const OffsetDeleteRequest&, OffsetDeleteResponse& response, error_code error) {
  response.error_code = error;
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
