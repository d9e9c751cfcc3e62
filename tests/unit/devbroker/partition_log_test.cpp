// The log of a partition: segments, limits, cuts, searches, epochs.
#include "storage/partition_log.hpp"

#include "storage/batch_fields.hpp"
#include "support.hpp"

namespace ottla::test {
namespace {

using mock::batch_fields;
using mock::partition_log;

std::int64_t put(partition_log& log, int count, std::int32_t epoch = 0, std::int64_t timestamp = start_wall_ms) {
  const auto bytes =
      batch({.values = std::vector<std::string>(static_cast<std::size_t>(count), "value"), .timestamp = timestamp});
  return log.append(bytes, {.leader_epoch = epoch});
}

constexpr std::size_t roomy = 1 << 20;
constexpr std::size_t cramped = 200;  // two small batches

TEST(PartitionLog, OffsetsFollowOneAnotherAndAreStampedIntoTheBatches) {
  partition_log log(roomy);
  EXPECT_EQ(put(log, 3), 0);
  EXPECT_EQ(put(log, 2, 4), 3);
  EXPECT_EQ(log.end_offset(), 5);
  const batch_fields second(log.batch_at(4));
  EXPECT_EQ(second.base_offset(), 3);
  EXPECT_EQ(second.leader_epoch(), 4);
}

TEST(PartitionLog, ReadsBeginAtTheBatchThatHoldsTheOffset) {
  partition_log log(roomy);
  put(log, 3);
  put(log, 3);
  EXPECT_EQ(batch_fields(log.read(4, log.end_offset(), roomy, true)).base_offset(), 3);
  EXPECT_TRUE(log.read(6, log.end_offset(), roomy, true).empty());
}

TEST(PartitionLog, TheFirstBatchComesWholeOnlyWhenAskedFor) {
  partition_log log(roomy);
  put(log, 10);
  EXPECT_EQ(log.read(0, log.end_offset(), 1, true).size(), log.size_bytes());
  EXPECT_TRUE(log.read(0, log.end_offset(), 1, false).empty());
}

TEST(PartitionLog, ALimitCutsTheLastBatchInTheMiddle) {
  partition_log log(roomy);
  put(log, 1);
  put(log, 1);
  EXPECT_EQ(log.read(0, log.end_offset(), log.size_bytes() - 5, true).size(), log.size_bytes() - 5);
}

TEST(PartitionLog, AReadStaysInsideOneSegment) {
  partition_log log(cramped);
  for (int i = 0; i < 5; ++i) put(log, 1);
  ASSERT_EQ(log.segments().size(), 3u);
  EXPECT_EQ(log.read(0, log.end_offset(), roomy, true).size(), log.segments().front().size_bytes());
  EXPECT_EQ(log.bytes_between(0, log.end_offset(), roomy), log.size_bytes());
}

TEST(PartitionLog, CuttingTheFrontDropsWholeSegmentsAndMovesTheStart) {
  partition_log log(cramped);
  for (int i = 0; i < 5; ++i) put(log, 1);
  log.cut_front(3);
  EXPECT_EQ(log.start_offset(), 3);
  EXPECT_EQ(log.segments().size(), 2u);
  log.cut_front(100);
  EXPECT_EQ(log.start_offset(), 5);
  EXPECT_EQ(log.end_offset(), 5);
  EXPECT_EQ(log.size_bytes(), 0u);
  EXPECT_EQ(put(log, 1), 5);
}

TEST(PartitionLog, ASearchByTimeFindsTheFirstBatchThatReachesIt) {
  partition_log log(cramped);
  put(log, 1, 0, 100);
  put(log, 1, 0, 300);
  put(log, 1, 0, 200);  // timestamps need not rise
  put(log, 1, 0, 400);
  EXPECT_EQ(batch_fields(log.batch_at_time(150)).base_offset(), 1);
  EXPECT_EQ(batch_fields(log.batch_at_time(301)).base_offset(), 3);
  EXPECT_TRUE(log.batch_at_time(401).empty());
  EXPECT_EQ(log.max_timestamp(), 400);
}

TEST(PartitionLog, BatchesBeforeTheStartAreNotFoundByTime) {
  partition_log log(roomy);
  put(log, 1, 0, 900);
  put(log, 1, 0, 300);
  log.cut_front(1);
  EXPECT_TRUE(log.batch_at_time(500).empty());
  EXPECT_EQ(log.max_timestamp(), 300);
}

TEST(PartitionLog, EpochsKnowWhereTheyEnded) {
  partition_log log(roomy);
  const auto end = [&](std::int32_t epoch) { return log.epochs().end_of(epoch, log.end_offset()); };
  EXPECT_EQ(end(0).epoch, -1);
  for (const std::int32_t epoch : {0, 3, 7}) {
    log.begin_epoch(epoch);
    put(log, 5, epoch);
  }
  EXPECT_EQ(end(0).end_offset, 5);
  EXPECT_EQ(end(3).end_offset, 10);
  EXPECT_EQ(end(5).epoch, 3);
  EXPECT_EQ(end(5).end_offset, 10);
  EXPECT_EQ(end(7).end_offset, 15);
  EXPECT_EQ(end(8).epoch, -1);
  EXPECT_EQ(log.epochs().at(7), 3);
}

TEST(PartitionLog, AnEpochThatWroteNothingIsForgottenWhenTheNextBegins) {
  partition_log log(roomy);
  log.begin_epoch(0);
  EXPECT_EQ(log.epochs().end_of(0, 0).end_offset, 0);
  log.begin_epoch(2);
  EXPECT_EQ(log.epochs().at(0), 2);
  EXPECT_EQ(log.epochs().end_of(1, 0).end_offset, 0) << "older than the first epoch: ends where the log starts";
}

}  // namespace
}  // namespace ottla::test
