// The handlers: one answer() per API that does what is asked, one answer_error() that says the same error for every
// part of it.
#pragma once
#include "api/call.hpp"
#include "api/pending_fetch.hpp"
#include "ottla/protocol/add_offsets_to_txn.hpp"
#include "ottla/protocol/add_partitions_to_txn.hpp"
#include "ottla/protocol/alter_client_quotas.hpp"
#include "ottla/protocol/alter_configs.hpp"
#include "ottla/protocol/alter_partition_reassignments.hpp"
#include "ottla/protocol/api_versions.hpp"
#include "ottla/protocol/consumer_group_describe.hpp"
#include "ottla/protocol/consumer_group_heartbeat.hpp"
#include "ottla/protocol/create_acls.hpp"
#include "ottla/protocol/create_partitions.hpp"
#include "ottla/protocol/create_topics.hpp"
#include "ottla/protocol/delete_acls.hpp"
#include "ottla/protocol/delete_groups.hpp"
#include "ottla/protocol/delete_records.hpp"
#include "ottla/protocol/delete_topics.hpp"
#include "ottla/protocol/describe_acls.hpp"
#include "ottla/protocol/describe_client_quotas.hpp"
#include "ottla/protocol/describe_cluster.hpp"
#include "ottla/protocol/describe_configs.hpp"
#include "ottla/protocol/describe_groups.hpp"
#include "ottla/protocol/describe_log_dirs.hpp"
#include "ottla/protocol/describe_producers.hpp"
#include "ottla/protocol/describe_topic_partitions.hpp"
#include "ottla/protocol/describe_transactions.hpp"
#include "ottla/protocol/elect_leaders.hpp"
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
#include "ottla/protocol/list_partition_reassignments.hpp"
#include "ottla/protocol/list_transactions.hpp"
#include "ottla/protocol/metadata.hpp"
#include "ottla/protocol/offset_commit.hpp"
#include "ottla/protocol/offset_delete.hpp"
#include "ottla/protocol/offset_fetch.hpp"
#include "ottla/protocol/offset_for_leader_epoch.hpp"
#include "ottla/protocol/produce.hpp"
#include "ottla/protocol/sasl_authenticate.hpp"
#include "ottla/protocol/sasl_handshake.hpp"
#include "ottla/protocol/sync_group.hpp"
#include "ottla/protocol/txn_offset_commit.hpp"
#include "ottla/protocol/write_txn_markers.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

verdict answer(call&, const protocol::AddOffsetsToTxnRequest&, protocol::AddOffsetsToTxnResponse&);
verdict answer(call&, const protocol::AddPartitionsToTxnRequest&, protocol::AddPartitionsToTxnResponse&);
verdict answer(call&, const protocol::AlterClientQuotasRequest&, protocol::AlterClientQuotasResponse&);
verdict answer(call&, const protocol::AlterConfigsRequest&, protocol::AlterConfigsResponse&);
verdict answer(call&, const protocol::AlterPartitionReassignmentsRequest&,
               protocol::AlterPartitionReassignmentsResponse&);
verdict answer(call&, const protocol::ApiVersionsRequest&, protocol::ApiVersionsResponse&);
verdict answer(call&, const protocol::CreatePartitionsRequest&, protocol::CreatePartitionsResponse&);
verdict answer(call&, const protocol::ConsumerGroupDescribeRequest&, protocol::ConsumerGroupDescribeResponse&);
verdict answer(call&, const protocol::ConsumerGroupHeartbeatRequest&, protocol::ConsumerGroupHeartbeatResponse&);
verdict answer(call&, const protocol::CreateAclsRequest&, protocol::CreateAclsResponse&);
verdict answer(call&, const protocol::CreateTopicsRequest&, protocol::CreateTopicsResponse&);
verdict answer(call&, const protocol::DeleteAclsRequest&, protocol::DeleteAclsResponse&);
verdict answer(call&, const protocol::DeleteGroupsRequest&, protocol::DeleteGroupsResponse&);
verdict answer(call&, const protocol::DeleteRecordsRequest&, protocol::DeleteRecordsResponse&);
verdict answer(call&, const protocol::DeleteTopicsRequest&, protocol::DeleteTopicsResponse&);
verdict answer(call&, const protocol::DescribeAclsRequest&, protocol::DescribeAclsResponse&);
verdict answer(call&, const protocol::DescribeClientQuotasRequest&, protocol::DescribeClientQuotasResponse&);
verdict answer(call&, const protocol::DescribeClusterRequest&, protocol::DescribeClusterResponse&);
verdict answer(call&, const protocol::DescribeConfigsRequest&, protocol::DescribeConfigsResponse&);
verdict answer(call&, const protocol::DescribeGroupsRequest&, protocol::DescribeGroupsResponse&);
verdict answer(call&, const protocol::DescribeLogDirsRequest&, protocol::DescribeLogDirsResponse&);
verdict answer(call&, const protocol::DescribeProducersRequest&, protocol::DescribeProducersResponse&);
verdict answer(call&, const protocol::DescribeTopicPartitionsRequest&, protocol::DescribeTopicPartitionsResponse&);
verdict answer(call&, const protocol::DescribeTransactionsRequest&, protocol::DescribeTransactionsResponse&);
verdict answer(call&, const protocol::ElectLeadersRequest&, protocol::ElectLeadersResponse&);
verdict answer(call&, const protocol::EndTxnRequest&, protocol::EndTxnResponse&);
verdict answer(call&, const protocol::FetchRequest&, protocol::FetchResponse&);
verdict answer(call&, const protocol::FindCoordinatorRequest&, protocol::FindCoordinatorResponse&);
verdict answer(call&, const protocol::HeartbeatRequest&, protocol::HeartbeatResponse&);
verdict answer(call&, const protocol::IncrementalAlterConfigsRequest&, protocol::IncrementalAlterConfigsResponse&);
verdict answer(call&, const protocol::InitProducerIdRequest&, protocol::InitProducerIdResponse&);
verdict answer(call&, const protocol::JoinGroupRequest&, protocol::JoinGroupResponse&);
verdict answer(call&, const protocol::LeaveGroupRequest&, protocol::LeaveGroupResponse&);
verdict answer(call&, const protocol::ListGroupsRequest&, protocol::ListGroupsResponse&);
verdict answer(call&, const protocol::ListOffsetsRequest&, protocol::ListOffsetsResponse&);
verdict answer(call&, const protocol::ListPartitionReassignmentsRequest&,
               protocol::ListPartitionReassignmentsResponse&);
verdict answer(call&, const protocol::ListTransactionsRequest&, protocol::ListTransactionsResponse&);
verdict answer(call&, const protocol::MetadataRequest&, protocol::MetadataResponse&);
verdict answer(call&, const protocol::OffsetCommitRequest&, protocol::OffsetCommitResponse&);
verdict answer(call&, const protocol::OffsetDeleteRequest&, protocol::OffsetDeleteResponse&);
verdict answer(call&, const protocol::OffsetFetchRequest&, protocol::OffsetFetchResponse&);
verdict answer(call&, const protocol::OffsetForLeaderEpochRequest&, protocol::OffsetForLeaderEpochResponse&);
verdict answer(call&, const protocol::ProduceRequest&, protocol::ProduceResponse&);
verdict answer(call&, const protocol::SaslAuthenticateRequest&, protocol::SaslAuthenticateResponse&);
verdict answer(call&, const protocol::SaslHandshakeRequest&, protocol::SaslHandshakeResponse&);
verdict answer(call&, const protocol::SyncGroupRequest&, protocol::SyncGroupResponse&);
verdict answer(call&, const protocol::TxnOffsetCommitRequest&, protocol::TxnOffsetCommitResponse&);
verdict answer(call&, const protocol::WriteTxnMarkersRequest&, protocol::WriteTxnMarkersResponse&);

// For a test that asked for trouble: nothing is applied, and the error stands wherever the response has room for one.
using protocol::error_code;
void answer_error(call&, const protocol::ApiVersionsRequest&, protocol::ApiVersionsResponse&, error_code);
void answer_error(call&, const protocol::CreateAclsRequest&, protocol::CreateAclsResponse&, error_code);
void answer_error(call&, const protocol::CreateTopicsRequest&, protocol::CreateTopicsResponse&, error_code);
void answer_error(call&, const protocol::DeleteAclsRequest&, protocol::DeleteAclsResponse&, error_code);
void answer_error(call&, const protocol::DeleteTopicsRequest&, protocol::DeleteTopicsResponse&, error_code);
void answer_error(call&, const protocol::DescribeAclsRequest&, protocol::DescribeAclsResponse&, error_code);
void answer_error(call&, const protocol::AlterClientQuotasRequest&, protocol::AlterClientQuotasResponse&, error_code);
void answer_error(call&, const protocol::DescribeClientQuotasRequest&, protocol::DescribeClientQuotasResponse&,
                  error_code);
void answer_error(call&, const protocol::DescribeClusterRequest&, protocol::DescribeClusterResponse&, error_code);
void answer_error(call&, const protocol::DescribeConfigsRequest&, protocol::DescribeConfigsResponse&, error_code);
void answer_error(call&, const protocol::FetchRequest&, protocol::FetchResponse&, error_code);
void answer_error(call&, const protocol::InitProducerIdRequest&, protocol::InitProducerIdResponse&, error_code);
void answer_error(call&, const protocol::ListOffsetsRequest&, protocol::ListOffsetsResponse&, error_code);
void answer_error(call&, const protocol::MetadataRequest&, protocol::MetadataResponse&, error_code);
void answer_error(call&, const protocol::SaslAuthenticateRequest&, protocol::SaslAuthenticateResponse&, error_code);
void answer_error(call&, const protocol::SaslHandshakeRequest&, protocol::SaslHandshakeResponse&, error_code);
void answer_error(call&, const protocol::OffsetForLeaderEpochRequest&, protocol::OffsetForLeaderEpochResponse&,
                  error_code);
void answer_error(call&, const protocol::ConsumerGroupDescribeRequest&, protocol::ConsumerGroupDescribeResponse&,
                  error_code);
void answer_error(call&, const protocol::ConsumerGroupHeartbeatRequest&, protocol::ConsumerGroupHeartbeatResponse&,
                  error_code);
void answer_error(call&, const protocol::DeleteGroupsRequest&, protocol::DeleteGroupsResponse&, error_code);
void answer_error(call&, const protocol::DescribeGroupsRequest&, protocol::DescribeGroupsResponse&, error_code);
void answer_error(call&, const protocol::FindCoordinatorRequest&, protocol::FindCoordinatorResponse&, error_code);
void answer_error(call&, const protocol::HeartbeatRequest&, protocol::HeartbeatResponse&, error_code);
void answer_error(call&, const protocol::JoinGroupRequest&, protocol::JoinGroupResponse&, error_code);
void answer_error(call&, const protocol::LeaveGroupRequest&, protocol::LeaveGroupResponse&, error_code);
void answer_error(call&, const protocol::ListGroupsRequest&, protocol::ListGroupsResponse&, error_code);
void answer_error(call&, const protocol::OffsetCommitRequest&, protocol::OffsetCommitResponse&, error_code);
void answer_error(call&, const protocol::OffsetDeleteRequest&, protocol::OffsetDeleteResponse&, error_code);
void answer_error(call&, const protocol::OffsetFetchRequest&, protocol::OffsetFetchResponse&, error_code);
void answer_error(call&, const protocol::SyncGroupRequest&, protocol::SyncGroupResponse&, error_code);
void answer_error(call&, const protocol::AddOffsetsToTxnRequest&, protocol::AddOffsetsToTxnResponse&, error_code);
void answer_error(call&, const protocol::AddPartitionsToTxnRequest&, protocol::AddPartitionsToTxnResponse&, error_code);
void answer_error(call&, const protocol::DescribeProducersRequest&, protocol::DescribeProducersResponse&, error_code);
void answer_error(call&, const protocol::DescribeTransactionsRequest&, protocol::DescribeTransactionsResponse&,
                  error_code);
void answer_error(call&, const protocol::EndTxnRequest&, protocol::EndTxnResponse&, error_code);
void answer_error(call&, const protocol::ListTransactionsRequest&, protocol::ListTransactionsResponse&, error_code);
void answer_error(call&, const protocol::TxnOffsetCommitRequest&, protocol::TxnOffsetCommitResponse&, error_code);
void answer_error(call&, const protocol::WriteTxnMarkersRequest&, protocol::WriteTxnMarkersResponse&, error_code);
void answer_error(call&, const protocol::AlterConfigsRequest&, protocol::AlterConfigsResponse&, error_code);
void answer_error(call&, const protocol::AlterPartitionReassignmentsRequest&,
                  protocol::AlterPartitionReassignmentsResponse&, error_code);
void answer_error(call&, const protocol::CreatePartitionsRequest&, protocol::CreatePartitionsResponse&, error_code);
void answer_error(call&, const protocol::DeleteRecordsRequest&, protocol::DeleteRecordsResponse&, error_code);
void answer_error(call&, const protocol::DescribeLogDirsRequest&, protocol::DescribeLogDirsResponse&, error_code);
void answer_error(call&, const protocol::DescribeTopicPartitionsRequest&, protocol::DescribeTopicPartitionsResponse&,
                  error_code);
void answer_error(call&, const protocol::ElectLeadersRequest&, protocol::ElectLeadersResponse&, error_code);
void answer_error(call&, const protocol::IncrementalAlterConfigsRequest&, protocol::IncrementalAlterConfigsResponse&,
                  error_code);
void answer_error(call&, const protocol::ListPartitionReassignmentsRequest&,
                  protocol::ListPartitionReassignmentsResponse&, error_code);
void answer_error(call&, const protocol::ProduceRequest&, protocol::ProduceResponse&, error_code);

/// The answer to a fetch that was parked and is ready now, or whose deadline has passed.
void answer_parked(call&, pending_fetch&, protocol::FetchResponse&);

}  // namespace mock
}  // namespace v0
}  // namespace ottla
