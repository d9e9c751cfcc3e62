// Requests with broken bytes: the broker answers, or closes with a reason, and its own state stays whole.
#include "cluster/seeded.hpp"
#include "fetch_support.hpp"
#include "group_support.hpp"
#include "ottla/protocol/add_offsets_to_txn.hpp"
#include "ottla/protocol/add_partitions_to_txn.hpp"
#include "ottla/protocol/alter_client_quotas.hpp"
#include "ottla/protocol/alter_configs.hpp"
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
#include "ottla/protocol/sync_group.hpp"
#include "ottla/protocol/txn_offset_commit.hpp"
#include "ottla/protocol/write_txn_markers.hpp"

namespace ottla::test {
namespace {

constexpr int rounds = 20'000;

/// The requests of groups, filled so that every kind of field is there to be spoiled.
template <class F>
void add_group_requests(F&& add) {
  using namespace protocol;
  FindCoordinatorRequest find;
  std::string_view group = "g";
  find.coordinator_keys = {&group, 1};
  add(find);
  JoinGroupRequest::JoinGroupRequestProtocol offer{"range", as_bytes("topics"), {}};
  JoinGroupRequest join;
  join.group_id = "g";
  join.session_timeout_ms = 10'000;
  join.protocol_type = "consumer";
  join.protocols = {&offer, 1};
  add(join);
  SyncGroupRequest::SyncGroupRequestAssignment given{"m", as_bytes("x"), {}};
  SyncGroupRequest sync;
  sync.group_id = "g";
  sync.assignments = {&given, 1};
  add(sync);
  HeartbeatRequest beat;
  beat.group_id = "g";
  add(beat);
  LeaveGroupRequest::MemberIdentity who;
  LeaveGroupRequest leave;
  leave.group_id = "g";
  leave.members = {&who, 1};
  add(leave);
  OffsetCommitRequest::OffsetCommitRequestPartition at;
  OffsetCommitRequest::OffsetCommitRequestTopic topic;
  topic.name = "t";
  topic.partitions = {&at, 1};
  OffsetCommitRequest commit;
  commit.group_id = "g";
  commit.topics = {&topic, 1};
  add(commit);
  std::int32_t index = 0;
  OffsetFetchRequest::OffsetFetchRequestTopic old_topic{"t", {&index, 1}, {}};
  OffsetFetchRequest::OffsetFetchRequestTopics fetched{"t", {}, {&index, 1}, {}};
  OffsetFetchRequest::OffsetFetchRequestGroup of_group;
  of_group.group_id = "g";
  of_group.topics = array<OffsetFetchRequest::OffsetFetchRequestTopics>(&fetched, 1);
  OffsetFetchRequest fetch;
  fetch.group_id = "g";
  fetch.topics = array<OffsetFetchRequest::OffsetFetchRequestTopic>(&old_topic, 1);
  fetch.groups = {&of_group, 1};
  add(fetch);
  DescribeGroupsRequest describe;
  describe.groups = {&group, 1};
  add(describe);
  DeleteGroupsRequest remove;
  remove.groups_names = {&group, 1};
  add(remove);
  OffsetDeleteRequest forget;
  forget.group_id = "g";
  add(forget);
  add(ListGroupsRequest{});
}

/// A transactional producer's requests. Its id is the first that a cluster gives, so that some of them get through.
template <class F>
void add_transaction_requests(F&& add) {
  using namespace protocol;
  constexpr producer_id first{1000};
  InitProducerIdRequest init;
  init.transactional_id = "x";
  init.transaction_timeout_ms = 1000;
  add(init);
  std::int32_t index = 0;
  AddPartitionsToTxnRequest::AddPartitionsToTxnTopic added{"t", {&index, 1}, {}};
  AddPartitionsToTxnRequest::AddPartitionsToTxnTransaction of_brokers{"x", first, 0, false, {&added, 1}, {}};
  AddPartitionsToTxnRequest partitions;
  partitions.transactions = {&of_brokers, 1};
  partitions.v3_and_below_transactional_id = "x";
  partitions.v3_and_below_producer_id = first;
  partitions.v3_and_below_topics = {&added, 1};
  add(partitions);
  AddOffsetsToTxnRequest offsets{"x", first, 0, "g", {}};
  add(offsets);
  TxnOffsetCommitRequest::TxnOffsetCommitRequestPartition at;
  TxnOffsetCommitRequest::TxnOffsetCommitRequestTopic topic{"t", {}, {&at, 1}, {}};
  TxnOffsetCommitRequest commit;
  commit.transactional_id = "x";
  commit.group_id = "g";
  commit.producer_id = first;
  commit.topics = {&topic, 1};
  add(commit);
  add(EndTxnRequest{"x", first, 0, true, {}});
  WriteTxnMarkersRequest::WritableTxnMarkerTopic marked{"t", {&index, 1}, {}};
  WriteTxnMarkersRequest::WritableTxnMarker marker{first, 1, true, {&marked, 1}, 0, 0, {}};
  WriteTxnMarkersRequest markers;
  markers.markers = {&marker, 1};
  add(markers);
  std::string_view id = "x";
  DescribeTransactionsRequest describe;
  describe.transactional_ids = {&id, 1};
  add(describe);
  add(ListTransactionsRequest{});
  DescribeProducersRequest::TopicRequest looked_at{"t", {&index, 1}, {}};
  DescribeProducersRequest producers;
  producers.topics = {&looked_at, 1};
  add(producers);
}

/// One well-formed frame of each API in each version that is served.
/// The same of administrators.
template <class F>
void add_admin_requests(F&& add) {
  using namespace protocol;
  IncrementalAlterConfigsRequest::AlterableConfig change{"retention.ms", 0, "5000000", {}};
  IncrementalAlterConfigsRequest::AlterConfigsResource changed{2, "t", {&change, 1}, {}};
  IncrementalAlterConfigsRequest alter;
  alter.resources = {&changed, 1};
  add(alter);
  AlterConfigsRequest::AlterableConfig config{"cleanup.policy", "delete,compact", {}};
  AlterConfigsRequest::AlterConfigsResource replaced{2, "t", {&config, 1}, {}};
  AlterConfigsRequest replace;
  replace.resources = {&replaced, 1};
  add(replace);
  broker_id node{1};
  CreatePartitionsRequest::CreatePartitionsAssignment assigned{{&node, 1}, {}};
  CreatePartitionsRequest::CreatePartitionsTopic grown;
  grown.name = "t";
  grown.count = 3;
  grown.assignments = array<CreatePartitionsRequest::CreatePartitionsAssignment>(&assigned, 1);
  CreatePartitionsRequest grow;
  grow.topics = {&grown, 1};
  add(grow);
  DeleteRecordsRequest::DeleteRecordsPartition part{0, -1, {}};
  DeleteRecordsRequest::DeleteRecordsTopic cut{"t", {&part, 1}, {}};
  DeleteRecordsRequest remove;
  remove.topics = {&cut, 1};
  add(remove);
  std::int32_t index = 0;
  ElectLeadersRequest::TopicPartitions led{"t", {&index, 1}, {}};
  ElectLeadersRequest elect;
  elect.topic_partitions = array<ElectLeadersRequest::TopicPartitions>(&led, 1);
  add(elect);
  DescribeLogDirsRequest::DescribableLogDirTopic sized{"t", {&index, 1}, {}};
  DescribeLogDirsRequest sizes;
  sizes.topics = array<DescribeLogDirsRequest::DescribableLogDirTopic>(&sized, 1);
  add(sizes);
  DescribeTopicPartitionsRequest::TopicRequest paged{"t", {}};
  DescribeTopicPartitionsRequest pages;
  pages.topics = {&paged, 1};
  pages.cursor = {"t", 1, {}};
  add(pages);
  add(ListPartitionReassignmentsRequest{});
}

/// Who may do what, how much of it, and the newer protocol of groups.
template <class F>
void add_security_requests(F&& add) {
  using namespace protocol;
  CreateAclsRequest::AclCreation made{2, "t", 3, "User:x", "*", 3, 3, {}};
  CreateAclsRequest create;
  create.creations = {&made, 1};
  add(create);
  DescribeAclsRequest described{2, "t", 2, std::nullopt, std::nullopt, 1, 1, {}};
  add(described);
  DeleteAclsRequest::DeleteAclsFilter filter{2, "t", 3, "User:x", "*", 3, 3, {}};
  DeleteAclsRequest remove;
  remove.filters = {&filter, 1};
  add(remove);
  AlterClientQuotasRequest::EntityData entity[] = {{"user", "ANONYMOUS", {}}, {"client-id", std::nullopt, {}}};
  AlterClientQuotasRequest::OpData op{"consumer_byte_rate", 1e6, false, {}};
  AlterClientQuotasRequest::EntryData entry{{entity, 2}, {&op, 1}, {}};
  AlterClientQuotasRequest alter;
  alter.entries = {&entry, 1};
  add(alter);
  DescribeClientQuotasRequest::ComponentData component{"user", 0, "ANONYMOUS", {}};
  DescribeClientQuotasRequest quotas;
  quotas.components = {&component, 1};
  add(quotas);
  std::string_view topic = "t";
  ConsumerGroupHeartbeatRequest beat;
  beat.group_id = "c";
  beat.member_id = "m";
  beat.rebalance_timeout_ms = 1000;
  beat.subscribed_topic_names = array<std::string_view>(&topic, 1);
  beat.topic_partitions.emplace();
  add(beat);
  beat.subscribed_topic_names = std::nullopt;
  beat.member_epoch = 1;
  add(beat);
  std::string_view group = "c";
  ConsumerGroupDescribeRequest describe;
  describe.group_ids = {&group, 1};
  describe.include_authorized_operations = true;
  add(describe);
}

std::vector<std::vector<std::byte>> every_request() {
  using namespace protocol;
  mock::broker nobody;
  client_end by(nobody);
  std::vector<std::vector<std::byte>> out;
  const auto add = [&](const auto& request) {
    using request_type = std::remove_cvref_t<decltype(request)>;
    for (std::int16_t v = request_type::min_version; v <= request_type::max_version; ++v)
      out.push_back(by.frame_of(trimmed(request, v), v));
  };
  const auto records = batch({.values = {"a", "b"}, .producer_id = 5, .producer_epoch = 0, .sequence = 0});
  ProduceRequest::PartitionProduceData data{0, records, {}};
  ProduceRequest::TopicProduceData produced{"t", {}, {&data, 1}, {}};
  ProduceRequest produce;
  produce.acks = -1;
  produce.topic_data = {&produced, 1};
  add(produce);
  FetchRequest::FetchPartition part;
  part.partition_max_bytes = 1000;
  FetchRequest::FetchTopic fetched{"t", {}, {&part, 1}, {}};
  FetchRequest fetch;
  fetch.topics = {&fetched, 1};
  add(fetch);
  ListOffsetsRequest::ListOffsetsPartition listed;
  listed.timestamp = 5;
  ListOffsetsRequest::ListOffsetsTopic list_topic{"t", {&listed, 1}, {}};
  ListOffsetsRequest list;
  list.topics = {&list_topic, 1};
  add(list);
  MetadataRequest::MetadataRequestTopic named{{}, "t", {}};
  MetadataRequest metadata;
  metadata.topics = array<MetadataRequest::MetadataRequestTopic>(&named, 1);
  add(metadata);
  add(ApiVersionsRequest{});
  CreateTopicsRequest::CreatableTopic made;
  made.name = "new";
  made.num_partitions = 1;
  made.replication_factor = 1;
  CreateTopicsRequest create;
  create.topics = {&made, 1};
  add(create);
  DeleteTopicsRequest::DeleteTopicState gone{"new", {}, {}};
  for (std::int16_t v = 1; v <= 6; ++v) {
    DeleteTopicsRequest remove;
    if (v == 6) remove.topics = {&gone, 1};
    out.push_back(by.frame_of(remove, v));
  }
  add(InitProducerIdRequest{});
  OffsetForLeaderEpochRequest::OffsetForLeaderPartition epoch;
  OffsetForLeaderEpochRequest::OffsetForLeaderTopic epoch_topic{"t", {&epoch, 1}, {}};
  OffsetForLeaderEpochRequest epochs;
  epochs.topics = {&epoch_topic, 1};
  add(epochs);
  DescribeConfigsRequest::DescribeConfigsResource resource{2, "t", std::nullopt, {}};
  DescribeConfigsRequest configs;
  configs.resources = {&resource, 1};
  add(configs);
  add(DescribeClusterRequest{});
  add_admin_requests(add);
  add_group_requests(add);
  add_transaction_requests(add);
  add_security_requests(add);
  const auto in_transaction = batch({.producer_id = 1000, .producer_epoch = 0, .sequence = 0, .more_attributes = 0x10});
  data.records = in_transaction;
  produce.transactional_id = "x";
  add(produce);
  return out;
}

void spoil(std::vector<std::byte>& bytes, std::size_t from, mock::seeded& random) {
  for (std::uint64_t left = 1 + random.next() % 4; left > 0; --left) {
    const std::size_t at = from + random.next() % (bytes.size() - from);
    constexpr std::array<int, 6> favourites{0, 1, 0x7f, 0x80, 0xfe, 0xff};
    bytes[at] = random.next() % 2 == 0 ? static_cast<std::byte>(favourites[random.next() % favourites.size()])
                                       : static_cast<std::byte>(random.next());
  }
}

class Mutations : public testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(WithAndWithout, Mutations, testing::Bool(),
                         [](const auto& with) { return with.param ? "AnAuthorizer" : "Nothing"; });

TEST_P(Mutations, BrokenRequestsNeverBreakTheBroker) {
  const auto requests = every_request();
  mock::broker_options options;
  options.max_log_bytes = std::size_t{8} << 20;
  options.authorization.required = GetParam();
  options.authorization.allow_everyone_if_no_acl_found = true;
  options.authorization.super_users = {"User:CN=root"};
  mock::broker kafka(options);
  ASSERT_EQ(kafka.create_topic("t", 2), "");
  mock::seeded random(42);
  mock::instant now = start;
  for (int round = 0; round < rounds; ++round) {
    auto frame = requests[random.next() % requests.size()];
    constexpr std::size_t behind_the_size = 4;
    spoil(frame, behind_the_size, random);
    const auto id = kafka.connect(0, now);
    const std::size_t cut = random.next() % frame.size();
    kafka.receive(id, std::span<const std::byte>(frame).first(cut), now);
    kafka.receive(id, std::span<const std::byte>(frame).subspan(cut), now);
    now = later(now, std::chrono::milliseconds(random.next() % 50));
    kafka.step(now);
    ASSERT_EQ(kafka.closed(id), !kafka.close_reason(id).empty());
    kafka.disconnect(id);
  }
  // Whatever was made, deleted or written: a client that behaves is served.
  kafka.delete_topic("t");
  ASSERT_EQ(kafka.create_topic("t", 1), "");
  client_end client(kafka, 0, now, {.certificate_subject = "CN=root"});
  EXPECT_EQ(produce(client, "t", 0, batch({.values = {"fine"}, .timestamp = now.wall.count()})).base_offset, 0);
  EXPECT_EQ(fetch(client, {.partitions = {{"t", 0, 0}}}).parts[0].values, std::vector<std::string>{"fine"});
}

TEST(MutationsOfBatches, BrokenBatchesWithARightCrcNeverReachTheLogUnreadable) {
  mock::broker kafka;
  ASSERT_EQ(kafka.create_topic("t", 1, -1, {{"message.timestamp.after.max.ms", "9223372036854775807"}}), "");
  client_end client(kafka);
  mock::seeded random(43);
  for (int round = 0; round < rounds; ++round) {
    auto bytes = batch({.values = {"one", "two", "three"}, .codec = static_cast<int>(random.next() % 5)});
    constexpr std::size_t attributes = 21;
    spoil(bytes, attributes, random);
    reseal(bytes);
    send_produce(client, "t", 0, bytes);
    kafka.take_output(client.id);
    ASSERT_FALSE(client.closed());
  }
  std::int64_t expected = 0;
  for (const auto& record : kafka.records("t", 0)) ASSERT_EQ(record.offset, expected++);
  EXPECT_EQ(expected, kafka.partition("t", 0)->high_watermark);
  EXPECT_GT(expected, 0) << "some mutations are harmless";
}

}  // namespace
}  // namespace ottla::test
