// OffsetCommit: by name, or by id from version 10.
#include "api/answers.hpp"
#include "api/group_call.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

namespace {

using protocol::OffsetCommitRequest;
using protocol::OffsetCommitResponse;
constexpr std::int16_t first_version_with_missing_group = 9;
constexpr std::int16_t first_version_with_ids = 10;

/// The group if the sender may commit into it.
group* open(call& c, const OffsetCommitRequest& request, error_code& error) {
  error = wrong_coordinator(c, request.group_id);
  if (error != error_code::none) return nullptr;
  const error_code unknown =
      c.version >= first_version_with_missing_group ? error_code::group_id_not_found : error_code::illegal_generation;
  group* into = group_to_commit_to(c, request.group_id, request.generation_id_or_member_epoch, unknown, error);
  if (into == nullptr) return nullptr;
  error = into->check_commit({request.member_id, request.group_instance_id, request.generation_id_or_member_epoch},
                             c.now.mono);
  return into;
}

error_code commit(call& c, group& into, std::string_view topic_name, const topic* known,
                  const OffsetCommitRequest::OffsetCommitRequestPartition& asked) {
  if (known == nullptr)
    return c.version >= first_version_with_ids ? error_code::unknown_topic_id : error_code::unknown_topic_or_partition;
  if (known->find(asked.partition_index) == nullptr) return error_code::unknown_topic_or_partition;
  const std::string_view metadata = asked.committed_metadata.value_or("");
  if (const error_code why = check_offset_size(c, topic_name, metadata); why != error_code::none) return why;
  c.cluster.groups.commit(into, topic_name, asked.partition_index,
                          {asked.committed_offset, asked.committed_leader_epoch, std::string(metadata)});
  return error_code::none;
}

/// One answer per partition; `decide` says which.
template <class F>
void tell(call& c, const OffsetCommitRequest& request, OffsetCommitResponse& response, F&& decide) {
  response.topics = c.make<OffsetCommitResponse::OffsetCommitResponseTopic>(request.topics.size());
  for (std::size_t t = 0; t < request.topics.size(); ++t) {
    const auto& asked = request.topics[t];
    auto& told = response.topics[t];
    told.name = asked.name;
    told.topic_id = asked.topic_id;
    told.partitions = c.make<OffsetCommitResponse::OffsetCommitResponsePartition>(asked.partitions.size());
    for (std::size_t p = 0; p < asked.partitions.size(); ++p) {
      told.partitions[p].partition_index = asked.partitions[p].partition_index;
      told.partitions[p].error_code = decide(asked, asked.partitions[p]);
    }
  }
}

}  // namespace

verdict answer(call& c, const OffsetCommitRequest& request, OffsetCommitResponse& response) {
  error_code error = error_code::none;
  group* into = open(c, request, error);
  tell(c, request, response, [&](const auto& of_topic, const auto& asked) {
    if (error != error_code::none) return error;
    const topic* known = c.version >= first_version_with_ids ? c.cluster.topics.find(of_topic.topic_id)
                                                             : c.cluster.topics.find(of_topic.name);
    return commit(c, *into, known == nullptr ? std::string_view() : std::string_view(known->name), known, asked);
  });
  if (into != nullptr) c.cluster.touched(*into);
  return verdict::answer;
}

void answer_error(call& c, const OffsetCommitRequest& request, OffsetCommitResponse& response, error_code error) {
  tell(c, request, response, [&](const auto&, const auto&) { return error; });
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
