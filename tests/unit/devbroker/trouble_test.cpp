// Faults that a test asks for, nodes that come and go, and bytes that are no requests.
#include <bit>

#include "fetch_support.hpp"
#include "ottla/protocol/describe_cluster.hpp"
#include "ottla/protocol/fetch.hpp"
#include "ottla/protocol/metadata.hpp"
#include "ottla/protocol/produce.hpp"

namespace ottla::test {
namespace {

using mock::fault_action;
using protocol::api_key;
using protocol::error_code;

mock::broker_options three_nodes() {
  mock::broker_options options;
  options.nodes = {{1, "a", 9092, ""}, {2, "b", 9092, ""}, {3, "c", 9092, ""}};
  options.default_replication_factor = 3;
  return options;
}

class Trouble : public testing::Test {
 protected:
  Trouble() { EXPECT_EQ(kafka.create_topic("t", 1), ""); }
  mock::broker kafka;
  client_end client{kafka};
};

TEST_F(Trouble, TheNextRequestsFailWithTheAskedErrorAndAreNotApplied) {
  kafka.inject({.key = api_key::produce, .count = 2, .error = error_code::not_leader_or_follower});
  EXPECT_EQ(produce(client, "t", 0, batch({})).error, error_code::not_leader_or_follower);
  EXPECT_EQ(kafka.faults_left(), 1);
  EXPECT_EQ(produce(client, "t", 0, batch({})).error, error_code::not_leader_or_follower);
  EXPECT_EQ(produce(client, "t", 0, batch({})).base_offset, 0);
}

TEST_F(Trouble, FaultsOfOtherApisAreLeftAlone) {
  kafka.inject({.key = api_key::fetch, .error = error_code::unknown_server_error});
  EXPECT_EQ(produce(client, "t", 0, batch({})).error, error_code::none);
  EXPECT_EQ(fetch(client, {.partitions = {{"t", 0, 0}}}).parts[0].error, error_code::unknown_server_error);
  kafka.inject({.key = api_key::fetch, .error = error_code::fetch_session_id_not_found});
  EXPECT_EQ(fetch(client, {.partitions = {{"t", 0, 0}}}).error, error_code::fetch_session_id_not_found);
}

TEST_F(Trouble, ADroppedAnswerIsAppliedAndTheConnectionHangs) {
  kafka.inject({.key = api_key::produce, .action = fault_action::drop_answer});
  client.send(protocol::MetadataRequest{});
  EXPECT_TRUE(client.take<protocol::MetadataResponse>());
  send_produce(client, "t", 0, batch({}));
  client.send(protocol::MetadataRequest{});
  kafka.step(later(start, 60s));
  EXPECT_EQ(kafka.partition("t", 0)->high_watermark, 1);
  EXPECT_TRUE(kafka.output(client.id).empty());
  EXPECT_FALSE(client.closed());
}

TEST_F(Trouble, ClosingAfterLosesTheAnswerAndClosingBeforeTheRequest) {
  kafka.inject({.key = api_key::describe_cluster, .action = fault_action::close_after});
  client.send(protocol::DescribeClusterRequest{});
  EXPECT_TRUE(client.closed());
  EXPECT_TRUE(kafka.output(client.id).empty());
  client_end second(kafka);
  kafka.inject({.key = api_key::describe_cluster, .action = fault_action::close_before});
  second.send(protocol::DescribeClusterRequest{});
  EXPECT_TRUE(second.closed());
}

TEST_F(Trouble, ClosingMidFrameSendsHalfAnAnswer) {
  client_end whole(kafka);
  whole.send(protocol::DescribeClusterRequest{});
  const std::size_t size = kafka.output(whole.id).size();
  kafka.inject({.key = api_key::describe_cluster, .action = fault_action::close_mid_frame});
  client.send(protocol::DescribeClusterRequest{});
  EXPECT_TRUE(client.closed());
  EXPECT_EQ(kafka.output(client.id).size(), size / 2);
}

TEST_F(Trouble, ADelayedAnswerComesWhenItsTimeIsUpAndHoldsUpTheNext) {
  kafka.inject({.key = api_key::metadata, .action = fault_action::delay, .hold = 200ms});
  client.send(protocol::MetadataRequest{});
  client.send(protocol::DescribeClusterRequest{});
  EXPECT_EQ(kafka.step(start), start.mono + 200ms);
  EXPECT_TRUE(kafka.output(client.id).empty());
  kafka.step(later(start, 200ms));
  EXPECT_TRUE(client.take<protocol::MetadataResponse>());
  EXPECT_TRUE(client.take<protocol::DescribeClusterResponse>());
}

TEST_F(Trouble, ACorruptAnswerDiffersInOneBitBehindItsSize) {
  client.send(protocol::DescribeClusterRequest{});
  const std::vector<std::byte> right = kafka.take_output(client.id);
  kafka.inject({.key = api_key::describe_cluster, .action = fault_action::corrupt_answer});
  client_end second(kafka);
  second.send(protocol::DescribeClusterRequest{});
  const std::vector<std::byte> wrong = kafka.take_output(second.id);
  ASSERT_EQ(wrong.size(), right.size());
  int bits = 0;
  for (std::size_t i = 0; i < right.size(); ++i) {
    const int differs = std::popcount(std::to_integer<unsigned>(right[i] ^ wrong[i]));
    if (i < 4) {
      EXPECT_EQ(differs, 0) << "the frame's size is whole: a length that lies is another kind of trouble";
    }
    bits += differs;
  }
  EXPECT_EQ(bits, 1);
  EXPECT_FALSE(client.closed());
}

TEST_F(Trouble, AThrottledClientHasItsAnswerAtOnceAndTheNextWhenItsTimeIsUp) {
  kafka.inject({.key = api_key::produce, .action = fault_action::throttle, .hold = 300ms});
  send_produce(client, "t", 0, batch({}));
  client.send(protocol::MetadataRequest{});
  const auto told = client.take<protocol::ProduceResponse>(12);
  ASSERT_TRUE(told);
  EXPECT_EQ((*told)->throttle_time_ms, 300);
  EXPECT_FALSE(client.take<protocol::MetadataResponse>());
  EXPECT_EQ(kafka.step(start), start.mono + 300ms);
  EXPECT_FALSE(client.take<protocol::MetadataResponse>());
  kafka.step(later(start, 300ms));
  const auto next = client.take<protocol::MetadataResponse>();
  ASSERT_TRUE(next);
  EXPECT_EQ((*next)->throttle_time_ms, 0);
}

TEST_F(Trouble, ALongPollThatIsThrottledSaysSoWhenItIsAnswered) {
  kafka.inject({.key = api_key::fetch, .action = fault_action::throttle, .hold = 50ms});
  ask_fetch(client, {.partitions = {{"t", 0, 0}}, .max_wait = 200});
  kafka.step(later(start, 200ms));
  const auto told = client.take<protocol::FetchResponse>(12);
  ASSERT_TRUE(told);
  EXPECT_EQ((*told)->throttle_time_ms, 50);
}

TEST_F(Trouble, APausedNodeTakesBytesAndAnswersWhenItIsResumed) {
  kafka.pause(0);
  client.send(protocol::MetadataRequest{});
  kafka.step(later(start, 10s));
  EXPECT_TRUE(kafka.output(client.id).empty());
  kafka.resume(0, later(start, 10s));
  EXPECT_TRUE(client.take<protocol::MetadataResponse>());
}

TEST_F(Trouble, ARestartDropsConnectionsAndKeepsLogs) {
  produce(client, "t", 0, batch({.values = {"kept"}}));
  client.send(protocol::MetadataRequest{});
  kafka.restart(0);
  EXPECT_TRUE(client.closed());
  EXPECT_TRUE(kafka.output(client.id).empty()) << "an answer that was not read yet is lost, as in a crash";
  client_end again(kafka);
  EXPECT_EQ(fetch(again, {.partitions = {{"t", 0, 0}}}).parts[0].values, std::vector<std::string>{"kept"});
}

TEST(Nodes, LeadersAreSpreadAndEachNodeServesItsOwn) {
  mock::broker kafka(three_nodes());
  ASSERT_EQ(kafka.create_topic("t", 3), "");
  for (std::int32_t p = 0; p < 3; ++p) {
    EXPECT_EQ(kafka.partition("t", p)->leader, p + 1);
    EXPECT_EQ(kafka.partition("t", p)->in_sync.size(), 3u);
  }
  client_end second(kafka, 1);
  EXPECT_EQ(produce(second, "t", 0, batch({})).error, error_code::not_leader_or_follower);
  EXPECT_EQ(produce(second, "t", 1, batch({})).error, error_code::none);
}

TEST(Nodes, AnyReplicaServesReadersThatKnowOfIt) {
  mock::broker kafka(three_nodes());
  ASSERT_EQ(kafka.create_topic("t", 1), "");
  client_end first(kafka, 0), second(kafka, 1);
  ASSERT_EQ(produce(first, "t", 0, batch({.values = {"a"}})).error, error_code::none);
  EXPECT_EQ(fetch(second, {.partitions = {{"t", 0, 0}}, .version = 10}).parts[0].error,
            error_code::not_leader_or_follower);
  EXPECT_EQ(fetch(second, {.partitions = {{"t", 0, 0}}, .version = 11}).parts[0].values, std::vector<std::string>{"a"});
  kafka.move_leader("t", 0, 2, start);
  EXPECT_EQ(fetch(second, {.partitions = {{.topic = "t", .leader_epoch = 0}}, .version = 11}).parts[0].error,
            error_code::fenced_leader_epoch);
}

TEST(Nodes, TheWrongNodeNamesTheRightOne) {
  mock::broker kafka(three_nodes());
  ASSERT_EQ(kafka.create_topic("t", 3, 1), "");
  client_end second(kafka, 1);
  const auto told = fetch(second, {.partitions = {{"t", 0, 0}}, .version = 16}, kafka.topics()[0].id);
  EXPECT_EQ(told.parts[0].error, error_code::not_leader_or_follower);
  EXPECT_EQ(told.parts[0].leader, 1);
  EXPECT_EQ(told.parts[0].leader_epoch, 0);
  EXPECT_EQ(told.nodes, std::vector<std::int32_t>{1});
  EXPECT_EQ(fetch(second, {.partitions = {{"t", 0, 0}}, .version = 12}).parts[0].leader, -1)
      << "there is room from version 12 on, and it is used from 16 on";
}

TEST(Nodes, WhenALeaderGoesAnotherReplicaTakesOverWithANewEpoch) {
  mock::broker kafka(three_nodes());
  ASSERT_EQ(kafka.create_topic("t", 1), "");
  kafka.stop(0);
  EXPECT_EQ(kafka.partition("t", 0)->leader, 2);
  EXPECT_EQ(kafka.partition("t", 0)->leader_epoch, 1);
  EXPECT_EQ(kafka.partition("t", 0)->in_sync, (std::vector<std::int32_t>{2, 3}));
  client_end refused(kafka, 0);
  EXPECT_TRUE(refused.closed());
  client_end second(kafka, 1);
  protocol::MetadataRequest all;
  all.topics = std::nullopt;
  const auto told = second.ask(all);
  EXPECT_EQ(told->brokers.size(), 2u);
  EXPECT_EQ(told->topics[0].partitions[0].offline_replicas.size(), 1u);
  kafka.start(0);
  EXPECT_EQ(kafka.partition("t", 0)->leader, 2) << "coming back is no reason to take the lead";
  EXPECT_EQ(kafka.partition("t", 0)->in_sync.size(), 3u);
}

TEST(Nodes, TooFewInSyncReplicasRefuseAcksAll) {
  mock::broker kafka(three_nodes());
  ASSERT_EQ(kafka.create_topic("t", 1, 3, {{"min.insync.replicas", "2"}}), "");
  kafka.stop(1);
  kafka.stop(2);
  client_end first(kafka, 0);
  EXPECT_EQ(produce(first, "t", 0, batch({})).error, error_code::not_enough_replicas);
  EXPECT_EQ(produce(first, "t", 0, batch({}), 1).error, error_code::none);
}

TEST(Nodes, AReplicaHeldOutOfSyncComesBackWhenItIsLet) {
  mock::broker kafka(three_nodes());
  ASSERT_EQ(kafka.create_topic("t", 1, 3, {{"min.insync.replicas", "2"}}), "");
  EXPECT_FALSE(kafka.hold_out_of_sync("t", 0, {0}, start)) << "the leader is always in sync";
  ASSERT_TRUE(kafka.hold_out_of_sync("t", 0, {1, 2}, start));
  EXPECT_EQ(kafka.partition("t", 0)->in_sync, std::vector<std::int32_t>{1});
  client_end first(kafka, 0);
  EXPECT_EQ(produce(first, "t", 0, batch({})).error, error_code::not_enough_replicas);
  kafka.restart(1);
  EXPECT_EQ(kafka.partition("t", 0)->in_sync, std::vector<std::int32_t>{1}) << "a restart does not let it back";
  ASSERT_TRUE(kafka.hold_out_of_sync("t", 0, {2}, start));
  EXPECT_EQ(produce(first, "t", 0, batch({})).error, error_code::none);
  EXPECT_EQ(kafka.partition("t", 0)->in_sync, (std::vector<std::int32_t>{1, 2}));
}

TEST(Nodes, OnlyAReplicaInSyncTakesOver) {
  mock::broker kafka(three_nodes());
  ASSERT_EQ(kafka.create_topic("t", 1), "");
  ASSERT_TRUE(kafka.hold_out_of_sync("t", 0, {1, 2}, start));
  kafka.stop(0);
  EXPECT_EQ(kafka.partition("t", 0)->leader, -1);
  ASSERT_TRUE(kafka.hold_out_of_sync("t", 0, {1}, start));
  EXPECT_EQ(kafka.partition("t", 0)->leader, -1) << "there is nobody with whom it could catch up";
  kafka.start(0);
  EXPECT_EQ(kafka.partition("t", 0)->leader, 1);
  kafka.stop(0);
  EXPECT_EQ(kafka.partition("t", 0)->leader, 3);
}

TEST(Nodes, AMovedCoordinatorIsFoundWhereItWasMovedTo) {
  mock::broker kafka(three_nodes());
  const std::size_t before = *kafka.coordinator("g");
  const std::size_t to = (before + 1) % 3;
  ASSERT_TRUE(kafka.move_coordinator("g", to, start));
  EXPECT_EQ(kafka.coordinator("g"), to);
  kafka.stop(to);
  EXPECT_EQ(kafka.coordinator("g"), before);
  EXPECT_FALSE(kafka.move_coordinator("g", to, start)) << "it does not run";
  kafka.start(to);
  EXPECT_EQ(kafka.coordinator("g"), to);
}

TEST(Nodes, AMovedLeaderWakesTheFetchesThatWaitForIt) {
  mock::broker kafka(three_nodes());
  ASSERT_EQ(kafka.create_topic("t", 1), "");
  client_end reader(kafka, 0);
  ask_fetch(reader, {.partitions = {{.topic = "t", .leader_epoch = 0}}, .version = 16, .max_wait = 60'000},
            kafka.topics()[0].id);
  EXPECT_TRUE(kafka.move_leader("t", 0, 2, start));
  const auto told = take_fetch(reader, 16);
  ASSERT_TRUE(told);
  EXPECT_EQ(told->parts[0].error, error_code::fenced_leader_epoch);
  EXPECT_EQ(told->parts[0].leader, 3);
}

class Hostile : public Trouble {
 protected:
  void send(std::initializer_list<int> values) {
    std::vector<std::byte> bytes;
    for (const int v : values) bytes.push_back(static_cast<std::byte>(v));
    kafka.receive(client.id, bytes, start);
  }
};

TEST_F(Hostile, ARequestTooShortForAHeaderCloses) {
  send({0, 0, 0, 3, 0, 3, 0});
  EXPECT_TRUE(client.closed());
}

TEST_F(Hostile, AnHttpRequestCloses) {
  send({'G', 'E', 'T', ' ', '/', ' '});
  EXPECT_TRUE(client.closed());
  EXPECT_NE(client.reason().find("limit"), std::string_view::npos);
}

TEST_F(Hostile, ABodyThatEndsEarlyCloses) {
  protocol::DescribeClusterRequest request;
  auto cut = client.frame_of(request, 0);
  cut.pop_back();
  cut[3] = static_cast<std::byte>(cut.size() - 4);
  kafka.receive(client.id, cut, start);
  EXPECT_TRUE(client.closed());
}

TEST_F(Hostile, RequestsBehindAFullOutputWaitUntilItIsRead) {
  mock::broker narrow({.max_unread_bytes = 10});
  client_end slow(narrow);
  slow.send(protocol::DescribeClusterRequest{});
  slow.send(protocol::DescribeClusterRequest{});
  EXPECT_TRUE(slow.take<protocol::DescribeClusterResponse>());
  EXPECT_FALSE(slow.take<protocol::DescribeClusterResponse>());
  narrow.step(start);  // room has come
  EXPECT_TRUE(slow.take<protocol::DescribeClusterResponse>());
}

TEST_F(Hostile, WhoSendsOnAgainstAStalledConnectionIsCutOff) {
  mock::broker narrow({.max_frame_bytes = 1000});
  narrow.create_topic("t", 1);
  client_end pushy(narrow);
  ask_fetch(pushy, {.partitions = {{"t", 0, 0}}, .max_wait = 60'000});
  const std::vector<std::byte> junk(50'000);
  EXPECT_TRUE(narrow.wants_input(pushy.id));
  narrow.receive(pushy.id, junk, start);
  narrow.receive(pushy.id, junk, start);
  EXPECT_FALSE(narrow.wants_input(pushy.id));
  for (int i = 0; i < 10 && !pushy.closed(); ++i) narrow.receive(pushy.id, junk, start);
  EXPECT_TRUE(pushy.closed());
}

TEST(Determinism, TheSameSeedAndInputGiveTheSameBytes) {
  const auto run = [](std::uint64_t seed) {
    mock::broker kafka({.seed = seed});
    kafka.create_topic("t", 3);
    client_end client(kafka);
    ask_fetch(client, {.partitions = {{"t", 0, 0}}, .max_wait = 0, .session_epoch = 0});
    protocol::MetadataRequest all;
    all.topics = std::nullopt;
    client.send(all);
    return kafka.take_output(client.id);
  };
  EXPECT_EQ(run(5), run(5));
  EXPECT_NE(run(5), run(6));
}

}  // namespace
}  // namespace ottla::test
