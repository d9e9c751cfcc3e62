// The handlers: one answer() per API that does what is asked, one answer_error() that says the same error for every
// part of it.
#pragma once
#include "api/call.hpp"
#include "ottla/protocol/api_versions.hpp"
#include "ottla/protocol/create_topics.hpp"
#include "ottla/protocol/delete_topics.hpp"
#include "ottla/protocol/describe_cluster.hpp"
#include "ottla/protocol/describe_configs.hpp"
#include "ottla/protocol/fetch.hpp"
#include "ottla/protocol/init_producer_id.hpp"
#include "ottla/protocol/list_offsets.hpp"
#include "ottla/protocol/metadata.hpp"
#include "ottla/protocol/offset_for_leader_epoch.hpp"
#include "ottla/protocol/produce.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

verdict answer(call&, const protocol::ApiVersionsRequest&, protocol::ApiVersionsResponse&);
verdict answer(call&, const protocol::CreateTopicsRequest&, protocol::CreateTopicsResponse&);
verdict answer(call&, const protocol::DeleteTopicsRequest&, protocol::DeleteTopicsResponse&);
verdict answer(call&, const protocol::DescribeClusterRequest&, protocol::DescribeClusterResponse&);
verdict answer(call&, const protocol::DescribeConfigsRequest&, protocol::DescribeConfigsResponse&);
verdict answer(call&, const protocol::FetchRequest&, protocol::FetchResponse&);
verdict answer(call&, const protocol::InitProducerIdRequest&, protocol::InitProducerIdResponse&);
verdict answer(call&, const protocol::ListOffsetsRequest&, protocol::ListOffsetsResponse&);
verdict answer(call&, const protocol::MetadataRequest&, protocol::MetadataResponse&);
verdict answer(call&, const protocol::OffsetForLeaderEpochRequest&, protocol::OffsetForLeaderEpochResponse&);
verdict answer(call&, const protocol::ProduceRequest&, protocol::ProduceResponse&);

// For a test that asked for trouble: nothing is applied, and the error stands wherever the response has room for one.
using protocol::error_code;
void answer_error(call&, const protocol::ApiVersionsRequest&, protocol::ApiVersionsResponse&, error_code);
void answer_error(call&, const protocol::CreateTopicsRequest&, protocol::CreateTopicsResponse&, error_code);
void answer_error(call&, const protocol::DeleteTopicsRequest&, protocol::DeleteTopicsResponse&, error_code);
void answer_error(call&, const protocol::DescribeClusterRequest&, protocol::DescribeClusterResponse&, error_code);
void answer_error(call&, const protocol::DescribeConfigsRequest&, protocol::DescribeConfigsResponse&, error_code);
void answer_error(call&, const protocol::FetchRequest&, protocol::FetchResponse&, error_code);
void answer_error(call&, const protocol::InitProducerIdRequest&, protocol::InitProducerIdResponse&, error_code);
void answer_error(call&, const protocol::ListOffsetsRequest&, protocol::ListOffsetsResponse&, error_code);
void answer_error(call&, const protocol::MetadataRequest&, protocol::MetadataResponse&, error_code);
void answer_error(call&, const protocol::OffsetForLeaderEpochRequest&, protocol::OffsetForLeaderEpochResponse&,
                  error_code);
void answer_error(call&, const protocol::ProduceRequest&, protocol::ProduceResponse&, error_code);

/// The answer to a fetch that was parked and is ready now, or whose deadline has passed.
void answer_parked(call&, pending_fetch&, protocol::FetchResponse&);

}  // namespace mock
}  // namespace v0
}  // namespace ottla
