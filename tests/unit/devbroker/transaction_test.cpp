// Transactions in the cluster: time-outs, markers that take a while, nodes that come and go, bounds.
#include "fetch_support.hpp"
#include "transaction_support.hpp"

namespace ottla::test {
namespace {

using protocol::error_code;

mock::broker_options with(mock::transaction_options transactions, std::size_t nodes = 1) {
  mock::broker_options options;
  options.nodes.clear();
  for (std::size_t i = 0; i < nodes; ++i)
    options.nodes.push_back({.id = static_cast<std::int32_t>(i + 1), .port = static_cast<std::uint16_t>(9092 + i)});
  options.transactions = transactions;
  return options;
}

std::string state(const mock::broker& kafka) { return kafka.transaction("x").value_or(mock::transaction_info{}).state; }

class Transaction : public testing::Test {
 protected:
  explicit Transaction(mock::transaction_options transactions = {}) : kafka(with(transactions)) {
    EXPECT_EQ(kafka.create_topic("t", 3), "");
    EXPECT_EQ(p.init(), error_code::none);
  }
  void pass(std::chrono::milliseconds time) {
    p.client.now = later(p.client.now, time);
    kafka.step(p.client.now);
  }
  std::int64_t stable(std::int32_t partition = 0) { return kafka.partition("t", partition)->last_stable_offset; }

  mock::broker kafka;
  transactional p{kafka};
};

TEST_F(Transaction, EndsWithAMarkerInEachOfItsPartitions) {
  ASSERT_EQ(p.produce("t", 0, 0), error_code::none);
  ASSERT_EQ(p.produce("t", 2, 0), error_code::none);
  EXPECT_EQ(stable(), 0);
  ASSERT_EQ(kafka.open_transactions("t", 2).size(), 1u);
  EXPECT_EQ(kafka.open_transactions("t", 2)[0].first_offset, 0);
  EXPECT_EQ(kafka.transaction("x")->partitions.size(), 2u);
  ASSERT_EQ(p.end(true), error_code::none);
  EXPECT_EQ(p.epoch, 1);
  for (const std::int32_t partition : {0, 2}) {
    const auto records = kafka.records("t", partition);
    ASSERT_EQ(records.size(), 2u);
    EXPECT_TRUE(records[0].transactional);
    EXPECT_FALSE(records[0].control);
    EXPECT_TRUE(records[1].control);
    EXPECT_EQ(records[1].key, std::string("\0\0\0\1", 4));
    EXPECT_EQ(records[1].value, std::string("\0\0\0\0\0\0", 6));
    EXPECT_EQ(records[1].producer_epoch, 1);
    EXPECT_EQ(stable(partition), 2);
  }
  EXPECT_TRUE(kafka.records("t", 1).empty());
  EXPECT_TRUE(kafka.open_transactions("t", 0).empty());
}

TEST_F(Transaction, IsAbortedWhenItsTimeIsUp) {
  ASSERT_EQ(p.init(5000), error_code::none);
  ASSERT_EQ(p.produce("t", 0, 0), error_code::none);
  EXPECT_EQ(kafka.step(p.client.now), p.client.now.mono + 5s);
  pass(4999ms);
  EXPECT_EQ(state(kafka), "Ongoing");
  pass(1ms);
  EXPECT_EQ(state(kafka), "CompleteAbort");
  EXPECT_EQ(stable(), 2);
  EXPECT_EQ(p.produce("t", 0, 1), error_code::invalid_producer_epoch);
  EXPECT_EQ(p.end(true), error_code::invalid_txn_state);
  EXPECT_EQ(p.end(false), error_code::none) << "that is what has happened";
  EXPECT_EQ(p.produce("t", 0, 0), error_code::none) << "with the epoch that it was told";
}

TEST_F(Transaction, AReaderOfCommittedRecordsIsWokenWhenTheyAreDecided) {
  ASSERT_EQ(p.produce("t", 0, 0), error_code::none);
  client_end reader(kafka);
  protocol::FetchRequest::FetchPartition partition;
  partition.partition_max_bytes = 1 << 20;
  protocol::FetchRequest::FetchTopic topic;
  topic.topic = "t";
  topic.partitions = {&partition, 1};
  protocol::FetchRequest request;
  request.replica_id = protocol::broker_id{-1};
  request.max_wait_ms = 10'000;
  request.min_bytes = 1;
  request.isolation_level = 1;
  request.topics = {&topic, 1};
  reader.send(request, 12);
  EXPECT_FALSE(reader.take<protocol::FetchResponse>(12)) << "there is nothing it may see";
  ASSERT_EQ(p.end(false), error_code::none);
  const auto told = reader.take<protocol::FetchResponse>(12);
  ASSERT_TRUE(told);
  const auto& part = (*told)->responses[0].partitions[0];
  EXPECT_EQ(part.last_stable_offset, 2);
  ASSERT_EQ(part.aborted_transactions->size(), 1u);
  EXPECT_EQ((*part.aborted_transactions)[0].producer_id, protocol::producer_id{p.id});
  EXPECT_EQ((*part.aborted_transactions)[0].first_offset, 0);
}

TEST_F(Transaction, ADeletedTopicHoldsItUpNot) {
  ASSERT_EQ(p.produce("t", 0, 0), error_code::none);
  ASSERT_TRUE(kafka.delete_topic("t"));
  EXPECT_EQ(p.end(true), error_code::none);
  EXPECT_EQ(state(kafka), "CompleteCommit");
}

TEST_F(Transaction, AnIdWhoseEpochsAreUsedUpIsReplaced) {
  const std::int64_t first = p.id;
  for (int epoch = 0; epoch < 32'765; ++epoch) ASSERT_EQ(p.init(), error_code::none);
  ASSERT_EQ(p.epoch, 32'765);
  ASSERT_EQ(p.produce("t", 0, 0), error_code::none);
  ASSERT_EQ(p.end(true), error_code::none);
  EXPECT_EQ(p.epoch, 32'766);
  ASSERT_EQ(p.produce("t", 0, 0), error_code::none);
  ASSERT_EQ(p.end(true), error_code::none);
  EXPECT_NE(p.id, first);
  EXPECT_EQ(p.epoch, 0);
  EXPECT_EQ(kafka.records("t", 0).back().producer_epoch, 32'767) << "the marker has the last one";
  const std::int64_t second = p.id;
  p.id = first;
  p.epoch = 32'766;
  EXPECT_EQ(p.end(true), error_code::none) << "asked again, as if the answer had been lost";
  EXPECT_EQ(p.id, second);
  EXPECT_EQ(p.epoch, 0);
}

TEST_F(Transaction, TheLogsStartTakesAbortedRangesAlong) {
  ASSERT_EQ(p.produce("t", 0, 0), error_code::none);
  ASSERT_EQ(p.end(false), error_code::none);
  ASSERT_EQ(p.produce("t", 0, 0), error_code::none);
  kafka.cut_front("t", 0, 3, p.client.now);
  EXPECT_EQ(stable(), 2) << "an open transaction stays where it began";
  ASSERT_EQ(p.end(true), error_code::none);
  EXPECT_EQ(stable(), 4);
}

TEST_F(Transaction, AProducerWithAnOpenTransactionIsNotForgotten) {
  ASSERT_EQ(p.init(900'000), error_code::none);
  ASSERT_EQ(p.produce("t", 0, 0), error_code::none);
  kafka.expire_producer(p.id);
  ASSERT_EQ(kafka.open_transactions("t", 0).size(), 1u);
  EXPECT_EQ(p.produce("t", 0, 1), error_code::none);
}

TEST_F(Transaction, OffsetsShowWhenItIsCommitted) {
  ASSERT_EQ(p.commit_offset("g", 7), error_code::none);
  EXPECT_TRUE(kafka.committed("g").empty());
  EXPECT_EQ(kafka.transaction("x")->partitions[0].first, "__consumer_offsets");
  ASSERT_EQ(p.end(true), error_code::none);
  ASSERT_EQ(kafka.committed("g").size(), 1u);
  EXPECT_EQ(kafka.committed("g")[0].offset, 7);
  ASSERT_EQ(p.commit_offset("g", 8), error_code::none);
  ASSERT_EQ(p.end(false), error_code::none);
  EXPECT_EQ(kafka.committed("g")[0].offset, 7);
}

class SlowMarkers : public Transaction {
 protected:
  SlowMarkers() : Transaction({.marker_delay = 50ms}) {}
};

TEST_F(SlowMarkers, LetTheProducerHearOfConcurrentTransactions) {
  ASSERT_EQ(p.produce("t", 0, 0), error_code::none);
  ASSERT_EQ(p.end(true), error_code::none) << "decided, and answered";
  EXPECT_EQ(state(kafka), "PrepareCommit");
  EXPECT_EQ(stable(), 0);
  EXPECT_EQ(p.produce("t", 1, 0), error_code::concurrent_transactions);
  EXPECT_EQ(p.produce("t", 1, 0, 11), error_code::not_enough_replicas) << "which old producers try again after";
  EXPECT_EQ(p.add("t", 1), error_code::concurrent_transactions);
  EXPECT_EQ(p.commit_offset("g", 1), error_code::concurrent_transactions);
  EXPECT_EQ(p.init(), error_code::concurrent_transactions);
  p.epoch = 0;
  EXPECT_EQ(p.end(true), error_code::concurrent_transactions) << "the same request again";
  EXPECT_EQ(p.end(false), error_code::invalid_txn_state);
  p.epoch = 1;
  EXPECT_EQ(p.end(true), error_code::producer_fenced) << "not the next one";
  pass(30ms);
  EXPECT_EQ(p.init(), error_code::concurrent_transactions) << "asking does not put them off";
  pass(19ms);
  EXPECT_EQ(state(kafka), "PrepareCommit");
  pass(1ms);
  EXPECT_EQ(state(kafka), "CompleteCommit");
  EXPECT_EQ(stable(), 2);
  EXPECT_EQ(p.produce("t", 1, 0), error_code::none);
}

class VersionOne : public Transaction {
 protected:
  VersionOne() : Transaction({.version = 1}) { p.way = 1; }
};

TEST_F(VersionOne, KeepsTheEpochAndTheSequenceOverTheEnd) {
  EXPECT_EQ(p.produce("t", 0, 0), error_code::transaction_abortable);
  ASSERT_EQ(p.add("t", 0), error_code::none);
  ASSERT_EQ(p.produce("t", 0, 0), error_code::none);
  ASSERT_EQ(p.end(true), error_code::none);
  EXPECT_EQ(p.epoch, 0);
  EXPECT_EQ(p.end(true), error_code::none);
  ASSERT_EQ(p.add("t", 0), error_code::none);
  EXPECT_EQ(p.produce("t", 0, 1), error_code::none);
}

TEST_F(VersionOne, AnAbortByTheClusterFencesForGood) {
  ASSERT_EQ(p.init(1000), error_code::none);
  ASSERT_EQ(p.add("t", 0), error_code::none);
  pass(1s);
  EXPECT_EQ(state(kafka), "CompleteAbort");
  EXPECT_EQ(p.end(false), error_code::producer_fenced);
  EXPECT_EQ(p.end(false, 1), error_code::invalid_producer_epoch);
}

class SmallCatalog : public Transaction {
 protected:
  SmallCatalog() : Transaction({.max_ids = 1}) {}
  error_code init_another() {
    protocol::InitProducerIdRequest request;
    request.transactional_id = "y";
    request.transaction_timeout_ms = 1000;
    return p.client.ask(request)->error_code;
  }
};

TEST_F(SmallCatalog, ForgetsIdleIdsAndNoOthers) {
  ASSERT_EQ(p.produce("t", 0, 0), error_code::none);
  EXPECT_EQ(init_another(), error_code::coordinator_not_available);
  ASSERT_EQ(p.end(true), error_code::none);
  EXPECT_EQ(init_another(), error_code::none);
  EXPECT_FALSE(kafka.transaction("x"));
  EXPECT_EQ(p.end(true), error_code::invalid_producer_id_mapping);
}

TEST(TransactionOfManyNodes, GoesOnWithAnotherCoordinator) {
  mock::broker kafka(with({}, 3));
  ASSERT_EQ(kafka.create_topic("t", 1, 3), "");
  const auto home_of = [&](std::string_view) {
    for (std::size_t node = 0; node < 3; ++node) {
      transactional probe(kafka, node);
      if (probe.init() == error_code::none) return node;
    }
    return std::size_t{99};
  };
  const std::size_t home = home_of("x");
  ASSERT_LT(home, 3u);
  ASSERT_EQ(kafka.transaction("x")->coordinator, home);
  const auto leader = [&] { return static_cast<std::size_t>(kafka.partition("t", 0)->leader - 1); };
  ASSERT_TRUE(kafka.move_leader("t", 0, (home + 1) % 3, start));
  transactional at_home(kafka, home), at_leader(kafka, leader());
  ASSERT_EQ(at_home.init(), error_code::none);
  at_leader.id = at_home.id;
  at_leader.epoch = at_home.epoch;
  ASSERT_EQ(at_leader.produce("t", 0, 0), error_code::none) << "the leader asks the coordinator";
  EXPECT_EQ(at_leader.end(true), error_code::not_coordinator);
  kafka.stop(home);
  const std::size_t next = kafka.transaction("x")->coordinator;
  ASSERT_NE(next, home);
  transactional moved(kafka, next);
  moved.id = at_home.id;
  moved.epoch = at_home.epoch;
  EXPECT_EQ(moved.end(true), error_code::none);
  EXPECT_EQ(kafka.records("t", 0).back().value, std::string("\0\0\0\0\0\1", 6)) << "the coordinator's epoch has risen";
}

TEST(TransactionOfManyNodes, MovesToTheCoordinatorThatATestNames) {
  mock::broker kafka(with({}, 3));
  ASSERT_EQ(kafka.create_topic("t", 1, 3), "");
  const std::size_t home = kafka.transaction_coordinator("x").value_or(99);
  ASSERT_LT(home, 3u);
  const std::size_t next = (home + 1) % 3, third = (home + 2) % 3;
  transactional at_home(kafka, home), moved(kafka, next);
  ASSERT_EQ(at_home.init(), error_code::none);
  transactional at_leader(kafka, static_cast<std::size_t>(kafka.partition("t", 0)->leader - 1));
  at_leader.id = moved.id = at_home.id;
  at_leader.epoch = moved.epoch = at_home.epoch;
  ASSERT_EQ(at_leader.produce("t", 0, 0), error_code::none);
  kafka.stop(third);
  EXPECT_FALSE(kafka.move_transaction_coordinator("x", third, start)) << "it does not run";
  EXPECT_FALSE(kafka.move_transaction_coordinator("x", 3, start)) << "there is none";
  EXPECT_TRUE(kafka.move_transaction_coordinator("x", next, start));
  EXPECT_EQ(kafka.transaction("x")->coordinator, next);
  EXPECT_EQ(at_home.end(true), error_code::not_coordinator);
  EXPECT_EQ(moved.end(true), error_code::none) << "what was open goes on there";
  EXPECT_EQ(state(kafka), "CompleteCommit");
  EXPECT_EQ(kafka.records("t", 0).back().value, std::string("\0\0\0\0\0\1", 6)) << "the coordinator's epoch has risen";
  kafka.stop(next);
  EXPECT_EQ(kafka.transaction("x")->coordinator, home) << "while the named one is down";
  kafka.start(next);
  EXPECT_EQ(kafka.transaction("x")->coordinator, next);
}

TEST(TransactionOfManyNodes, WaitsForTheLeaderThatStandsStill) {
  mock::broker kafka(with({}, 2));
  ASSERT_EQ(kafka.create_topic("t", 1, 2), "");
  transactional p(kafka, 0);
  std::size_t home = 0;
  if (p.init() != error_code::none) home = 1;
  transactional at_home(kafka, home), at_leader(kafka, 1 - home);
  ASSERT_EQ(at_home.init(), error_code::none);
  ASSERT_TRUE(kafka.move_leader("t", 0, 1 - home, start));
  at_leader.id = at_home.id;
  at_leader.epoch = at_home.epoch;
  ASSERT_EQ(at_leader.produce("t", 0, 0), error_code::none);
  kafka.pause(1 - home);
  ASSERT_EQ(at_home.end(false), error_code::none);
  EXPECT_EQ(state(kafka), "PrepareAbort");
  auto now = later(start, 1s);
  kafka.step(now);
  EXPECT_EQ(state(kafka), "PrepareAbort");
  kafka.resume(1 - home, now);
  now = later(now, 100ms);
  kafka.step(now);
  EXPECT_EQ(state(kafka), "CompleteAbort");
  EXPECT_EQ(kafka.partition("t", 0)->last_stable_offset, 2);
}

}  // namespace
}  // namespace ottla::test
