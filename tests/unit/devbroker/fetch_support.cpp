// Fetch requests and answers in the few fields that the tests look at.
#include "fetch_support.hpp"

namespace ottla::test {
namespace {

using protocol::FetchRequest;

/// Runs of one topic as (begin, end) of the plan's partitions.
std::vector<std::pair<std::size_t, std::size_t>> runs(const std::vector<wanted_partition>& parts) {
  std::vector<std::pair<std::size_t, std::size_t>> out;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (out.empty() || parts[out.back().first].topic != parts[i].topic) out.emplace_back(i, i);
    out.back().second = i + 1;
  }
  return out;
}

}  // namespace

void ask_fetch(client_end& by, const fetch_plan& plan, const protocol::uuid& topic_id) {
  std::vector<FetchRequest::FetchPartition> parts;
  for (const auto& wanted : plan.partitions) {
    FetchRequest::FetchPartition part;
    part.partition = wanted.partition;
    part.fetch_offset = wanted.offset;
    part.partition_max_bytes = wanted.max_bytes;
    part.current_leader_epoch = wanted.leader_epoch;
    part.last_fetched_epoch = wanted.last_fetched_epoch;
    parts.push_back(part);
  }
  std::vector<FetchRequest::FetchTopic> topics;
  for (const auto& [begin, end] : runs(plan.partitions)) {
    FetchRequest::FetchTopic topic;
    topic.topic = plan.partitions[begin].topic;
    topic.topic_id = topic_id;
    topic.partitions = {parts.data() + begin, end - begin};
    topics.push_back(topic);
  }
  std::vector<std::int32_t> indexes;
  for (const auto& gone : plan.forgotten) indexes.push_back(gone.partition);
  std::vector<FetchRequest::ForgottenTopic> forgotten;
  for (const auto& [begin, end] : runs(plan.forgotten)) {
    FetchRequest::ForgottenTopic topic;
    topic.topic = plan.forgotten[begin].topic;
    topic.topic_id = topic_id;
    topic.partitions = {indexes.data() + begin, end - begin};
    forgotten.push_back(topic);
  }
  FetchRequest request;
  request.max_wait_ms = plan.max_wait;
  request.min_bytes = plan.min_bytes;
  request.max_bytes = plan.max_bytes;
  request.session_id = plan.session_id;
  request.session_epoch = plan.session_epoch;
  request.rack_id = plan.rack;
  request.topics = topics;
  request.forgotten_topics_data = forgotten;
  by.send(request, plan.version);
}

std::optional<told_fetch> take_fetch(client_end& by, std::int16_t version) {
  const auto response = by.take<protocol::FetchResponse>(version);
  if (!response) return std::nullopt;
  told_fetch out;
  out.error = (*response)->error_code;
  out.session_id = (*response)->session_id;
  for (const auto& node : (*response)->node_endpoints) out.nodes.push_back(static_cast<std::int32_t>(node.node_id));
  for (const auto& topic : (*response)->responses) {
    for (const auto& part : topic.partitions) {
      const protocol::bytes_view records = part.records.value_or(protocol::bytes_view{});
      out.parts.push_back({std::string(topic.topic), part.partition_index, part.error_code, part.high_watermark,
                           part.log_start_offset, part.diverging_epoch.epoch, part.diverging_epoch.end_offset,
                           static_cast<std::int32_t>(part.current_leader.leader_id), part.current_leader.leader_epoch,
                           records.size(), values_in(records), static_cast<std::int32_t>(part.preferred_read_replica)});
    }
  }
  return out;
}

told_fetch fetch(client_end& by, const fetch_plan& plan, const protocol::uuid& topic_id) {
  ask_fetch(by, plan, topic_id);
  const auto out = take_fetch(by, plan.version);
  EXPECT_TRUE(out) << "the fetch waits, or the connection was closed: " << by.reason();
  return out.value_or(told_fetch{});
}

}  // namespace ottla::test
