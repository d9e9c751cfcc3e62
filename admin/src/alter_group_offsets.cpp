// Setting and forgetting what a group has committed, from outside it: OffsetCommit without a generation, OffsetDelete.
#include <algorithm>

#include "coordinator_rounds.hpp"
#include "grouped_partitions.hpp"
#include "ottla/admin.hpp"
#include "ottla/protocol/offset_commit.hpp"
#include "ottla/protocol/offset_delete.hpp"

namespace ottla {
inline namespace v0 {
namespace {

using protocol::error_code;
using protocol::OffsetCommitRequest;
using protocol::OffsetCommitResponse;
using protocol::OffsetDeleteRequest;
using protocol::OffsetDeleteResponse;

constexpr const char* has_members = "the group is not empty: from outside its offsets are set while it has no members";

template <class Topics>
const auto* find_partition(const Topics& topics, std::string_view topic, std::int32_t partition) {
  using part = std::remove_cvref_t<decltype(*topics.begin()->partitions.begin())>;
  for (const auto& one : topics) {
    if (one.name != topic) continue;
    for (const auto& each : one.partitions) {
      if (each.partition_index == partition) return &each;
    }
  }
  return static_cast<const part*>(nullptr);
}

/// One outcome per item. What passes in a moment is everybody's failure, and has the whole asked again.
template <class Items, class Topics>
error read_outcomes(const Items& items, const Topics& topics, const std::string& asked, const std::string& broker,
                    std::vector<partition_outcome>& out) {
  out.clear();
  for (const auto& one : items) {
    const std::string about = asked + " for " + one.topic + "-" + std::to_string(one.partition);
    partition_outcome& added = out.emplace_back();
    added.topic = one.topic;
    added.partition = one.partition;
    const auto* found = find_partition(topics, one.topic, one.partition);
    if (found == nullptr) {
      added.failure = not_mentioned(about, broker, persistence::possibly);
    } else if (passes(found->error_code)) {
      return refused(found->error_code, asked, broker);
    } else if (found->error_code == error_code::unknown_member_id) {
      added.failure = refused(found->error_code, about, broker, has_members);
    } else if (found->error_code != error_code::none) {
      added.failure = refused(found->error_code, about, broker);
    }
  }
  return {};
}

}  // namespace

result<std::vector<partition_outcome>> admin::alter_group_offsets(const std::string& group,
                                                                  std::span<const group_offset> offsets,
                                                                  std::chrono::milliseconds timeout) {
  coordinator_rounds rounds(cluster_, {group}, timeout, true);
  const auto make = [&](const std::vector<std::size_t>&) {
    return within(owned_request<OffsetCommitRequest>(
                      [group, what = std::vector(offsets.begin(), offsets.end())](
                          OffsetCommitRequest& message, std::int16_t version, protocol::arena& memory) {
                        message.group_id = group;
                        const auto grouped = by_topic(what);
                        auto* topics = memory.make<OffsetCommitRequest::OffsetCommitRequestTopic>(grouped.size());
                        std::size_t n = 0;
                        for (const auto& [name, list] : grouped) {
                          auto* parts = memory.make<OffsetCommitRequest::OffsetCommitRequestPartition>(list.size());
                          for (std::size_t i = 0; i < list.size(); ++i) {
                            parts[i].partition_index = list[i]->partition;
                            parts[i].committed_offset = list[i]->offset;
                            if (version >= 6) parts[i].committed_leader_epoch = list[i]->leader_epoch;
                            parts[i].committed_metadata = std::string_view(list[i]->metadata);
                          }
                          topics[n].name = name;
                          topics[n++].partitions = {parts, list.size()};
                        }
                        message.topics = {topics, grouped.size()};
                      }),
                  2, last_version_with_names);
  };
  std::vector<partition_outcome> out;
  rounds.run<OffsetCommitRequest>(
      make, [&](std::size_t, const answered<OffsetCommitResponse>& answer) -> std::optional<error> {
        return read_outcomes(offsets, answer.body->topics, "set the offset of group " + group, answer.broker, out);
      });
  if (error why = rounds.failure(0)) return unexpected(std::move(why));
  return out;
}

result<std::vector<partition_outcome>> admin::delete_group_offsets(const std::string& group,
                                                                   std::span<const topic_partition> partitions,
                                                                   std::chrono::milliseconds timeout) {
  coordinator_rounds rounds(cluster_, {group}, timeout, true);
  const auto make = [&](const std::vector<std::size_t>&) {
    return owned_request<OffsetDeleteRequest>([group, what = std::vector(partitions.begin(), partitions.end())](
                                                  OffsetDeleteRequest& message, std::int16_t, protocol::arena& memory) {
      message.group_id = group;
      const auto grouped = by_topic(what);
      auto* topics = memory.make<OffsetDeleteRequest::OffsetDeleteRequestTopic>(grouped.size());
      std::size_t n = 0;
      for (const auto& [name, list] : grouped) {
        auto* parts = memory.make<OffsetDeleteRequest::OffsetDeleteRequestPartition>(list.size());
        for (std::size_t i = 0; i < list.size(); ++i) parts[i].partition_index = list[i]->partition;
        topics[n].name = name;
        topics[n++].partitions = {parts, list.size()};
      }
      message.topics = {topics, grouped.size()};
    });
  };
  std::vector<partition_outcome> out;
  rounds.run<OffsetDeleteRequest>(
      make, [&](std::size_t, const answered<OffsetDeleteResponse>& answer) -> std::optional<error> {
        const std::string asked = "forget the offset of group " + group;
        if (answer.body->error_code != error_code::none) return refused(answer.body->error_code, asked, answer.broker);
        return read_outcomes(partitions, answer.body->topics, asked, answer.broker, out);
      });
  if (error why = rounds.failure(0)) return unexpected(std::move(why));
  return out;
}

}  // namespace v0
}  // namespace ottla
