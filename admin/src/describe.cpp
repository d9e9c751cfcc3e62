// Listing and describing topics, and the cluster itself.
#include <algorithm>

#include "ask.hpp"
#include "ottla/admin.hpp"
#include "ottla/protocol/describe_cluster.hpp"
#include "ottla/protocol/metadata.hpp"

namespace ottla {
inline namespace v0 {
namespace {

using protocol::DescribeClusterRequest;
using protocol::DescribeClusterResponse;
using protocol::error_code;
using protocol::MetadataRequest;
using protocol::MetadataResponse;

std::vector<std::int32_t> ids(const protocol::array<protocol::broker_id>& from) {
  std::vector<std::int32_t> out;
  for (const protocol::broker_id id : from) out.push_back(static_cast<std::int32_t>(id));
  return out;
}

topic_description described(const MetadataResponse::MetadataResponseTopic& from, const std::string& broker) {
  topic_description out;
  out.name = std::string(from.name.value_or(""));
  out.id = from.topic_id;
  out.internal = from.is_internal;
  if (from.error_code != error_code::none) out.failure = refused(from.error_code, "describe topic " + out.name, broker);
  for (const auto& one : from.partitions) {
    partition_description& added = out.partitions.emplace_back();
    added.partition = one.partition_index;
    added.leader = static_cast<std::int32_t>(one.leader_id);
    added.leader_epoch = one.leader_epoch;
    added.replicas = ids(one.replica_nodes);
    added.in_sync = ids(one.isr_nodes);
    added.offline = ids(one.offline_replicas);
    if (one.error_code != error_code::none) {
      added.failure =
          refused(one.error_code, "describe " + out.name + "-" + std::to_string(one.partition_index), broker);
    }
  }
  std::sort(out.partitions.begin(), out.partitions.end(),
            [](const auto& a, const auto& b) { return a.partition < b.partition; });
  return out;
}

cluster_description from_metadata(const MetadataResponse& answer) {
  cluster_description out;
  out.id = std::string(answer.cluster_id.value_or(""));
  out.controller = static_cast<std::int32_t>(answer.controller_id);
  for (const auto& one : answer.brokers) {
    out.brokers.push_back(
        {static_cast<std::int32_t>(one.node_id), std::string(one.host), one.port, std::string(one.rack.value_or(""))});
  }
  return out;
}

cluster_description from_description(const DescribeClusterResponse& answer) {
  cluster_description out;
  out.id = std::string(answer.cluster_id);
  out.controller = static_cast<std::int32_t>(answer.controller_id);
  for (const auto& one : answer.brokers) {
    out.brokers.push_back({static_cast<std::int32_t>(one.broker_id), std::string(one.host), one.port,
                           std::string(one.rack.value_or(""))});
  }
  return out;
}

void sort_brokers(cluster_description& what) {
  std::sort(what.brokers.begin(), what.brokers.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
}

}  // namespace

std::int32_t replication_factor(const topic_description& topic) {
  return topic.partitions.empty() ? 0 : static_cast<std::int32_t>(topic.partitions.front().replicas.size());
}

result<std::vector<topic_description>> admin::list_topics(bool include_internal, std::chrono::milliseconds timeout) {
  MetadataRequest message;
  message.topics.reset();  // null: all
  message.allow_auto_topic_creation = false;
  auto got = ask(cluster_, route{}, message, {.timeout = timeout, .repeatable = true, .min_version = 4});
  if (!got) return unexpected(got.error());
  std::vector<topic_description> out;
  for (const auto& topic : got->body->topics) {
    if (include_internal || !topic.is_internal) out.push_back(described(topic, got->broker));
  }
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return out;
}

result<std::vector<topic_description>> admin::describe_topics(std::span<const std::string> names,
                                                              std::chrono::milliseconds timeout) {
  std::vector<MetadataRequest::MetadataRequestTopic> list(names.size());
  for (std::size_t i = 0; i < names.size(); ++i) list[i].name = std::string_view(names[i]);
  MetadataRequest message;
  message.topics = protocol::array<MetadataRequest::MetadataRequestTopic>(list);
  message.allow_auto_topic_creation = false;
  auto got = ask(cluster_, route{}, message, {.timeout = timeout, .repeatable = true, .min_version = 4});
  if (!got) return unexpected(got.error());
  const MetadataResponse& answer = *got->body;
  std::vector<topic_description> out;
  for (const std::string& name : names) {
    const auto* found =
        std::find_if(answer.topics.begin(), answer.topics.end(), [&](const auto& one) { return one.name == name; });
    if (found != answer.topics.end()) {
      out.push_back(described(*found, got->broker));
      continue;
    }
    topic_description& missing = out.emplace_back();
    missing.name = name;
    missing.failure = refused(error_code::unknown_topic_or_partition, "describe topic " + name, got->broker);
  }
  return out;
}

result<cluster_description> admin::describe_cluster(std::chrono::milliseconds timeout) {
  cluster_description out;
  const auto refusal = [](const DescribeClusterResponse& answer, const std::string& broker) {
    return answer.error_code == error_code::none
               ? error()
               : refused(answer.error_code, "DescribeCluster", broker, answer.error_message);
  };
  auto got = ask(cluster_, route{}, DescribeClusterRequest{}, {.timeout = timeout, .repeatable = true}, refusal);
  if (got) {
    out = from_description(*got->body);
  } else if (got.error().is(client_code::unsupported_version)) {
    // Brokers before 2.8 say the same in Metadata.
    MetadataRequest message;
    message.allow_auto_topic_creation = false;
    auto older = ask(cluster_, route{}, message, {.timeout = timeout, .repeatable = true, .min_version = 4});
    if (!older) return unexpected(older.error());
    out = from_metadata(*older->body);
  } else {
    return unexpected(got.error());
  }
  sort_brokers(out);
  return out;
}

}  // namespace v0
}  // namespace ottla
