// Addresses of brokers in responses are replaced in every API and version that has them, and nothing else is.
#include "rewrite.hpp"

#include <gtest/gtest.h>

#include <array>
#include <set>

#include "ottla/protocol/begin_quorum_epoch.hpp"
#include "ottla/protocol/describe_cluster.hpp"
#include "ottla/protocol/describe_quorum.hpp"
#include "ottla/protocol/end_quorum_epoch.hpp"
#include "ottla/protocol/fetch.hpp"
#include "ottla/protocol/fetch_snapshot.hpp"
#include "ottla/protocol/find_coordinator.hpp"
#include "ottla/protocol/metadata.hpp"
#include "ottla/protocol/produce.hpp"
#include "ottla/protocol/share_acknowledge.hpp"
#include "ottla/protocol/share_fetch.hpp"
#include "ottla/protocol/update_raft_voter.hpp"
#include "ottla/protocol/vote.hpp"
#include "ottla/protocol_text/json_writer.hpp"
#include "ottla/protocol_text/messages.hpp"
#include "support.hpp"

namespace tap_test {
namespace {

using namespace protocol;

std::optional<endpoint> there(const endpoint& broker) {
  if (broker == endpoint{"kafka-1", 9092}) return endpoint{"a.rather.long.name.of.a.tap", 30001};
  return std::nullopt;
}
std::optional<endpoint> back(const endpoint& broker) {
  if (broker == endpoint{"a.rather.long.name.of.a.tap", 30001}) return endpoint{"kafka-1", 9092};
  return std::nullopt;
}

template <class Response>
void expect_rewritten(const Response& with_one_address, std::int16_t version) {
  SCOPED_TRACE(std::string(Response::name) + " v" + std::to_string(version));
  bytes framed_one = response(with_one_address, version, 9);
  const bytes frame(framed_one.begin() + 4, framed_one.end());
  const request_head head{static_cast<std::int16_t>(Response::api_key), version, 9, {}};
  ASSERT_TRUE(may_hold_addresses(head));
  bytes anew;
  ASSERT_EQ(rewrite_addresses(frame, head, there, anew), 1u);
  const std::string_view text = as_text(anew);
  EXPECT_NE(text.find("a.rather.long.name.of.a.tap"), text.npos);
  EXPECT_EQ(text.find("kafka-1"), text.npos);
  bytes again;
  ASSERT_EQ(rewrite_addresses(anew, head, back, again), 1u);
  EXPECT_EQ(again, frame);
  bytes untouched;
  EXPECT_EQ(rewrite_addresses(
                frame, head, [](const endpoint&) { return std::nullopt; }, untouched),
            0u);
  EXPECT_TRUE(untouched.empty());
}

template <class Node>
void place(Node& node) {
  node.host = "kafka-1";
  node.port = 9092;
}

TEST(rewrite, replaces_the_brokers_of_metadata_and_describe_cluster_in_every_version) {
  std::array<MetadataResponse::MetadataResponseBroker, 1> brokers{};
  place(brokers[0]);
  MetadataResponse metadata;
  metadata.brokers = {brokers};
  for (std::int16_t version = 0; version <= MetadataResponse::max_version; ++version)
    expect_rewritten(metadata, version);
  std::array<DescribeClusterResponse::DescribeClusterBroker, 1> nodes{};
  place(nodes[0]);
  DescribeClusterResponse cluster;
  cluster.brokers = {nodes};
  for (std::int16_t version = 0; version <= DescribeClusterResponse::max_version; ++version)
    expect_rewritten(cluster, version);
}

TEST(rewrite, replaces_a_coordinator_alone_and_in_a_list) {
  FindCoordinatorResponse single;
  place(single);
  for (std::int16_t version = 0; version <= 3; ++version) expect_rewritten(single, version);
  std::array<FindCoordinatorResponse::Coordinator, 2> found{};
  place(found[0]);
  found[1].port = -1;
  found[1].error_code = error_code{15};
  FindCoordinatorResponse list;
  list.coordinators = {found};
  for (std::int16_t version = 4; version <= FindCoordinatorResponse::max_version; ++version)
    expect_rewritten(list, version);
}

template <class Response>
void expect_node_endpoints_rewritten(std::int16_t since) {
  std::array<typename Response::NodeEndpoint, 1> nodes{};
  place(nodes[0]);
  Response body;
  body.node_endpoints = {nodes};
  for (std::int16_t version = since; version <= Response::max_unstable_version; ++version)
    expect_rewritten(body, version);
}

TEST(rewrite, replaces_the_hints_of_new_leaders) {
  expect_node_endpoints_rewritten<ProduceResponse>(10);
  expect_node_endpoints_rewritten<FetchResponse>(16);
  expect_node_endpoints_rewritten<ShareFetchResponse>(ShareFetchResponse::min_version);
  expect_node_endpoints_rewritten<ShareAcknowledgeResponse>(ShareAcknowledgeResponse::min_version);
}

TEST(rewrite, replaces_the_controllers_of_the_quorum) {
  expect_node_endpoints_rewritten<VoteResponse>(1);
  expect_node_endpoints_rewritten<BeginQuorumEpochResponse>(1);
  expect_node_endpoints_rewritten<EndQuorumEpochResponse>(1);
  expect_node_endpoints_rewritten<FetchSnapshotResponse>(1);
  std::array<DescribeQuorumResponse::Listener, 1> listeners{};
  place(listeners[0]);
  std::array<DescribeQuorumResponse::Node, 1> nodes{};
  nodes[0].listeners = {listeners};
  DescribeQuorumResponse quorum;
  quorum.nodes = {nodes};
  expect_rewritten(quorum, 2);
  UpdateRaftVoterResponse voter;
  voter.current_leader.leader_id = broker_id{1};
  place(voter.current_leader);
  expect_rewritten(voter, 0);
}

TEST(rewrite, knows_every_response_of_the_schemas_that_has_a_host_and_a_port) {
  // Endpoints of streams applications are for applications; brokers only pass them on.
  const std::set<std::string_view> not_brokers{"StreamsGroupHeartbeat", "StreamsGroupDescribe"};
  for (const protocol_text::message_type& type : protocol_text::all_messages()) {
    if (type.kind != protocol_text::message_kind::response || not_brokers.contains(type.api)) continue;
    for (std::int16_t version = type.min_version; version <= type.max_unstable_version; ++version) {
      bool has_address = false;
      for (std::uint64_t seed = 0; seed < 60 && !has_address; ++seed) {
        protocol_text::seeded_random chance(seed);
        arena memory;
        writer body;
        if (type.operations().random_bytes(chance, version, memory, body)) continue;
        protocol_text::json_writer json;
        arena decoded;
        if (type.operations().to_json(body.view(), version, decoded, json)) continue;
        has_address =
            json.text().find("\"host\":") != std::string::npos && json.text().find("\"port\":") != std::string::npos;
      }
      const request_head head{static_cast<std::int16_t>(*type.key), version, 0, {}};
      EXPECT_EQ(may_hold_addresses(head), has_address) << type.name << " v" << version;
    }
  }
}

TEST(rewrite, leaves_alone_what_it_cannot_decode) {
  const request_head head{3, 12, 9, {}};
  bytes out;
  EXPECT_EQ(rewrite_addresses(bytes(7, std::byte{0xff}), head, there, out), 0u);
  EXPECT_TRUE(out.empty());
}

TEST(rewrite, sends_the_clients_of_a_conversation_to_the_stand_in) {
  tapped tap({}, there);
  MetadataRequest asked;
  tap.client(request(asked, 12, 1));
  std::array<MetadataResponse::MetadataResponseBroker, 2> brokers{};
  place(brokers[0]);
  brokers[1].host = "elsewhere";
  brokers[1].port = 1;
  MetadataResponse answered;
  answered.brokers = {brokers};
  const bytes from_broker = response(answered, 12, 1);
  for (const std::byte one : from_broker) {
    EXPECT_TRUE(tap.to_client.empty());
    tap.broker({one});
  }
  brokers[0].host = "a.rather.long.name.of.a.tap";
  brokers[0].port = 30001;
  EXPECT_EQ(tap.take_bytes(), response(answered, 12, 1));
  EXPECT_EQ(tap.take().back(), "<- Metadata v12 #1 0ms rewritten 1");
}

}  // namespace
}  // namespace tap_test
