// What groups have committed: OffsetFetch, for many groups at once (KIP-709) or one.
#include <algorithm>
#include <map>
#include <tuple>

#include "coordinator_rounds.hpp"
#include "grouped_partitions.hpp"
#include "ottla/admin.hpp"
#include "ottla/protocol/offset_fetch.hpp"

namespace ottla {
inline namespace v0 {
namespace {

using protocol::error_code;
using protocol::OffsetFetchRequest;
using protocol::OffsetFetchResponse;

constexpr std::int16_t first_version_with_many = 8;

/// Topics and partition numbers in a request's own types.
template <class Topic, class Items>
protocol::array<Topic> named(const Items& partitions, protocol::arena& memory) {
  const auto grouped = by_topic(partitions);
  auto* topics = memory.make<Topic>(grouped.size());
  std::size_t n = 0;
  for (const auto& [name, list] : grouped) {
    auto* indexes = memory.make<std::int32_t>(list.size());
    for (std::size_t i = 0; i < list.size(); ++i) indexes[i] = list[i]->partition;
    topics[n].name = name;
    topics[n++].partition_indexes = {indexes, list.size()};
  }
  return {topics, grouped.size()};
}

void fill(OffsetFetchRequest& message, std::int16_t version, protocol::arena& memory,
          const std::vector<group_offsets_query>& queries, bool require_stable) {
  message.require_stable = require_stable;
  if (version < first_version_with_many) {
    message.group_id = queries.front().group;
    message.topics.reset();
    if (queries.front().partitions)
      message.topics = named<OffsetFetchRequest::OffsetFetchRequestTopic>(*queries.front().partitions, memory);
    return;
  }
  auto* groups = memory.make<OffsetFetchRequest::OffsetFetchRequestGroup>(queries.size());
  for (std::size_t i = 0; i < queries.size(); ++i) {
    groups[i].group_id = queries[i].group;
    groups[i].topics.reset();
    if (queries[i].partitions)
      groups[i].topics = named<OffsetFetchRequest::OffsetFetchRequestTopics>(*queries[i].partitions, memory);
  }
  message.groups = {groups, queries.size()};
}

/// One group's partitions; a failure that passes is the whole group's, and has it asked again.
template <class Topics>
error read_partitions(const Topics& topics, const std::string& broker, group_offsets& into) {
  into.partitions.clear();
  for (const auto& topic : topics) {
    for (const auto& part : topic.partitions) {
      committed_partition& added = into.partitions.emplace_back();
      added.topic = std::string(topic.name);
      added.partition = part.partition_index;
      added.offset = part.committed_offset < 0 ? -1 : part.committed_offset;
      added.leader_epoch = part.committed_leader_epoch;
      added.metadata = std::string(part.metadata.value_or(""));
      if (part.error_code == error_code::none) continue;
      added.failure = refused(
          part.error_code,
          "offset of group " + into.group + " for " + added.topic + "-" + std::to_string(added.partition), broker);
      if (passes(part.error_code)) return added.failure;
    }
  }
  std::sort(into.partitions.begin(), into.partitions.end(), [](const auto& a, const auto& b) {
    return std::tie(a.topic, a.partition) < std::tie(b.topic, b.partition);
  });
  return {};
}

}  // namespace

result<std::vector<group_offsets>> admin::list_group_offsets(std::span<const group_offsets_query> queries,
                                                             const group_offsets_options& how) {
  std::vector<std::string> names;
  for (const group_offsets_query& one : queries) names.push_back(one.group);
  if (auto fine = each_once(names); !fine) return unexpected(fine.error());
  coordinator_rounds rounds(cluster_, names, how.timeout, true);
  std::vector<group_offsets> out(queries.size());
  for (std::size_t i = 0; i < queries.size(); ++i) out[i].group = names[i];
  std::map<std::size_t, std::size_t> first_of;  // each asked group to the first of its request
  const auto make = [&](const std::vector<std::size_t>& indexes) {
    std::vector<group_offsets_query> asked;
    for (const std::size_t i : indexes) {
      asked.push_back(queries[i]);
      first_of[i] = indexes.front();
    }
    return within(owned_request<OffsetFetchRequest>([asked, stable = how.require_stable](OffsetFetchRequest& message,
                                                                                         std::int16_t version,
                                                                                         protocol::arena& memory) {
                    fill(message, version, memory, asked, stable);
                  }),
                  how.require_stable ? 7 : 2, last_version_with_names);
  };
  rounds.run<OffsetFetchRequest>(
      make, [&](std::size_t i, const answered<OffsetFetchResponse>& answer) -> std::optional<error> {
        const std::string asked = "list offsets of group " + names[i];
        if (answer.version < first_version_with_many) {
          if (first_of[i] != i) return std::nullopt;
          if (answer.body->error_code != error_code::none)
            return refused(answer.body->error_code, asked, answer.broker);
          return read_partitions(answer.body->topics, answer.broker, out[i]);
        }
        const auto& told = answer.body->groups;
        const auto* found =
            std::find_if(told.begin(), told.end(), [&](const auto& one) { return one.group_id == names[i]; });
        if (found == told.end()) return not_mentioned(asked, answer.broker);
        if (found->error_code != error_code::none) return refused(found->error_code, asked, answer.broker);
        return read_partitions(found->topics, answer.broker, out[i]);
      });
  for (std::size_t i = 0; i < out.size(); ++i) out[i].failure = rounds.failure(i);
  return out;
}

}  // namespace v0
}  // namespace ottla
