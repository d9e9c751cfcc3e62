// scripted_cluster: the brokers' side of ApiVersions, Metadata and InitProducerId.
#include "scripted_cluster.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "ottla/protocol/add_offsets_to_txn.hpp"
#include "ottla/protocol/add_partitions_to_txn.hpp"
#include "ottla/protocol/api_versions.hpp"
#include "ottla/protocol/consumer_group_describe.hpp"
#include "ottla/protocol/create_partitions.hpp"
#include "ottla/protocol/create_topics.hpp"
#include "ottla/protocol/delete_groups.hpp"
#include "ottla/protocol/delete_topics.hpp"
#include "ottla/protocol/describe_cluster.hpp"
#include "ottla/protocol/describe_configs.hpp"
#include "ottla/protocol/describe_groups.hpp"
#include "ottla/protocol/end_txn.hpp"
#include "ottla/protocol/find_coordinator.hpp"
#include "ottla/protocol/heartbeat.hpp"
#include "ottla/protocol/incremental_alter_configs.hpp"
#include "ottla/protocol/init_producer_id.hpp"
#include "ottla/protocol/join_group.hpp"
#include "ottla/protocol/leave_group.hpp"
#include "ottla/protocol/list_groups.hpp"
#include "ottla/protocol/list_offsets.hpp"
#include "ottla/protocol/offset_commit.hpp"
#include "ottla/protocol/offset_delete.hpp"
#include "ottla/protocol/offset_fetch.hpp"
#include "ottla/protocol/produce.hpp"
#include "ottla/protocol/sync_group.hpp"
#include "ottla/protocol/txn_offset_commit.hpp"

namespace ottla::test {

scripted_cluster::scripted_cluster() {
  world.io.auto_accept = true;
  world.answer = [this] { return serve(); };
}

cluster scripted_cluster::open(const std::function<void(cluster_config&)>& set) {
  cluster_config config;
  config.bootstrap = brokers.begin()->second + ":9092";
  config.seed = 7;
  set(config);
  auto runner = std::make_unique<scripted_host>(world);
  host_ = runner.get();
  auto made = cluster::open_on(std::move(runner), std::move(config));
  if (!made) {
    ADD_FAILURE() << made.error().message();
    std::abort();
  }
  return std::move(*made);
}

bool scripted_cluster::serve() {
  bool any = false;
  for (virtual_link& link : world.io.links()) {
    if (link.closed) continue;
    while (auto one = take_request(link)) any = serve(std::move(*one)) || any;
  }
  return any;
}

bool scripted_cluster::serve(wire_request one) {
  if (paused.contains(one.link->to.host)) return false;
  if (auto_versions && one.key == protocol::ApiVersionsRequest::api_key) {
    answer_versions(one);
  } else if (auto_metadata && one.key == protocol::MetadataRequest::api_key) {
    answer_metadata(one);
  } else if (auto_identity && one.key == protocol::InitProducerIdRequest::api_key) {
    ++identities_asked;
    protocol::InitProducerIdResponse out;
    if (!identity_errors.empty()) {
      out.error_code = identity_errors.front();
      identity_errors.pop_front();
    } else {
      out.producer_id = protocol::producer_id{next_producer_id++};
    }
    test::answer(world.io, one, out);
  } else if (!answer_next || !answer_next(one)) {
    asked.push_back(std::move(one));
  }
  return true;
}

void scripted_cluster::answer_versions(const wire_request& to) {
  std::vector<protocol::ApiVersionsResponse::ApiVersion> list;
  const auto add = [&](protocol::api_key key, std::int16_t min, std::int16_t max) {
    if (const auto found = offered.find(key); found != offered.end()) max = found->second;
    if (max >= 0) list.push_back({static_cast<std::int16_t>(key), min, max, {}});
  };
  using namespace protocol;
  add(ProduceRequest::api_key, 0, ProduceRequest::max_version);
  add(MetadataRequest::api_key, 0, MetadataRequest::max_version);
  add(ApiVersionsRequest::api_key, 0, ApiVersionsRequest::max_version);
  add(CreateTopicsRequest::api_key, 2, CreateTopicsRequest::max_version);
  add(InitProducerIdRequest::api_key, 0, InitProducerIdRequest::max_version);
  add(DescribeClusterRequest::api_key, 0, DescribeClusterRequest::max_version);
  add(CreatePartitionsRequest::api_key, 0, CreatePartitionsRequest::max_version);
  add(IncrementalAlterConfigsRequest::api_key, 0, IncrementalAlterConfigsRequest::max_version);
  add(DeleteTopicsRequest::api_key, 1, DeleteTopicsRequest::max_version);
  add(DescribeConfigsRequest::api_key, 1, DescribeConfigsRequest::max_version);
  add(ListOffsetsRequest::api_key, 1, ListOffsetsRequest::max_version);
  add(FindCoordinatorRequest::api_key, 0, FindCoordinatorRequest::max_version);
  add(JoinGroupRequest::api_key, 0, JoinGroupRequest::max_version);
  add(SyncGroupRequest::api_key, 0, SyncGroupRequest::max_version);
  add(HeartbeatRequest::api_key, 0, HeartbeatRequest::max_version);
  add(LeaveGroupRequest::api_key, 0, LeaveGroupRequest::max_version);
  add(OffsetCommitRequest::api_key, 0, OffsetCommitRequest::max_version);
  add(OffsetFetchRequest::api_key, 0, OffsetFetchRequest::max_version);
  add(OffsetDeleteRequest::api_key, 0, OffsetDeleteRequest::max_version);
  add(ListGroupsRequest::api_key, 0, ListGroupsRequest::max_version);
  add(DescribeGroupsRequest::api_key, 0, DescribeGroupsRequest::max_version);
  add(ConsumerGroupDescribeRequest::api_key, 0, ConsumerGroupDescribeRequest::max_version);
  add(DeleteGroupsRequest::api_key, 0, DeleteGroupsRequest::max_version);
  add(AddPartitionsToTxnRequest::api_key, 0, AddPartitionsToTxnRequest::max_version);
  add(AddOffsetsToTxnRequest::api_key, 0, AddOffsetsToTxnRequest::max_version);
  add(TxnOffsetCommitRequest::api_key, 0, TxnOffsetCommitRequest::max_version);
  add(EndTxnRequest::api_key, 0, EndTxnRequest::max_version);
  ApiVersionsResponse out;
  out.api_keys = array<ApiVersionsResponse::ApiVersion>(list);
  ApiVersionsResponse::FinalizedFeatureKey feature;
  feature.name = "transaction.version";
  feature.min_version_level = feature.max_version_level = transaction_version;
  if (to.version >= 3 && transaction_version > 0) {
    out.finalized_features_epoch = features_epoch;
    out.finalized_features = {&feature, 1};
  }
  test::answer(world.io, to, out);
}

void scripted_cluster::answer_metadata(const wire_request& to) {
  ++metadata_asked;
  using namespace protocol;
  const auto question = read_request<MetadataRequest>(to);
  arena memory;
  MetadataResponse out;
  auto* nodes = memory.make<MetadataResponse::MetadataResponseBroker>(brokers.size());
  std::size_t n = 0;
  for (const auto& [id, name] : brokers) {
    nodes[n].node_id = broker_id{id};
    nodes[n].host = std::string_view(name);
    nodes[n++].port = 9092;
  }
  out.brokers = {nodes, n};
  if (to.version >= 13) out.error_code = metadata_error;
  out.cluster_id = "scripted";
  out.controller_id = broker_id{controller};
  const std::size_t wanted = question->topics ? question->topics->size() : 0;
  auto* list = memory.make<MetadataResponse::MetadataResponseTopic>(wanted);
  for (std::size_t i = 0; i < wanted; ++i) {
    const std::string name((*question->topics)[i].name.value_or(""));
    list[i].name = memory.copy(name);
    const auto found = topics.find(name);
    if (found == topics.end()) {
      list[i].error_code = error_code::unknown_topic_or_partition;
      continue;
    }
    list[i].error_code = found->second.error;
    if (to.version >= 10) list[i].topic_id = uuid_of(found->second.id);
    const auto& told = found->second.partitions;
    auto* parts = memory.make<MetadataResponse::MetadataResponsePartition>(told.size());
    for (std::size_t p = 0; p < told.size(); ++p) {
      parts[p].partition_index = static_cast<std::int32_t>(p);
      parts[p].leader_id = broker_id{told[p].leader};
      parts[p].error_code = told[p].error;
      if (to.version >= 7) parts[p].leader_epoch = told[p].epoch;
    }
    list[i].partitions = {parts, found->second.error == error_code::none ? told.size() : 0};
  }
  out.topics = {list, wanted};
  test::answer(world.io, to, out);
}

wire_request scripted_cluster::expect(protocol::api_key key) {
  settle();
  const auto found = std::find_if(asked.begin(), asked.end(), [&](const wire_request& one) { return one.key == key; });
  if (found == asked.end()) {
    ADD_FAILURE() << "no " << protocol::name(key) << " request was written";
    return {};
  }
  wire_request out = std::move(*found);
  asked.erase(found);
  return out;
}

std::size_t scripted_cluster::waiting(protocol::api_key key) const {
  return static_cast<std::size_t>(
      std::count_if(asked.begin(), asked.end(), [&](const wire_request& one) { return one.key == key; }));
}

std::vector<virtual_link*> scripted_cluster::links_to(const std::string& host) {
  std::vector<virtual_link*> out;
  for (virtual_link& link : world.io.links()) {
    if (!link.closed && link.to.host == host) out.push_back(&link);
  }
  return out;
}

protocol::uuid scripted_cluster::uuid_of(std::uint8_t first) {
  protocol::uuid out;
  out.bytes[0] = std::byte{first};
  return out;
}

}  // namespace ottla::test
