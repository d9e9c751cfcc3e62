// wire: the request header's version depends on the message, so the few messages that scripts meet are listed here.
#include "wire.hpp"

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
#include "ottla/protocol/fetch.hpp"
#include "ottla/protocol/find_coordinator.hpp"
#include "ottla/protocol/heartbeat.hpp"
#include "ottla/protocol/incremental_alter_configs.hpp"
#include "ottla/protocol/init_producer_id.hpp"
#include "ottla/protocol/join_group.hpp"
#include "ottla/protocol/leave_group.hpp"
#include "ottla/protocol/list_groups.hpp"
#include "ottla/protocol/list_offsets.hpp"
#include "ottla/protocol/metadata.hpp"
#include "ottla/protocol/offset_commit.hpp"
#include "ottla/protocol/offset_delete.hpp"
#include "ottla/protocol/offset_fetch.hpp"
#include "ottla/protocol/produce.hpp"
#include "ottla/protocol/request_header.hpp"
#include "ottla/protocol/sasl_authenticate.hpp"
#include "ottla/protocol/sasl_handshake.hpp"
#include "ottla/protocol/sync_group.hpp"
#include "ottla/protocol/txn_offset_commit.hpp"

namespace ottla::test {
namespace {

template <class... Requests>
std::int16_t header_version_among(protocol::api_key key, std::int16_t version) {
  std::int16_t out = -1;
  ((key == Requests::api_key ? void(out = Requests::header_version(version)) : void()), ...);
  if (out < 0) std::abort();
  return out;
}

std::int16_t header_version(protocol::api_key key, std::int16_t version) {
  using namespace protocol;
  return header_version_among<ApiVersionsRequest, MetadataRequest, ProduceRequest, FetchRequest, InitProducerIdRequest,
                              DescribeClusterRequest, CreateTopicsRequest, CreatePartitionsRequest, DeleteTopicsRequest,
                              IncrementalAlterConfigsRequest, DescribeConfigsRequest, ListOffsetsRequest,
                              FindCoordinatorRequest, JoinGroupRequest, SyncGroupRequest, HeartbeatRequest,
                              LeaveGroupRequest, OffsetCommitRequest, OffsetFetchRequest, OffsetDeleteRequest,
                              ListGroupsRequest, DescribeGroupsRequest, ConsumerGroupDescribeRequest,
                              DeleteGroupsRequest, AddPartitionsToTxnRequest, AddOffsetsToTxnRequest,
                              TxnOffsetCommitRequest, EndTxnRequest, SaslHandshakeRequest, SaslAuthenticateRequest>(
      key, version);
}

std::uint32_t be32(const std::byte* at) {
  return std::to_integer<std::uint32_t>(at[0]) << 24 | std::to_integer<std::uint32_t>(at[1]) << 16 |
         std::to_integer<std::uint32_t>(at[2]) << 8 | std::to_integer<std::uint32_t>(at[3]);
}

}  // namespace

std::optional<wire_request> take_request(virtual_link& link) {
  const std::size_t have = link.sent.size() - link.read_so_far;
  const std::byte* at = link.sent.data() + link.read_so_far;
  if (have < 4 || have - 4 < be32(at)) return std::nullopt;
  const std::size_t size = be32(at);
  const bytes_view whole(at + 4, size);
  link.read_so_far += 4 + size;
  wire_request out;
  out.link = &link;
  out.key = static_cast<protocol::api_key>(static_cast<std::int16_t>(be32(whole.data()) >> 16));
  out.version = static_cast<std::int16_t>(be32(whole.data()) & 0xffff);
  protocol::arena memory;
  protocol::reader in(whole, memory);
  protocol::RequestHeader header;
  read(in, header, header_version(out.key, out.version));
  if (!in.ok()) std::abort();
  out.correlation = header.correlation_id;
  out.client_id = std::string(header.client_id.value_or(""));
  const bytes_view body = whole.last(in.remaining());
  out.body.assign(body.begin(), body.end());
  return out;
}

byte_string bytes_of(std::string_view text) {
  const auto view = protocol::as_bytes(text);
  return {view.begin(), view.end()};
}

byte_string size_field(std::uint32_t size) {
  return {std::byte(size >> 24), std::byte(size >> 16 & 0xff), std::byte(size >> 8 & 0xff), std::byte(size & 0xff)};
}

}  // namespace ottla::test
