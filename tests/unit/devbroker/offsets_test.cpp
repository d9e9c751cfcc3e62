// ListOffsets and OffsetForLeaderEpoch.
#include "ottla/protocol/list_offsets.hpp"
#include "ottla/protocol/offset_for_leader_epoch.hpp"
#include "support.hpp"

namespace ottla::test {
namespace {

using protocol::error_code;

class Offsets : public testing::Test {
 protected:
  Offsets() {
    EXPECT_EQ(kafka.create_topic("t", 2), "");
    // Offsets 0 to 5 with the times +0, +1, +100, +101, +50, +51.
    for (const int at : {0, 100, 50})
      produce(client, "t", 0,
              batch({.values = {"a", "b"}, .timestamp = start_wall_ms + at, .codec = at == 100 ? 3 : 0}));
  }
  struct told {
    error_code error;
    std::int64_t offset;
    std::int64_t timestamp;
    std::int32_t epoch;
  };
  told ask(std::int64_t time, std::int32_t partition = 0, std::int16_t version = 11, std::int32_t epoch = -1) {
    protocol::ListOffsetsRequest::ListOffsetsPartition part;
    part.partition_index = partition;
    part.timestamp = time;
    part.current_leader_epoch = epoch;
    protocol::ListOffsetsRequest::ListOffsetsTopic topic;
    topic.name = "t";
    topic.partitions = {&part, 1};
    protocol::ListOffsetsRequest request;
    request.replica_id = protocol::broker_id{-1};
    request.topics = {&topic, 1};
    const auto response = client.ask(request, version);
    const auto& answer = response->topics[0].partitions[0];
    return {answer.error_code, answer.offset, answer.timestamp, answer.leader_epoch};
  }
  mock::broker kafka;
  client_end client{kafka};
};

TEST_F(Offsets, TheEndAndTheBeginning) {
  for (std::int16_t version = 1; version <= 11; ++version) {
    EXPECT_EQ(ask(-1, 0, version).offset, 6) << version;
    EXPECT_EQ(ask(-2, 0, version).offset, 0) << version;
    EXPECT_EQ(ask(-1, 0, version).epoch, version >= 4 ? 0 : -1) << version;
  }
  kafka.cut_front("t", 0, 3, start);
  EXPECT_EQ(ask(-2).offset, 3);
  EXPECT_EQ(ask(-4).offset, 3);
}

TEST_F(Offsets, ATimeFindsTheFirstRecordThatReachesItInsideItsBatch) {
  EXPECT_EQ(ask(start_wall_ms).offset, 0);
  EXPECT_EQ(ask(start_wall_ms + 1).offset, 1);
  const auto inside = ask(start_wall_ms + 101);
  EXPECT_EQ(inside.offset, 3) << "a compressed batch";
  EXPECT_EQ(inside.timestamp, start_wall_ms + 101);
  EXPECT_EQ(ask(start_wall_ms + 51).offset, 2);
  const auto none = ask(start_wall_ms + 102);
  EXPECT_EQ(none.offset, -1);
  EXPECT_EQ(none.error, error_code::none);
}

TEST_F(Offsets, RecordsBeforeTheLogsStartAreNotFound) {
  kafka.cut_front("t", 0, 3, start);
  EXPECT_EQ(ask(start_wall_ms + 100).offset, 3);
  kafka.cut_front("t", 0, 4, start);
  EXPECT_EQ(ask(start_wall_ms + 100).offset, -1);
  EXPECT_EQ(ask(start_wall_ms + 51).offset, 5);
}

TEST_F(Offsets, TheNewestTimestampHasAnOffset) {
  EXPECT_EQ(ask(-3).offset, 3);
  EXPECT_EQ(ask(-3).timestamp, start_wall_ms + 101);
  EXPECT_EQ(ask(-3, 1).offset, -1) << "an empty partition has none";
  EXPECT_EQ(ask(-3, 0, 6).error, error_code::unsupported_version);
}

TEST_F(Offsets, NothingIsTiered) {
  EXPECT_EQ(ask(-5).offset, -1);
  EXPECT_EQ(ask(-6).error, error_code::none);
  EXPECT_EQ(ask(-6, 0, 10).error, error_code::unsupported_version);
  EXPECT_EQ(ask(-7).error, error_code::unsupported_version);
}

TEST_F(Offsets, UnknownPartitionsAndStaleEpochsAreErrors) {
  EXPECT_EQ(ask(-1, 5).error, error_code::unknown_topic_or_partition);
  EXPECT_EQ(ask(-1, 0, 11, 9).error, error_code::unknown_leader_epoch);
}

TEST_F(Offsets, EpochsEndWhereTheNextBegan) {
  kafka.restart(0);
  client_end again(kafka);
  const auto epoch = kafka.partition("t", 0)->leader_epoch;
  const auto end_of = [&](std::int32_t asked) {
    protocol::OffsetForLeaderEpochRequest::OffsetForLeaderPartition part;
    part.partition = 0;
    part.leader_epoch = asked;
    protocol::OffsetForLeaderEpochRequest::OffsetForLeaderTopic topic;
    topic.topic = "t";
    topic.partitions = {&part, 1};
    protocol::OffsetForLeaderEpochRequest request;
    request.topics = {&topic, 1};
    const auto response = again.ask(request, 4);
    const auto& answer = response->topics[0].partitions[0];
    return std::pair(answer.leader_epoch, answer.end_offset);
  };
  EXPECT_EQ(end_of(epoch), std::pair(epoch, std::int64_t{6})) << "the leader has not written yet";
  produce(again, "t", 0, batch({}));
  EXPECT_EQ(end_of(0), std::pair(0, std::int64_t{6}));
  EXPECT_EQ(end_of(epoch), std::pair(epoch, std::int64_t{7}));
  EXPECT_EQ(end_of(epoch + 1), std::pair(-1, std::int64_t{-1}));
  EXPECT_EQ(end_of(-1), std::pair(-1, std::int64_t{-1}));
  EXPECT_EQ(end_of(-2), std::pair(-2, std::int64_t{0})) << "before the first: where that begins";
}

}  // namespace
}  // namespace ottla::test
