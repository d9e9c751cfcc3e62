// OffsetFetch: what a group has committed; from version 8 of many groups (KIP-709), from 10 by topic id.
#include "api/answers.hpp"
#include "api/group_call.hpp"
#include "api/permission.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

namespace {

using protocol::OffsetFetchRequest;
using protocol::OffsetFetchResponse;
using fetched_group = OffsetFetchResponse::OffsetFetchResponseGroup;
constexpr std::int16_t first_version_with_top_error = 2;
constexpr std::int16_t first_offset_fetch_with_many = 8;
constexpr std::int16_t first_offset_fetch_with_ids = 10;

// Until version 7 the topics stand in the response itself, later in a group: the same fields under two names.
void name_topic(call&, OffsetFetchResponse::OffsetFetchResponseTopic& told, std::string_view topic) {
  told.name = topic;
}
void name_topic(call& c, OffsetFetchResponse::OffsetFetchResponseTopics& told, std::string_view topic) {
  told.name = topic;
  const mock::topic* known = c.cluster.topics.find(topic);
  if (known != nullptr) told.topic_id = known->id;
}

template <class Partition>
void tell(const committed_offset* found, error_code error, Partition& told) {
  const bool known = found != nullptr && error == error_code::none;
  told.committed_offset = known ? found->offset : -1;
  told.committed_leader_epoch = known ? found->leader_epoch : -1;
  told.metadata = known ? std::string_view(found->metadata) : std::string_view();
  told.error_code = error;
}

/// What a group has committed, as this request wants to see it.
struct committed_view {
  const group* from = nullptr;
  bool stable_only = false;  // not what an open transaction may yet change (KIP-447)

  const committed_offset* find(std::string_view topic, std::int32_t partition) const {
    return from == nullptr ? nullptr : from->offsets.find(topic, partition);
  }
  error_code check(std::string_view topic, std::int32_t partition) const {
    const bool unstable = stable_only && from != nullptr && from->undecided.any(topic, partition);
    return unstable ? error_code::unstable_offset_commit : error_code::none;
  }
};

error_code wrong_group_to_read(const call& c, std::string_view group_id) {
  return may_group(c, acl_operation::describe, group_id) ? wrong_coordinator(c, group_id)
                                                         : error_code::group_authorization_failed;
}

/// What the topic alone is reason for.
error_code wrong_topic(const call& c, std::string_view name) {
  return may_topic(c, acl_operation::describe, name) ? error_code::none : error_code::topic_authorization_failed;
}

template <class Topic, class Partition>
void tell_all(call& c, const committed_view& view, protocol::array<Topic>& topics) {
  const auto& all = view.from->offsets.all();
  topics = c.make<Topic>(all.size());
  auto told = topics.begin();
  for (const auto& [name, partitions] : all) {
    if (wrong_topic(c, name) != error_code::none) continue;
    name_topic(c, *told, name);
    told->partitions = c.make<Partition>(partitions.size());
    auto at = told->partitions.begin();
    for (const auto& [index, value] : partitions) {
      at->partition_index = index;
      tell(&value, view.check(name, index), *at++);
    }
    ++told;
  }
  topics = {topics.data(), static_cast<std::size_t>(told - topics.begin())};
}

/// The topics that were asked for. `resolve` gives name and error of one.
template <class Partition, class Asked, class Topic, class F>
void tell_asked(call& c, answer_budget& budget, const committed_view& view, const Asked& asked,
                protocol::array<Topic>& topics, F&& resolve) {
  topics = c.make<Topic>(asked.size());
  for (std::size_t t = 0; t < asked.size(); ++t) {
    const auto [name, wrong] = resolve(asked[t], topics[t]);
    const auto& indexes = asked[t].partition_indexes;
    topics[t].partitions = c.make<Partition>(indexes.size());
    for (std::size_t p = 0; p < indexes.size(); ++p) {
      topics[t].partitions[p].partition_index = indexes[p];
      const committed_offset* found = view.find(name, indexes[p]);
      const error_code error = wrong != error_code::none ? wrong : view.check(name, indexes[p]);
      const bool fits = found == nullptr || budget.take(found->metadata.size());
      tell(found, fits ? error : error_code::unknown_server_error, topics[t].partitions[p]);
    }
  }
}

struct resolved {
  std::string_view name;
  error_code error = error_code::none;
};

void answer_old(call& c, const OffsetFetchRequest& request, OffsetFetchResponse& response, error_code error) {
  using topic_answer = OffsetFetchResponse::OffsetFetchResponseTopic;
  using partition_answer = OffsetFetchResponse::OffsetFetchResponsePartition;
  if (c.version >= first_version_with_top_error) response.error_code = error;
  const committed_view view{error == error_code::none ? c.cluster.groups.find(request.group_id) : nullptr,
                            request.require_stable};
  if (!request.topics) {
    if (view.from != nullptr) tell_all<topic_answer, partition_answer>(c, view, response.topics);
    return;
  }
  answer_budget budget;
  tell_asked<partition_answer>(c, budget, view, *request.topics, response.topics, [&](const auto& asked, auto& told) {
    told.name = asked.name;
    return resolved{asked.name, error != error_code::none ? error : wrong_topic(c, asked.name)};
  });
}

void answer_group(call& c, answer_budget& budget, const OffsetFetchRequest::OffsetFetchRequestGroup& request,
                  bool stable_only, fetched_group& told) {
  using topic_answer = OffsetFetchResponse::OffsetFetchResponseTopics;
  using partition_answer = OffsetFetchResponse::OffsetFetchResponsePartitions;
  told.group_id = request.group_id;
  told.error_code = wrong_group_to_read(c, request.group_id);
  if (told.error_code != error_code::none) return;
  const committed_view view{c.cluster.groups.find(request.group_id), stable_only};
  if (view.from != nullptr && view.from->consumer() != nullptr)
    told.error_code = view.from->consumer()->check_fetch(request.member_id, request.member_epoch);
  if (told.error_code != error_code::none) return;
  if (!request.topics) {
    if (view.from == nullptr) return;
    if (!budget.take(view.from->offsets.size_bytes())) {
      told.error_code = error_code::unknown_server_error;
      return;
    }
    return tell_all<topic_answer, partition_answer>(c, view, told.topics);
  }
  tell_asked<partition_answer>(c, budget, view, *request.topics, told.topics, [&](const auto& asked, auto& topic_told) {
    topic_told.name = asked.name;
    topic_told.topic_id = asked.topic_id;
    if (c.version < first_offset_fetch_with_ids) return resolved{asked.name, wrong_topic(c, asked.name)};
    const topic* known = c.cluster.topics.find(asked.topic_id);
    return known == nullptr ? resolved{"", error_code::unknown_topic_id}
                            : resolved{known->name, wrong_topic(c, known->name)};
  });
}

}  // namespace

verdict answer(call& c, const OffsetFetchRequest& request, OffsetFetchResponse& response) {
  if (c.version < first_offset_fetch_with_many) {
    answer_old(c, request, response, wrong_group_to_read(c, request.group_id));
    return verdict::answer;
  }
  response.groups = c.make<fetched_group>(request.groups.size());
  answer_budget budget;
  for (std::size_t i = 0; i < request.groups.size(); ++i)
    answer_group(c, budget, request.groups[i], request.require_stable, response.groups[i]);
  return verdict::answer;
}

void answer_error(call& c, const OffsetFetchRequest& request, OffsetFetchResponse& response, error_code error) {
  if (c.version < first_offset_fetch_with_many) return answer_old(c, request, response, error);
  response.groups = c.make<fetched_group>(request.groups.size());
  for (std::size_t i = 0; i < request.groups.size(); ++i) {
    response.groups[i].group_id = request.groups[i].group_id;
    response.groups[i].error_code = error;
  }
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
