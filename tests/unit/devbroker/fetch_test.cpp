// Fetch: limits, long polls, errors, epochs.
#include "ottla/protocol/fetch.hpp"

#include "fetch_support.hpp"

namespace ottla::test {
namespace {

using protocol::error_code;

class Fetch : public testing::Test {
 protected:
  Fetch() { EXPECT_EQ(kafka.create_topic("t", 3), ""); }
  void fill(std::int32_t partition, int batches, std::size_t value_size = 10) {
    for (int i = 0; i < batches; ++i)
      produce(writer, "t", partition, batch({.values = {std::string(value_size, 'x')}}));
  }
  mock::broker kafka;
  client_end writer{kafka};
  client_end reader{kafka};
};

TEST_F(Fetch, RecordsComeBackAsTheyWereWritten) {
  produce(writer, "t", 0, batch({.values = {"a", "b"}}));
  produce(writer, "t", 0, batch({.values = {"c"}, .codec = 4}));
  const auto told = fetch(reader, {.partitions = {{"t", 0, 0}}});
  ASSERT_EQ(told.parts.size(), 1u);
  EXPECT_EQ(told.parts[0].values, (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(told.parts[0].high_watermark, 3);
  EXPECT_EQ(told.parts[0].log_start_offset, 0);
}

TEST_F(Fetch, EveryVersionIsServed) {
  produce(writer, "t", 0, batch({.values = {"a"}}));
  for (std::int16_t version = 4; version <= 18; ++version) {
    const auto told = fetch(reader, {.partitions = {{"t", 0, 0}}, .version = version}, kafka.topics()[0].id);
    ASSERT_EQ(told.parts.size(), 1u) << version;
    EXPECT_EQ(told.parts[0].values, std::vector<std::string>{"a"}) << version;
  }
}

TEST_F(Fetch, AnOffsetInsideABatchGetsTheWholeBatch) {
  produce(writer, "t", 0, batch({.values = {"a", "b", "c"}}));
  EXPECT_EQ(fetch(reader, {.partitions = {{"t", 0, 2}}}).parts[0].values.size(), 3u);
}

TEST_F(Fetch, OffsetsOutsideTheLogAreOutOfRange) {
  fill(0, 5);
  kafka.cut_front("t", 0, 2, start);
  EXPECT_EQ(fetch(reader, {.partitions = {{"t", 0, 1}}}).parts[0].error, error_code::offset_out_of_range);
  EXPECT_EQ(fetch(reader, {.partitions = {{"t", 0, 6}}}).parts[0].error, error_code::offset_out_of_range);
  EXPECT_EQ(fetch(reader, {.partitions = {{"t", 0, 2}}}).parts[0].values.size(), 3u);
  EXPECT_EQ(fetch(reader, {.partitions = {{"t", 0, 5}}, .max_wait = 0}).parts[0].error, error_code::none);
}

TEST_F(Fetch, UnknownPartitionsAndIdsAreSaidSo) {
  EXPECT_EQ(fetch(reader, {.partitions = {{"t", 9, 0}}}).parts[0].error, error_code::unknown_topic_or_partition);
  EXPECT_EQ(fetch(reader, {.partitions = {{"no", 0, 0}}}).parts[0].error, error_code::unknown_topic_or_partition);
  protocol::uuid strange;
  strange.bytes[0] = std::byte{9};
  EXPECT_EQ(fetch(reader, {.partitions = {{"t", 0, 0}}, .version = 13}, strange).parts[0].error,
            error_code::unknown_topic_id);
}

TEST_F(Fetch, TheFirstBatchComesWholeEvenIfItIsAboveEveryLimit) {
  fill(0, 2, 5000);
  const auto told = fetch(reader, {.partitions = {{"t", 0, 0, 100}}, .max_bytes = 50});
  EXPECT_EQ(told.parts[0].values.size(), 1u);
  EXPECT_GT(told.parts[0].bytes, 5000u);
}

TEST_F(Fetch, OnlyTheFirstPartitionGetsThatFavour) {
  fill(0, 1, 5000);
  fill(1, 1, 5000);
  const auto told = fetch(reader, {.partitions = {{"t", 0, 0, 100}, {"t", 1, 0, 100}}});
  EXPECT_EQ(told.parts[0].values.size(), 1u);
  EXPECT_EQ(told.parts[1].bytes, 0u);
}

TEST_F(Fetch, ALimitThatTheFirstBatchFitsCutsALaterOneInTheMiddle) {
  fill(0, 2, 1000);
  const auto told = fetch(reader, {.partitions = {{"t", 0, 0, 1200}}});
  EXPECT_EQ(told.parts[0].bytes, 1200u) << "the client has to skip the cut batch";
  EXPECT_EQ(told.parts[0].values.size(), 1u);
}

TEST_F(Fetch, TheLimitOfTheWholeAnswerIsSharedInOrder) {
  fill(0, 10, 1000);
  fill(1, 10, 1000);
  const auto told = fetch(reader, {.partitions = {{"t", 0, 0}, {"t", 1, 0}}, .max_bytes = 4000});
  EXPECT_EQ(told.parts[0].bytes, 4000u);
  EXPECT_EQ(told.parts[1].bytes, 0u);
}

TEST_F(Fetch, AnEmptyPartitionWaitsUntilRecordsCome) {
  ask_fetch(reader, {.partitions = {{"t", 0, 0}}, .max_wait = 500});
  EXPECT_FALSE(take_fetch(reader));
  produce(writer, "t", 1, batch({}));
  EXPECT_FALSE(take_fetch(reader)) << "another partition is not what it waits for";
  produce(writer, "t", 0, batch({.values = {"now"}}));
  const auto told = take_fetch(reader);
  ASSERT_TRUE(told);
  EXPECT_EQ(told->parts[0].values, std::vector<std::string>{"now"});
}

TEST_F(Fetch, TheWaitEndsAtItsDeadlineAndStepSaysWhen) {
  ask_fetch(reader, {.partitions = {{"t", 0, 0}}, .max_wait = 500});
  EXPECT_EQ(kafka.step(start), start.mono + 500ms);
  kafka.step(later(start, 499ms));
  EXPECT_FALSE(take_fetch(reader));
  kafka.step(later(start, 500ms));
  const auto told = take_fetch(reader);
  ASSERT_TRUE(told);
  EXPECT_TRUE(told->parts[0].values.empty());
}

TEST_F(Fetch, MinBytesAreCountedOverAllPartitions) {
  const std::size_t one = batch({.values = {std::string(100, 'x')}}).size();
  ask_fetch(
      reader,
      {.partitions = {{"t", 0, 0}, {"t", 1, 0}}, .max_wait = 500, .min_bytes = static_cast<std::int32_t>(2 * one)});
  fill(0, 1, 100);
  EXPECT_FALSE(take_fetch(reader));
  fill(1, 1, 100);
  EXPECT_TRUE(take_fetch(reader));
}

TEST_F(Fetch, ADeletedTopicEndsTheWait) {
  ask_fetch(reader, {.partitions = {{"t", 0, 0}}, .max_wait = 60'000});
  EXPECT_TRUE(kafka.delete_topic("t"));
  kafka.step(start);
  const auto told = take_fetch(reader);
  ASSERT_TRUE(told);
  EXPECT_EQ(told->parts[0].error, error_code::unknown_topic_or_partition);
}

TEST_F(Fetch, RequestsBehindAWaitingFetchAreAnsweredAfterIt) {
  ask_fetch(reader, {.partitions = {{"t", 0, 0}}, .max_wait = 500});
  ask_fetch(reader, {.partitions = {{"t", 1, 0}}, .max_wait = 0});
  EXPECT_FALSE(take_fetch(reader));
  kafka.step(later(start, 500ms));
  EXPECT_TRUE(take_fetch(reader));
  EXPECT_TRUE(take_fetch(reader));
}

TEST_F(Fetch, AnErrorIsAnsweredAtOnceDespiteTheWait) {
  EXPECT_EQ(fetch(reader, {.partitions = {{"t", 0, 0}, {"t", 7, 0}}, .max_wait = 60'000}).parts[1].error,
            error_code::unknown_topic_or_partition);
}

TEST_F(Fetch, LeaderEpochsAreFencedBothWays) {
  kafka.restart(0);
  client_end again(kafka);
  const auto epoch = kafka.partition("t", 0)->leader_epoch;
  ASSERT_GT(epoch, 0);
  EXPECT_EQ(fetch(again, {.partitions = {{"t", 0, 0, 1 << 20, epoch - 1}}}).parts[0].error,
            error_code::fenced_leader_epoch);
  EXPECT_EQ(fetch(again, {.partitions = {{"t", 0, 0, 1 << 20, epoch + 1}}}).parts[0].error,
            error_code::unknown_leader_epoch);
  EXPECT_EQ(fetch(again, {.partitions = {{"t", 0, 0, 1 << 20, epoch}}, .max_wait = 0}).parts[0].error,
            error_code::none);
}

TEST_F(Fetch, AReaderWhoseHistoryEndedElsewhereIsToldWhere) {
  fill(0, 3);
  kafka.restart(0);
  client_end again(kafka);
  const auto epoch = kafka.partition("t", 0)->leader_epoch;
  produce(again, "t", 0, batch({}));
  const auto told = fetch(again, {.partitions = {{"t", 0, 4, 1 << 20, -1, 0}}, .version = 12});
  EXPECT_EQ(told.parts[0].diverging_epoch, 0);
  EXPECT_EQ(told.parts[0].diverging_end, 3);
  EXPECT_EQ(fetch(again, {.partitions = {{"t", 0, 4, 1 << 20, -1, epoch}}, .version = 12, .max_wait = 0})
                .parts[0]
                .diverging_epoch,
            -1);
}

}  // namespace
}  // namespace ottla::test
