// OffsetCommit: by name, or by id from version 10.
#include "api/answers.hpp"
#include "api/group_call.hpp"
#include "api/permission.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

namespace {

using protocol::OffsetCommitRequest;
using protocol::OffsetCommitResponse;
constexpr std::int16_t first_commit_with_missing_group = 9;
constexpr std::int16_t first_commit_with_ids = 10;

/// The group if the sender may commit into it. What depends on the partition is asked of `permission`.
group* open(call& c, const OffsetCommitRequest& request, consumer_group::commit_permission& permission) {
  error_code& error = permission.error;
  error = may_group(c, acl_operation::read, request.group_id) ? wrong_coordinator(c, request.group_id)
                                                              : error_code::group_authorization_failed;
  if (error != error_code::none) return nullptr;
  const error_code unknown =
      c.version >= first_commit_with_missing_group ? error_code::group_id_not_found : error_code::illegal_generation;
  group* into = group_to_commit_to(c, request.group_id, request.generation_id_or_member_epoch, unknown, error);
  if (into == nullptr) return nullptr;
  if (const consumer_group* consumer = into->consumer()) {
    permission = consumer->check_commit(request.member_id, request.group_instance_id.has_value(),
                                        request.generation_id_or_member_epoch, false);
    const bool is_member = error != error_code::unknown_member_id && !consumer->members().empty();
    if (is_member && c.version < first_commit_with_missing_group) permission = {error_code::unsupported_version};
    return into;
  }
  error = into->check_commit({request.member_id, request.group_instance_id, request.generation_id_or_member_epoch},
                             c.now.mono);
  return into;
}

struct committer {
  consumer_group::commit_permission permission = {};
  std::int32_t epoch = -1;
};

error_code commit(call& c, group& into, const committer& by, std::string_view topic_name, const topic* known,
                  const OffsetCommitRequest::OffsetCommitRequestPartition& asked) {
  if (known == nullptr)
    return c.version >= first_commit_with_ids ? error_code::unknown_topic_id : error_code::unknown_topic_or_partition;
  if (known->find(asked.partition_index) == nullptr) return error_code::unknown_topic_or_partition;
  if (by.permission.each != nullptr) {
    const error_code late =
        consumer_group::check_commit(*by.permission.each, by.epoch, known->id, asked.partition_index);
    if (late != error_code::none) return late;
  }
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
  committer by{.epoch = request.generation_id_or_member_epoch};
  group* into = open(c, request, by.permission);
  tell(c, request, response, [&](const auto& of_topic, const auto& asked) {
    if (by.permission.error == error_code::group_authorization_failed) return by.permission.error;
    const topic* known = c.version >= first_commit_with_ids ? c.cluster.topics.find(of_topic.topic_id)
                                                            : c.cluster.topics.find(of_topic.name);
    const bool is_named = known != nullptr || c.version < first_commit_with_ids;
    if (is_named &&
        !may_topic(c, acl_operation::read, known == nullptr ? of_topic.name : std::string_view(known->name)))
      return error_code::topic_authorization_failed;
    if (by.permission.error != error_code::none) return by.permission.error;
    return commit(c, *into, by, known == nullptr ? std::string_view() : std::string_view(known->name), known, asked);
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
