// Which APIs are served, in which versions, by which handler.
#include "api/api_table.hpp"

#include <array>

#include "api/answers.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

template <class Request>
verdict serve(call& c, protocol::reader& in, protocol::writer& out, std::optional<protocol::error_code> forced) {
  Request request;
  read(in, request, c.version);
  // Bytes behind the last field are passed over, as Kafka does: librdkafka leaves some behind Metadata for all topics.
  if (!in.ok()) {
    c.close_reason = "a body that is no " + std::string(Request::name) + " of version " + std::to_string(c.version);
    return verdict::close;
  }
  typename Request::response_type response;
  verdict decided = verdict::answer;
  if (forced) {
    answer_error(c, request, response, *forced);
  } else {
    decided = answer(c, request, response);
  }
  if (decided == verdict::answer) c.write_body(out, response);
  return decided;
}

template <class Request>
constexpr api_entry entry() {
  return {Request::api_key,
          Request::min_version,
          Request::max_version,
          &Request::header_version,
          &Request::response_type::header_version,
          &serve<Request>};
}

constexpr std::array table{
    entry<protocol::ProduceRequest>(),
    entry<protocol::FetchRequest>(),
    entry<protocol::ListOffsetsRequest>(),
    entry<protocol::MetadataRequest>(),
    entry<protocol::OffsetCommitRequest>(),
    entry<protocol::OffsetFetchRequest>(),
    entry<protocol::FindCoordinatorRequest>(),
    entry<protocol::JoinGroupRequest>(),
    entry<protocol::HeartbeatRequest>(),
    entry<protocol::LeaveGroupRequest>(),
    entry<protocol::SyncGroupRequest>(),
    entry<protocol::DescribeGroupsRequest>(),
    entry<protocol::ListGroupsRequest>(),
    entry<protocol::SaslHandshakeRequest>(),
    entry<protocol::ApiVersionsRequest>(),
    entry<protocol::CreateTopicsRequest>(),
    entry<protocol::DeleteTopicsRequest>(),
    entry<protocol::DeleteRecordsRequest>(),
    entry<protocol::InitProducerIdRequest>(),
    entry<protocol::OffsetForLeaderEpochRequest>(),
    entry<protocol::AddPartitionsToTxnRequest>(),
    entry<protocol::AddOffsetsToTxnRequest>(),
    entry<protocol::EndTxnRequest>(),
    entry<protocol::WriteTxnMarkersRequest>(),
    entry<protocol::TxnOffsetCommitRequest>(),
    entry<protocol::DescribeAclsRequest>(),
    entry<protocol::CreateAclsRequest>(),
    entry<protocol::DeleteAclsRequest>(),
    entry<protocol::DescribeConfigsRequest>(),
    entry<protocol::AlterConfigsRequest>(),
    entry<protocol::DescribeLogDirsRequest>(),
    entry<protocol::SaslAuthenticateRequest>(),
    entry<protocol::CreatePartitionsRequest>(),
    entry<protocol::DeleteGroupsRequest>(),
    entry<protocol::ElectLeadersRequest>(),
    entry<protocol::IncrementalAlterConfigsRequest>(),
    entry<protocol::AlterPartitionReassignmentsRequest>(),
    entry<protocol::ListPartitionReassignmentsRequest>(),
    entry<protocol::OffsetDeleteRequest>(),
    entry<protocol::DescribeClusterRequest>(),
    entry<protocol::DescribeClientQuotasRequest>(),
    entry<protocol::AlterClientQuotasRequest>(),
    entry<protocol::DescribeProducersRequest>(),
    entry<protocol::DescribeTransactionsRequest>(),
    entry<protocol::ListTransactionsRequest>(),
    entry<protocol::DescribeTopicPartitionsRequest>(),
    entry<protocol::ConsumerGroupHeartbeatRequest>(),
    entry<protocol::ConsumerGroupDescribeRequest>(),
};

}  // namespace

std::span<const api_entry> api_table() { return table; }

const api_entry* find_api(std::int16_t key) {
  for (const api_entry& e : table)
    if (static_cast<std::int16_t>(e.key) == key) return &e;
  return nullptr;
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
