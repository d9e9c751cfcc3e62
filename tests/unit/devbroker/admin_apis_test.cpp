// What administrators ask beside settings: more partitions, fewer records, sizes, topics page by page.
#include "fetch_support.hpp"
#include "kept_support.hpp"
#include "ottla/protocol/create_partitions.hpp"
#include "ottla/protocol/delete_records.hpp"
#include "ottla/protocol/describe_log_dirs.hpp"
#include "ottla/protocol/describe_topic_partitions.hpp"
#include "ottla/protocol/list_partition_reassignments.hpp"

namespace ottla::test {
namespace {

using protocol::error_code;

error_code grow(client_end& by, std::string_view topic, std::int32_t count,
                std::optional<std::vector<std::vector<std::int32_t>>> nodes = std::nullopt,
                bool validate_only = false) {
  std::vector<std::vector<protocol::broker_id>> ids;
  std::vector<protocol::CreatePartitionsRequest::CreatePartitionsAssignment> assignments;
  if (nodes) {
    for (const auto& replicas : *nodes) {
      auto& of_one = ids.emplace_back();
      for (const std::int32_t id : replicas) of_one.push_back(protocol::broker_id{id});
    }
    for (auto& of_one : ids) assignments.push_back({of_one, {}});
  }
  protocol::CreatePartitionsRequest::CreatePartitionsTopic asked;
  asked.name = topic;
  asked.count = count;
  if (nodes)
    asked.assignments = protocol::array<protocol::CreatePartitionsRequest::CreatePartitionsAssignment>(assignments);
  if (!nodes) asked.assignments = std::nullopt;
  protocol::CreatePartitionsRequest request;
  request.topics = {&asked, 1};
  request.validate_only = validate_only;
  const auto told = by.ask(request);
  EXPECT_EQ(told->results.size(), 1u);
  return told->results[0].error_code;
}

struct deleted {
  error_code error;
  std::int64_t low_watermark;
  bool operator==(const deleted&) const = default;
};

deleted delete_records(client_end& by, std::string_view topic, std::int32_t partition, std::int64_t offset) {
  protocol::DeleteRecordsRequest::DeleteRecordsPartition part{partition, offset, {}};
  protocol::DeleteRecordsRequest::DeleteRecordsTopic asked{topic, {&part, 1}, {}};
  protocol::DeleteRecordsRequest request;
  request.topics = {&asked, 1};
  const auto told = by.ask(request);
  return {told->topics[0].partitions[0].error_code, told->topics[0].partitions[0].low_watermark};
}

mock::broker_options three() {
  return {.nodes = {{1, "a", 1, ""}, {2, "b", 2, ""}, {3, "c", 3, ""}}, .default_replication_factor = 3};
}

TEST(CreatePartitions, NewPartitionsHaveAsManyReplicasAndALeader) {
  mock::broker kafka(three());
  ASSERT_EQ(kafka.create_topic("t", 1, 2), "");
  client_end client(kafka);
  EXPECT_EQ(grow(client, "t", 4), error_code::none);
  EXPECT_EQ(kafka.topics().front().partitions, 4);
  for (std::int32_t i = 0; i < 4; ++i) {
    EXPECT_EQ(kafka.partition("t", i)->replicas.size(), 2u);
    EXPECT_EQ(kafka.partition("t", i)->leader, kafka.partition("t", i)->replicas[0]);
    EXPECT_EQ(kafka.partition("t", i)->leader_epoch, 0);
  }
  EXPECT_EQ(grow(client, "t", 6, {{{2, 3}, {3, 1}}}), error_code::none);
  EXPECT_EQ(kafka.partition("t", 4)->replicas, (std::vector<std::int32_t>{2, 3}));
  EXPECT_EQ(kafka.partition("t", 5)->leader, 3);
}

TEST(CreatePartitions, WhatIsRefusedAddsNone) {
  mock::broker kafka(three());
  ASSERT_EQ(kafka.create_topic("t", 2, 2), "");
  client_end client(kafka);
  EXPECT_EQ(grow(client, "t", 2), error_code::invalid_partitions);
  EXPECT_EQ(grow(client, "t", 1), error_code::invalid_partitions);
  EXPECT_EQ(grow(client, "t", 1'000'000), error_code::invalid_partitions);
  EXPECT_EQ(grow(client, "none", 3), error_code::unknown_topic_or_partition);
  EXPECT_EQ(grow(client, "t", 3, {{{1, 2}, {1, 2}}}), error_code::invalid_replica_assignment);
  EXPECT_EQ(grow(client, "t", 3, {{{1}}}), error_code::invalid_replica_assignment);
  EXPECT_EQ(grow(client, "t", 3, {{{1, 1}}}), error_code::invalid_replica_assignment);
  EXPECT_EQ(grow(client, "t", 3, {{{1, 9}}}), error_code::invalid_replica_assignment);
  kafka.stop(1);
  kafka.stop(2);
  EXPECT_EQ(grow(client, "t", 3, {{{2, 3}}}), error_code::invalid_replica_assignment) << "none of them is up";
  EXPECT_EQ(grow(client, "t", 3, std::nullopt, true), error_code::none) << "validated only";
  EXPECT_EQ(kafka.topics().front().partitions, 2);
}

TEST(CreatePartitions, TheyAreKeptWithTheirRecords) {
  mock::memory_disk disk;
  {
    life first(disk);
    first.kafka.create_topic("t", 1);
    client_end client(first.kafka);
    ASSERT_EQ(grow(client, "t", 3), error_code::none);
    ASSERT_EQ(produce(client, "t", 2, one_record("a")).error, error_code::none);
  }
  life second(disk);
  EXPECT_EQ(second.kafka.topics().front().partitions, 3);
  EXPECT_EQ(values(second.kafka, "t", 2), std::vector<std::string>{"a"});
}

TEST(DeleteRecords, TheLogBeginsLaterAndWhatIsBeforeIsOutOfRange) {
  mock::broker kafka;
  ASSERT_EQ(kafka.create_topic("t", 1), "");
  client_end client(kafka);
  for (const char* value : {"a", "b", "c"}) produce(client, "t", 0, one_record(value));
  EXPECT_EQ(delete_records(client, "t", 0, 2), (deleted{error_code::none, 2}));
  EXPECT_EQ(fetch(client, {.partitions = {{"t", 0, 1}}}).parts[0].error, error_code::offset_out_of_range);
  EXPECT_EQ(fetch(client, {.partitions = {{"t", 0, 2}}}).parts[0].values, std::vector<std::string>{"c"});
  EXPECT_EQ(delete_records(client, "t", 0, 1), (deleted{error_code::none, 2})) << "gone already";
  EXPECT_EQ(delete_records(client, "t", 0, -1), (deleted{error_code::none, 3})) << "up to the high watermark";
  EXPECT_EQ(produce(client, "t", 0, one_record("d")).base_offset, 3);
}

TEST(DeleteRecords, WhatIsRefused) {
  mock::broker kafka(three());
  ASSERT_EQ(kafka.create_topic("t", 1), "");
  ASSERT_EQ(kafka.create_topic("compacted", 1, -1, {{"cleanup.policy", "compact"}}), "");
  client_end leader(kafka, 0), follower(kafka, 1);
  EXPECT_EQ(delete_records(leader, "t", 0, 1), (deleted{error_code::offset_out_of_range, -1}));
  EXPECT_EQ(delete_records(leader, "t", 0, -2), (deleted{error_code::offset_out_of_range, -1}));
  EXPECT_EQ(delete_records(leader, "t", 7, 0), (deleted{error_code::unknown_topic_or_partition, -1}));
  EXPECT_EQ(delete_records(follower, "t", 0, 0), (deleted{error_code::not_leader_or_follower, -1}));
  ASSERT_TRUE(kafka.move_leader("compacted", 0, 0, start));
  EXPECT_EQ(delete_records(leader, "compacted", 0, 0), (deleted{error_code::policy_violation, -1}));
}

TEST(DeleteRecords, AFetchThatWaitsThereHearsOfIt) {
  mock::broker kafka;
  ASSERT_EQ(kafka.create_topic("t", 1), "");
  client_end reader(kafka), administrator(kafka);
  for (const char* value : {"a", "b"}) produce(administrator, "t", 0, one_record(value));
  ask_fetch(reader, {.partitions = {{"t", 0, 1}}, .max_wait = 10'000, .min_bytes = 100'000});
  EXPECT_FALSE(take_fetch(reader));
  delete_records(administrator, "t", 0, 2);
  const auto told = take_fetch(reader);
  ASSERT_TRUE(told);
  EXPECT_EQ(told->parts[0].error, error_code::offset_out_of_range);
}

TEST(DeleteRecords, TheStartIsKept) {
  mock::memory_disk disk;
  {
    life first(disk);
    first.kafka.create_topic("t", 1);
    client_end client(first.kafka);
    for (const char* value : {"a", "b", "c"}) produce(client, "t", 0, one_record(value));
    ASSERT_EQ(delete_records(client, "t", 0, 2), (deleted{error_code::none, 2}));
  }
  life second(disk);
  EXPECT_EQ(values(second.kafka, "t"), std::vector<std::string>{"c"});
}

TEST(DescribeLogDirs, ANodeTellsWhatItHoldsAndHowMuchRoomIsLeft) {
  auto options = three();
  options.max_log_bytes = 1000;
  options.log_dir = "here";
  mock::broker kafka(options);
  ASSERT_EQ(kafka.create_topic("t", 3, 1), "");
  client_end client(kafka);
  const auto bytes = one_record("a");
  ASSERT_EQ(produce(client, "t", 0, bytes).error, error_code::none);
  protocol::DescribeLogDirsRequest request;
  request.topics = std::nullopt;
  for (const bool named : {false, true}) {
    std::vector<std::int32_t> indexes = {0, 1, 9, 0};
    protocol::DescribeLogDirsRequest::DescribableLogDirTopic asked{"t", indexes, {}};
    if (named) request.topics = protocol::array<protocol::DescribeLogDirsRequest::DescribableLogDirTopic>(&asked, 1);
    const auto told = client.ask(request);
    ASSERT_EQ(told->results.size(), 1u);
    const auto& directory = told->results[0];
    EXPECT_EQ(directory.log_dir, "here");
    EXPECT_EQ(directory.total_bytes, 1000);
    EXPECT_EQ(directory.usable_bytes, 1000 - static_cast<std::int64_t>(bytes.size()));
    ASSERT_EQ(directory.topics.size(), 1u);
    ASSERT_EQ(directory.topics[0].partitions.size(), 1u) << "the others lie on other nodes";
    EXPECT_EQ(directory.topics[0].partitions[0].partition_size, static_cast<std::int64_t>(bytes.size()));
  }
}

struct page {
  std::vector<std::string> parts;  // name:partition
  std::string next;
};

page pages(client_end& by, std::vector<std::string_view> names, std::int32_t limit,
           std::optional<std::pair<std::string_view, std::int32_t>> cursor = std::nullopt) {
  std::vector<protocol::DescribeTopicPartitionsRequest::TopicRequest> topics;
  for (const auto name : names) topics.push_back({name, {}});
  protocol::DescribeTopicPartitionsRequest request;
  request.topics = topics;
  request.response_partition_limit = limit;
  request.cursor = std::nullopt;
  if (cursor) request.cursor = {cursor->first, cursor->second, {}};
  const auto told = by.ask(request);
  page out;
  for (const auto& t : told->topics) {
    for (const auto& p : t.partitions) {
      EXPECT_TRUE(p.eligible_leader_replicas && p.last_known_elr) << "null breaks the Java client";
      out.parts.push_back(std::string(*t.name) + ":" + std::to_string(p.partition_index));
    }
    if (t.error_code != error_code::none)
      out.parts.push_back(std::string(*t.name) + ":" + std::string(protocol::name(t.error_code)));
  }
  if (told->next_cursor)
    out.next = std::string(told->next_cursor->topic_name) + ":" + std::to_string(told->next_cursor->partition_index);
  return out;
}

TEST(DescribeTopicPartitions, PagesGoOnWhereTheLastOneEnded) {
  mock::broker kafka;
  ASSERT_EQ(kafka.create_topic("b", 3), "");
  ASSERT_EQ(kafka.create_topic("a", 2), "");
  client_end client(kafka);
  const page first = pages(client, {}, 3);
  EXPECT_EQ(first.parts, (std::vector<std::string>{"a:0", "a:1", "b:0"}));
  EXPECT_EQ(first.next, "b:1");
  const page second = pages(client, {}, 3, {{"b", 1}});
  EXPECT_EQ(second.parts, (std::vector<std::string>{"b:1", "b:2"}));
  EXPECT_EQ(second.next, "");
  EXPECT_EQ(pages(client, {"b", "a"}, 2).next, "b:0") << "full at the end of a topic";
  EXPECT_EQ(pages(client, {}, 2000, {{"az", 0}}).parts.size(), 3u) << "the cursor's topic is gone";
  EXPECT_EQ(pages(client, {"a"}, 0).parts, std::vector<std::string>{"a:0"}) << "one at least";
}

TEST(DescribeTopicPartitions, WhatIsNotThereIsToldIfItWasNamed) {
  mock::broker kafka;
  ASSERT_EQ(kafka.create_topic("a", 1), "");
  client_end client(kafka);
  EXPECT_EQ(pages(client, {"x", "a"}, 10).parts, (std::vector<std::string>{"a:0", "x:UNKNOWN_TOPIC_OR_PARTITION"}));
  EXPECT_EQ(pages(client, {"a"}, 10, {{"a", -1}}).parts, std::vector<std::string>{"a:INVALID_REQUEST"});
  EXPECT_EQ(pages(client, {"a"}, 10, {{"b", 0}}).parts, std::vector<std::string>{"a:INVALID_REQUEST"});
}

TEST(ListPartitionReassignments, NothingMoves) {
  mock::broker kafka;
  client_end client(kafka);
  protocol::ListPartitionReassignmentsRequest request;
  request.topics = std::nullopt;
  EXPECT_EQ(client.ask(request)->error_code, error_code::none);
  EXPECT_TRUE(client.ask(request)->topics.empty());
}

}  // namespace
}  // namespace ottla::test
