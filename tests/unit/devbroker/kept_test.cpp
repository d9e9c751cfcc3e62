// A broker on a disk: what a second life finds of the first, and what is said when the disk refuses.
#include <algorithm>

#include "fetch_support.hpp"
#include "group_support.hpp"
#include "kept_support.hpp"
#include "ottla/protocol/create_topics.hpp"
#include "transaction_support.hpp"

namespace ottla::test {
namespace {

using protocol::error_code;

TEST(Kept, TopicsRecordsAndSettingsAreThereAfterARestart) {
  mock::memory_disk disk;
  protocol::uuid id;
  {
    life first(disk);
    ASSERT_EQ(first.kafka.create_topic("t", 2, 1, {{"retention.ms", "-1"}}), "");
    client_end client(first.kafka);
    ASSERT_EQ(produce(client, "t", 1, one_record("a")).error, error_code::none);
    ASSERT_EQ(produce(client, "t", 1, one_record("b")).error, error_code::none);
    id = first.kafka.topics().front().id;
  }
  life second(disk);
  EXPECT_EQ(second.error, "");
  EXPECT_TRUE(second.notes.empty());
  ASSERT_EQ(second.kafka.topics().size(), 1u);
  EXPECT_EQ(second.kafka.topics().front().id, id);
  EXPECT_EQ(second.kafka.topics().front().partitions, 2);
  EXPECT_EQ(values(second.kafka, "t", 1), (std::vector<std::string>{"a", "b"}));
  client_end client(second.kafka);
  EXPECT_EQ(produce(client, "t", 1, one_record("c")).base_offset, 2);
}

TEST(Kept, ARestartIsANewLeaderEpoch) {
  mock::memory_disk disk;
  {
    life first(disk);
    first.kafka.create_topic("t", 1);
    client_end client(first.kafka);
    produce(client, "t", 0, one_record("a"));
  }
  life second(disk);
  EXPECT_EQ(second.kafka.partition("t", 0)->leader_epoch, 1);
  client_end client(second.kafka);
  produce(client, "t", 0, one_record("b"));
  EXPECT_EQ(second.kafka.records("t", 0)[0].leader_epoch, 0);
  EXPECT_EQ(second.kafka.records("t", 0)[1].leader_epoch, 1);
}

TEST(Kept, ADeletedTopicLeavesNoFileAndItsNameBeginsAnew) {
  mock::memory_disk disk;
  {
    life first(disk);
    first.kafka.create_topic("t", 1);
    client_end client(first.kafka);
    produce(client, "t", 0, one_record("old"));
    first.kafka.delete_topic("t");
    EXPECT_FALSE(disk.files.contains("t-0/00000000000000000000.log"));
    first.kafka.create_topic("t", 1);
    produce(client, "t", 0, one_record("new"));
  }
  life second(disk);
  EXPECT_EQ(values(second.kafka, "t"), std::vector<std::string>{"new"});
}

TEST(Kept, AProducerThatSendsAgainAfterTheRestartIsRecognised) {
  mock::memory_disk disk;
  {
    life first(disk);
    first.kafka.create_topic("t", 1);
    client_end client(first.kafka);
    for (int i = 0; i < 3; ++i) produce(client, "t", 0, one_record("v", 1000, i));
  }
  life second(disk);
  client_end client(second.kafka);
  EXPECT_EQ(produce(client, "t", 0, one_record("v", 1000, 2)).base_offset, 2);
  EXPECT_EQ(produce(client, "t", 0, one_record("v", 1000, 4)).error, error_code::out_of_order_sequence_number);
  EXPECT_EQ(produce(client, "t", 0, one_record("v", 1000, 3)).base_offset, 3);
}

TEST(Kept, AProducerIsKnownAlthoughItsRecordsAreGone) {
  mock::memory_disk disk;
  {
    life first(disk);
    first.kafka.create_topic("t", 1);
    client_end client(first.kafka);
    for (int i = 0; i < 3; ++i) produce(client, "t", 0, one_record("v", 1000, i));
    first.kafka.cut_front("t", 0, 3, start);
    EXPECT_FALSE(disk.files.contains("t-0/00000000000000000000.log"));
  }
  life second(disk);
  EXPECT_EQ(second.kafka.partition("t", 0)->log_start_offset, 3);
  client_end client(second.kafka);
  EXPECT_EQ(produce(client, "t", 0, one_record("v", 1000, 2)).base_offset, 2);
  EXPECT_EQ(produce(client, "t", 0, one_record("v", 1000, 3)).base_offset, 3);
}

TEST(Kept, IdsOfProducersAndMembersAreNotGivenTwice) {
  mock::memory_disk disk;
  std::int64_t producer = -1;
  std::string first_member;
  const auto new_producer = [](client_end& by) {
    protocol::InitProducerIdRequest request;
    request.transactional_id = std::nullopt;
    return static_cast<std::int64_t>(by.ask(request)->producer_id);
  };
  {
    life first(disk);
    first.kafka.create_topic("t", 1);
    client_end client(first.kafka);
    producer = new_producer(client);
    member m(first.kafka);
    m.send_join(5);
    first_member = m.take_join(5)->member_id;
    ASSERT_EQ(m.commit(1), error_code::none);
  }
  life second(disk);
  client_end client(second.kafka);
  EXPECT_GT(new_producer(client), producer);
  member m(second.kafka);
  m.send_join(5);
  EXPECT_NE(m.take_join(5)->member_id, first_member);
}

TEST(Kept, AGroupGoesOnInItsGenerationAndFromItsOffsets) {
  mock::memory_disk disk;
  std::string id;
  {
    life first(disk);
    first.kafka.create_topic("t", 1);
    member m(first.kafka);
    m.send_join();
    pass(first.kafka, {&m}, 100ms);
    const auto in = m.take_join();
    ASSERT_TRUE(in);
    m.id = id = in->member_id;
    m.generation = in->generation;
    m.send_sync({{id, "all"}});
    ASSERT_EQ(m.take_sync()->assignment, "all");
    ASSERT_EQ(m.commit(7, "note"), error_code::none);
  }
  life second(disk);
  EXPECT_EQ(committed(second.kafka, "g"), 7);
  member m(second.kafka);
  m.id = id;
  m.generation = 1;
  EXPECT_EQ(m.heartbeat(), error_code::none);
  EXPECT_EQ(m.commit(8), error_code::none);
  pass(second.kafka, {&m}, 11s);
  EXPECT_EQ(m.heartbeat(), error_code::unknown_member_id);  // its session is counted from the restart
}

TEST(Kept, ATransactionThatWasOpenTimesOutWhenItWouldHave) {
  mock::memory_disk disk;
  {
    life first(disk);
    first.kafka.create_topic("t", 1);
    transactional p(first.kafka);
    p.init(60'000);
    ASSERT_EQ(p.produce("t", 0, 0), error_code::none);
  }
  mock::broker kafka;
  ASSERT_EQ(kafka.open(disk).error, "");
  kafka.step(later(start, 40s));  // of the wall clock, the other one began anew
  EXPECT_EQ(kafka.transaction("x")->state, "Ongoing");
  kafka.step(later(start, 61s));
  EXPECT_EQ(kafka.transaction("x")->state, "CompleteAbort");
  EXPECT_EQ(kafka.partition("t", 0)->last_stable_offset, 2);
}

TEST(Kept, AnUnknownFormatAndSomebodyElsesFilesAreRefused) {
  mock::memory_disk newer;
  const std::string_view text = "ottla dev broker, format 9\n";
  newer.replace("format", std::as_bytes(std::span(text)));
  EXPECT_EQ(life(newer).error, "its data has a format that this version does not know: 'ottla dev broker, format 9'");
  mock::memory_disk foreign;
  foreign.replace("thesis.tex", {});
  EXPECT_EQ(life(foreign).error, "there are other files in it, and none that says that they are an ottla broker's");
}

TEST(Kept, FewerNodesThanTopicsNeedAreRefused) {
  mock::memory_disk disk;
  mock::broker_options two;
  two.nodes = {{.id = 1}, {.id = 2, .port = 9093}};
  { life(disk, two).kafka.create_topic("t", 2, 1); }
  EXPECT_EQ(life(disk).error, "topic t lies on node 2 of a larger cluster; this one has 1 node");
}

TEST(Kept, WhatAFullDiskRefusesIsNotThereAndMayBeSentAgain) {
  mock::memory_disk disk;
  life now(disk);
  now.kafka.create_topic("t", 1);
  client_end client(now.kafka);
  ASSERT_EQ(produce(client, "t", 0, one_record("a", 1000, 0)).error, error_code::none);
  disk.full = true;
  const produced refused = produce(client, "t", 0, one_record("b", 1000, 1));
  EXPECT_EQ(refused.error, error_code::kafka_storage_error);
  EXPECT_EQ(refused.message, "The broker's disk refuses.");
  EXPECT_EQ(values(now.kafka, "t"), std::vector<std::string>{"a"});
  disk.full = false;
  EXPECT_EQ(produce(client, "t", 0, one_record("b", 1000, 1)).base_offset, 1);
  EXPECT_EQ(values(life(disk).kafka, "t"), (std::vector<std::string>{"a", "b"}));
}

TEST(Kept, ACommitThatAFullDiskRefusesIsNotAcknowledged) {
  mock::memory_disk disk;
  life now(disk);
  now.kafka.create_topic("t", 1);
  member m(now.kafka);
  ASSERT_EQ(m.commit(1), error_code::none);
  disk.full = true;
  EXPECT_EQ(m.commit(2), error_code::kafka_storage_error);
  EXPECT_EQ(m.commit(2), error_code::kafka_storage_error);
  disk.full = false;
  EXPECT_EQ(m.commit(3), error_code::none);
  life next(disk);
  EXPECT_EQ(committed(next.kafka, "g"), 3);
}

TEST(Kept, ATopicThatAFullDiskRefusesIsNotSaidToExist) {
  mock::memory_disk disk;
  life now(disk);
  client_end client(now.kafka);
  disk.full = true;
  protocol::CreateTopicsRequest request;
  protocol::CreateTopicsRequest::CreatableTopic one;
  one.name = "t";
  one.num_partitions = 1;
  one.replication_factor = 1;
  request.topics = protocol::array<protocol::CreateTopicsRequest::CreatableTopic>(&one, 1);
  EXPECT_EQ(client.ask(request)->topics[0].error_code, error_code::kafka_storage_error);
  EXPECT_EQ(client.ask(request)->topics[0].error_code, error_code::kafka_storage_error);
  disk.full = false;
  EXPECT_EQ(client.ask(request)->topics[0].error_code, error_code::topic_already_exists);
  EXPECT_EQ(life(disk).kafka.topics().size(), 1u);
}

TEST(Kept, AJournalThatGrowsLongIsWrittenAnew) {
  mock::memory_disk disk;
  std::size_t longest = 0;
  {
    life now(disk);
    now.kafka.create_topic("t", 1);
    member m(now.kafka);
    const std::string metadata(4000, 'm');
    for (int i = 0; i < 2000; ++i) {
      ASSERT_EQ(m.commit(i, metadata), error_code::none);
      longest = std::max(longest, disk.files["meta.journal"].size());
    }
  }
  EXPECT_LT(longest, std::size_t{5} << 20);
  life next(disk);
  EXPECT_EQ(committed(next.kafka, "g"), 1999);
  EXPECT_LT(disk.files["meta.journal"].size(), 8000u);
}

}  // namespace
}  // namespace ottla::test
