// DescribeTopicPartitions: topics with their partitions, page by page (KIP-966).
#include <set>

#include "api/answers.hpp"
#include "api/node_ids.hpp"
#include "api/permission.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

using protocol::DescribeTopicPartitionsRequest;
using protocol::DescribeTopicPartitionsResponse;
using described_topic = DescribeTopicPartitionsResponse::DescribeTopicPartitionsResponseTopic;
constexpr std::int32_t largest_page = 2000;  // Kafka's max.request.partition.size.limit

/// In the order of their names, from the cursor on. Nothing if the cursor makes no sense.
std::optional<std::set<std::string_view>> names_in(const call& c, const DescribeTopicPartitionsRequest& request) {
  const std::string_view from = request.cursor ? request.cursor->topic_name : std::string_view{};
  std::set<std::string_view> out;
  if (request.cursor && request.cursor->partition_index < 0) return std::nullopt;
  if (request.topics.empty()) {
    for (const auto& [name, t] : c.cluster.topics.all())
      if (name >= from) out.insert(name);
    return out;
  }
  for (const auto& asked : request.topics)
    if (asked.name >= from) out.insert(asked.name);
  if (request.cursor && !out.contains(from)) return std::nullopt;
  return out;
}

/// Partitions from `first` on, `most` at most; how many.
std::size_t tell(call& c, const topic& t, std::size_t first, std::size_t most, described_topic& told) {
  const std::size_t there = t.partitions.size();
  const std::size_t count = first >= there ? 0 : std::min(there - first, most);
  told.name = t.name;
  told.topic_id = t.id;
  told.partitions = c.make<DescribeTopicPartitionsResponse::DescribeTopicPartitionsResponsePartition>(count);
  for (std::size_t i = 0; i < count; ++i) {
    const partition& p = *t.partitions[first + i];
    auto& of_partition = told.partitions[i];
    if (p.leader == no_node) of_partition.error_code = error_code::leader_not_available;
    of_partition.partition_index = static_cast<std::int32_t>(first + i);
    of_partition.leader_id = protocol::broker_id{p.leader};
    of_partition.leader_epoch = p.leader_epoch;
    of_partition.replica_nodes = ids(c, p.replicas);
    of_partition.isr_nodes = ids(c, p.in_sync);
    of_partition.offline_replicas = ids(c, p.replicas, true);
    // Nobody is eligible but those in sync. Empty and never null: the Java client takes null for a broken answer.
    of_partition.eligible_leader_replicas.emplace();
    of_partition.last_known_elr.emplace();
  }
  return count;
}

}  // namespace

verdict answer(call& c, const DescribeTopicPartitionsRequest& request, DescribeTopicPartitionsResponse& response) {
  auto names = names_in(c, request);
  if (!names) {
    answer_error(c, request, response, error_code::invalid_request);
    return verdict::answer;
  }
  // Of what a client may not see it hears only if it has asked by name.
  std::vector<std::string_view> hidden;
  std::erase_if(*names, [&](std::string_view name) {
    if (may_topic(c, acl_operation::describe, name)) return false;
    if (!request.topics.empty()) hidden.push_back(name);
    return true;
  });
  auto left = static_cast<std::size_t>(std::clamp(request.response_partition_limit, 1, largest_page));
  response.topics = c.make<described_topic>(names->size() + hidden.size());
  std::size_t at = 0;
  for (const std::string_view name : *names) {
    const bool goes_on = request.cursor && name == request.cursor->topic_name;
    if (left == 0) {
      response.next_cursor = {name, 0, {}};
      break;
    }
    const topic* t = c.cluster.topics.find(name);
    // A topic that is gone since the last page is no news where nobody has asked for it by name.
    if (t == nullptr && request.topics.empty()) continue;
    described_topic& told = response.topics[at++];
    told.topic_authorized_operations = allowed_operations(c, resource_kind::topic, name);
    if (t == nullptr) {
      told.name = name;
      told.error_code = why_illegal_topic_name(name).empty() ? error_code::unknown_topic_or_partition
                                                             : error_code::invalid_topic_exception;
      continue;
    }
    const auto first = static_cast<std::size_t>(goes_on ? request.cursor->partition_index : 0);
    const std::size_t count = tell(c, *t, first, left, told);
    left -= count;
    if (first + count >= t->partitions.size()) continue;
    response.next_cursor = {t->name, static_cast<std::int32_t>(first + count), {}};
    break;
  }
  for (const std::string_view name : hidden) {
    response.topics[at].name = name;
    response.topics[at++].error_code = error_code::topic_authorization_failed;
  }
  response.topics = {response.topics.data(), at};
  return verdict::answer;
}

void answer_error(call& c, const DescribeTopicPartitionsRequest& request, DescribeTopicPartitionsResponse& response,
                  error_code error) {
  response.topics = c.make<described_topic>(request.topics.size());
  for (std::size_t i = 0; i < request.topics.size(); ++i) {
    response.topics[i].name = request.topics[i].name;
    response.topics[i].error_code = error;
  }
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
