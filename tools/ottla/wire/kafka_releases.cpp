// The table, taken from the newest version that the official ApiKeys name in the clients of each release from 0.8.2
// to 4.3.
#include "kafka_releases.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>

namespace ottla::wire {

namespace {
struct history {
  std::int16_t key;
  std::string_view runs;  // "0:0.8 1:0.9 4:1.0 6:": 1 since 0.9, 2 and 3 with it; no release has 6
};

// clang-format off
constexpr history table[] = {
    {0, "0:0.8 1:0.9 2:0.10.0 3:0.11 4:1.0 6:2.0 7:2.1 8:2.4 9:2.8 10:3.7 11:3.8 12:4.0 13:4.1"},  // Produce
    {1, "0:0.8 1:0.9 2:0.10.0 3:0.10.1 4:0.11 6:1.0 7:1.1 8:2.0 9:2.1 11:2.3 12:2.7 13:3.1 14:3.5 16:3.7 17:3.9 18:4.1"},  // Fetch
    {2, "0:0.8 1:0.10.1 2:0.11 3:2.0 4:2.1 5:2.2 6:2.8 7:3.0 8:3.5 9:3.9 10:4.0 11:4.2"},  // ListOffsets
    {3, "0:0.8 1:0.10.0 2:0.10.1 3:0.11 5:1.0 6:2.0 7:2.1 8:2.3 9:2.4 10:2.8 12:3.1 13:4.0"},  // Metadata
    {4, "0:0.9 1:1.0 2:2.2 3:2.4 5:2.8 6:3.2 7:3.4"},  // LeaderAndIsr
    {5, "0:0.9 1:2.2 2:2.4 3:2.6 4:3.4"},  // StopReplica
    {6, "0:0.9 2:0.10.0 3:0.10.2 4:1.0 5:2.2 6:2.4 7:2.8 8:3.4"},  // UpdateMetadata
    {7, "0:0.9 2:2.2 3:2.4"},  // ControlledShutdown
    {8, "0:0.8 2:0.9 3:0.11 4:2.0 5:2.1 7:2.3 8:2.4 9:3.7 10:4.2"},  // OffsetCommit
    {9, "0:0.8 2:0.10.2 3:0.11 4:2.0 5:2.1 6:2.4 7:2.5 8:3.0 9:3.7 10:4.2"},  // OffsetFetch
    {10, "0:0.8 1:0.11 2:2.0 3:2.4 4:3.0 5:3.8 6:3.9"},  // FindCoordinator
    {11, "0:0.8 1:0.10.1 2:0.11 3:2.0 4:2.2 5:2.3 6:2.4 7:2.5 8:3.2"},  // JoinGroup
    {12, "0:0.8 1:0.11 2:2.0 3:2.3 4:2.4"},  // Heartbeat
    {13, "0:0.9 1:0.11 2:2.0 3:2.4 5:3.2"},  // LeaveGroup
    {14, "0:0.9 1:0.11 2:2.0 3:2.3 4:2.4 5:2.5"},  // SyncGroup
    {15, "0:0.9 1:0.11 2:2.0 3:2.3 4:2.4 6:4.0"},  // DescribeGroups
    {16, "0:0.9 1:0.11 2:2.0 3:2.4 4:2.6 5:3.8"},  // ListGroups
    {17, "0:0.10.0 1:1.0"},  // SaslHandshake
    {18, "0:0.10.0 1:0.11 2:2.0 3:2.4 4:3.9 5:4.4"},  // ApiVersions
    {19, "0:0.10.1 1:0.10.2 2:0.11 3:2.0 4:2.4 6:2.7 7:2.8"},  // CreateTopics
    {20, "0:0.10.1 1:0.11 2:2.0 3:2.1 4:2.4 5:2.7 6:2.8"},  // DeleteTopics
    {21, "0:0.11 1:2.0 2:2.6"},  // DeleteRecords
    {22, "0:0.11 1:2.0 2:2.4 3:2.5 4:2.7 5:3.8 6:"},  // InitProducerId
    {23, "0:0.11 1:2.0 2:2.1 3:2.3 4:2.8"},  // OffsetForLeaderEpoch
    {24, "0:0.11 1:2.0 2:2.7 3:2.8 4:3.6 5:3.8"},  // AddPartitionsToTxn
    {25, "0:0.11 1:2.0 2:2.7 3:2.8 4:3.8"},  // AddOffsetsToTxn
    {26, "0:0.11 1:2.0 2:2.7 3:2.8 4:3.8 5:4.0"},  // EndTxn
    {27, "0:0.11 1:2.8 2:4.2"},  // WriteTxnMarkers
    {28, "0:0.11 1:2.0 2:2.1 3:2.5 4:3.8 5:4.0 6:4.4"},  // TxnOffsetCommit
    {29, "0:0.11 1:2.0 2:2.5 3:3.3"},  // DescribeAcls
    {30, "0:0.11 1:2.0 2:2.5 3:3.3"},  // CreateAcls
    {31, "0:0.11 1:2.0 2:2.5 3:3.3"},  // DeleteAcls
    {32, "0:0.11 1:1.1 2:2.0 3:2.6 4:2.8"},  // DescribeConfigs
    {33, "0:0.11 1:2.0 2:2.8"},  // AlterConfigs
    {34, "0:1.0 1:2.0 2:2.8"},  // AlterReplicaLogDirs
    {35, "0:1.0 1:2.0 2:2.6 3:3.2 4:3.3 5:4.3"},  // DescribeLogDirs
    {36, "0:1.0 1:2.2 2:2.5"},  // SaslAuthenticate
    {37, "0:1.0 1:2.0 2:2.5 3:2.7"},  // CreatePartitions
    {38, "0:1.1 1:2.0 2:2.4 3:3.3"},  // CreateDelegationToken
    {39, "0:1.1 1:2.0 2:2.5"},  // RenewDelegationToken
    {40, "0:1.1 1:2.0 2:2.5"},  // ExpireDelegationToken
    {41, "0:1.1 1:2.0 2:2.5 3:3.3"},  // DescribeDelegationToken
    {42, "0:1.1 1:2.0 2:2.4 3:4.4"},  // DeleteGroups
    {43, "0:2.2 1:2.4"},  // ElectLeaders
    {44, "0:2.3 1:2.4"},  // IncrementalAlterConfigs
    {45, "0:2.4 1:4.1"},  // AlterPartitionReassignments
    {46, "0:2.4"},  // ListPartitionReassignments
    {47, "0:2.4"},  // OffsetDelete
    {48, "0:2.6 1:2.8"},  // DescribeClientQuotas
    {49, "0:2.6 1:2.8"},  // AlterClientQuotas
    {50, "0:2.7"},  // DescribeUserScramCredentials
    {51, "0:2.7"},  // AlterUserScramCredentials
    {52, "0:2.7 1:3.9 2:4.0"},  // Vote
    {53, "0:2.7 1:3.9"},  // BeginQuorumEpoch
    {54, "0:2.7 1:3.9"},  // EndQuorumEpoch
    {55, "0:2.7 1:3.3 2:3.9"},  // DescribeQuorum
    {56, "0:2.7 1:3.2 2:3.3 3:3.5"},  // AlterPartition
    {57, "0:2.7 1:3.3 2:4.0"},  // UpdateFeatures
    {58, "0:2.8"},  // Envelope
    {59, "0:2.8 1:3.9"},  // FetchSnapshot
    {60, "0:2.8 1:3.7 2:4.0"},  // DescribeCluster
    {61, "0:2.8"},  // DescribeProducers
    {62, "0:2.8 1:3.4 2:3.7 4:3.9"},  // BrokerRegistration
    {63, "0:2.8 1:3.7 2:4.3"},  // BrokerHeartbeat
    {64, "0:2.8"},  // UnregisterBroker
    {65, "0:3.0"},  // DescribeTransactions
    {66, "0:3.0 1:3.8 2:4.1"},  // ListTransactions
    {67, "0:3.0"},  // AllocateProducerIds
    {68, "0:3.7 1:4.0"},  // ConsumerGroupHeartbeat
    {69, "0:3.8 1:4.0"},  // ConsumerGroupDescribe
    {70, "0:3.7"},  // ControllerRegistration
    {71, "0:3.7"},  // GetTelemetrySubscriptions
    {72, "0:3.7"},  // PushTelemetry
    {73, "0:3.7"},  // AssignReplicasToDirs
    {74, "0:3.7 1:4.1"},  // ListConfigResources
    {75, "0:3.8"},  // DescribeTopicPartitions
    {76, "0:4.1"},  // ShareGroupHeartbeat
    {77, "0:4.1"},  // ShareGroupDescribe
    {78, "0:4.1 2:4.2"},  // ShareFetch
    {79, "0:4.1 2:4.2"},  // ShareAcknowledge
    {80, "0:3.9 1:4.2"},  // AddRaftVoter
    {81, "0:3.9"},  // RemoveRaftVoter
    {82, "0:3.9"},  // UpdateRaftVoter
    {83, "0:4.1"},  // InitializeShareGroupState
    {84, "0:4.1"},  // ReadShareGroupState
    {85, "0:4.1 1:4.2"},  // WriteShareGroupState
    {86, "0:4.1"},  // DeleteShareGroupState
    {87, "0:4.1 1:4.2"},  // ReadShareGroupStateSummary
    {88, "0:4.2 1:4.4"},  // StreamsGroupHeartbeat
    {89, "0:4.2 1:4.4"},  // StreamsGroupDescribe
    {90, "0:4.1 1:4.2"},  // DescribeShareGroupOffsets
    {91, "0:4.1"},  // AlterShareGroupOffsets
    {92, "0:4.1"},  // DeleteShareGroupOffsets
    {93, "0:4.4"},  // StreamsGroupTopologyDescriptionUpdate
    {94, "0:4.4"},  // UnregisterController
};
// clang-format on
}  // namespace

std::string_view first_release(protocol::api_key key, std::optional<std::int16_t> version) {
  const auto at = std::ranges::find(table, static_cast<std::int16_t>(key), &history::key);
  if (at == std::end(table)) return {};
  std::string_view out, rest = at->runs;
  while (!rest.empty()) {
    const std::string_view run = rest.substr(0, rest.find(' '));
    const std::size_t colon = run.find(':');
    std::int16_t first = 0;
    std::from_chars(run.data(), run.data() + colon, first);
    if (version && first > *version) break;
    out = run.substr(colon + 1);
    if (!version) break;
    rest.remove_prefix(std::min(rest.size(), run.size() + 1));
  }
  return out;
}

}  // namespace ottla::wire
