// The sequence rules of idempotent producers, one by one.
#include "storage/producer_states.hpp"

#include <gtest/gtest.h>

#include <cstdint>

namespace ottla::test {
namespace {

using mock::producer_states;
using mock::sequence_verdict;

struct partition_under_test {
  producer_states states;
  std::int64_t next_offset = 0;

  sequence_verdict bring(std::int16_t epoch, std::int32_t first, int count = 1) {
    const mock::producer_stamp stamp{7, epoch, first, count - 1};
    const auto checked = states.check(stamp);
    if (checked.verdict == sequence_verdict::append) {
      states.remember(stamp, next_offset, 1000 + next_offset, 0);
      next_offset += count;
    }
    return checked.verdict;
  }
};

TEST(ProducerStates, AnUnknownProducerMayBeginAnywhere) {
  partition_under_test p;
  EXPECT_EQ(p.bring(0, 42), sequence_verdict::append);
  EXPECT_EQ(p.bring(0, 43), sequence_verdict::append);
}

TEST(ProducerStates, AGapIsOutOfOrder) {
  partition_under_test p;
  p.bring(0, 0, 10);
  EXPECT_EQ(p.bring(0, 11), sequence_verdict::out_of_order);
  EXPECT_EQ(p.bring(0, 9), sequence_verdict::out_of_order);
  EXPECT_EQ(p.bring(0, 10), sequence_verdict::append);
}

TEST(ProducerStates, TheLastFiveBatchesAreKnownAsDuplicatesWithTheirOffsets) {
  partition_under_test p;
  for (int i = 0; i < 6; ++i) ASSERT_EQ(p.bring(0, i * 10, 10), sequence_verdict::append);
  for (int i = 1; i < 6; ++i) {
    const auto checked = p.states.check({7, 0, i * 10, 9});
    EXPECT_EQ(checked.verdict, sequence_verdict::duplicate);
    EXPECT_EQ(checked.original.base_offset, i * 10);
    EXPECT_EQ(checked.original.max_timestamp, 1000 + i * 10);
  }
  EXPECT_EQ(p.bring(0, 0, 10), sequence_verdict::out_of_order);
}

TEST(ProducerStates, TheSameFirstSequenceWithAnotherLengthIsNoDuplicate) {
  partition_under_test p;
  p.bring(0, 0, 10);
  EXPECT_EQ(p.bring(0, 0, 9), sequence_verdict::out_of_order);
}

TEST(ProducerStates, TheSequenceGoesFromItsMaximumBackToZero) {
  partition_under_test p;
  ASSERT_EQ(p.bring(0, INT32_MAX - 1, 2), sequence_verdict::append);
  EXPECT_EQ(p.bring(0, 0), sequence_verdict::append);
}

TEST(ProducerStates, ABatchThatWrapsInTheMiddleIsFollowedByWhatItsEndSays) {
  partition_under_test p;
  ASSERT_EQ(p.bring(0, INT32_MAX - 1, 5), sequence_verdict::append);
  EXPECT_EQ(p.bring(0, INT32_MAX - 1, 5), sequence_verdict::duplicate);
  EXPECT_EQ(p.bring(0, 3), sequence_verdict::append);
}

TEST(ProducerStates, ANewEpochMustBeginAtZero) {
  partition_under_test p;
  p.bring(0, 0, 10);
  EXPECT_EQ(p.bring(1, 10), sequence_verdict::out_of_order);
  EXPECT_EQ(p.bring(1, 0), sequence_verdict::append);
}

TEST(ProducerStates, AnOldEpochIsStaleEvenForWhatWouldHaveBeenADuplicate) {
  partition_under_test p;
  p.bring(0, 0);
  p.bring(1, 0);
  EXPECT_EQ(p.bring(0, 0), sequence_verdict::stale_epoch);
  EXPECT_EQ(p.bring(0, 1), sequence_verdict::stale_epoch);
}

TEST(ProducerStates, AForgottenProducerIsUnknownAgain) {
  partition_under_test p;
  p.bring(0, 0, 10);
  p.states.forget(7);
  EXPECT_EQ(p.bring(0, 500), sequence_verdict::append);
}

TEST(ProducerStates, SilentProducersExpire) {
  partition_under_test p;
  p.bring(0, 0);
  p.states.expire_before(0);
  EXPECT_EQ(p.states.size(), 1u);
  p.states.expire_before(1);
  EXPECT_EQ(p.states.size(), 0u);
}

mock::producer_stamp transactional(std::int16_t epoch, std::int32_t first) { return {7, epoch, first, 0, true}; }

TEST(ProducerStates, AMarkerEndsTheTransactionAndKeepsTheSequenceInItsEpoch) {
  producer_states states;
  EXPECT_TRUE(states.remember(transactional(0, 0), 10, 0, 0)) << "it begins";
  EXPECT_FALSE(states.remember(transactional(0, 1), 11, 0, 0)) << "it goes on";
  EXPECT_TRUE(states.is_open(7, 0));
  EXPECT_FALSE(states.is_open(7, 1)) << "of another epoch the coordinator has to be asked";
  EXPECT_EQ(states.check({7, 0, 2, 0, false}).verdict, sequence_verdict::not_transactional);
  EXPECT_EQ(states.end({.producer_id = 7, .producer_epoch = 0}, 0), 10);
  EXPECT_EQ(states.end({.producer_id = 7, .producer_epoch = 0}, 0), std::nullopt);
  EXPECT_EQ(states.check({7, 0, 2, 0, false}).verdict, sequence_verdict::append);
}

TEST(ProducerStates, AMarkerWithANewEpochStartsTheSequenceAnew) {
  producer_states states;
  states.remember(transactional(0, 0), 0, 0, 0);
  states.end({.producer_id = 7, .producer_epoch = 1, .transaction_version = 2}, 0);
  EXPECT_EQ(states.check(transactional(0, 1)).verdict, sequence_verdict::stale_epoch);
  EXPECT_EQ(states.check(transactional(1, 1)).verdict, sequence_verdict::out_of_order);
  EXPECT_EQ(states.check(transactional(1, 0)).verdict, sequence_verdict::append);
}

TEST(ProducerStates, AMarkerOfVersionTwoMustBeNewerThanTheRecords) {
  producer_states states;
  states.remember(transactional(3, 0), 0, 0, 0);
  const auto check = [&](std::int16_t epoch, int version, std::int32_t coordinator = 0) {
    return states.check_marker(
        {.producer_id = 7, .producer_epoch = epoch, .coordinator_epoch = coordinator, .transaction_version = version});
  };
  EXPECT_EQ(check(2, 1), mock::marker_verdict::stale_epoch);
  EXPECT_EQ(check(3, 1), mock::marker_verdict::append);
  EXPECT_EQ(check(3, 2), mock::marker_verdict::stale_epoch);
  EXPECT_EQ(check(4, 2), mock::marker_verdict::append);
  states.end({.producer_id = 7, .producer_epoch = 4, .coordinator_epoch = 5, .transaction_version = 2}, 0);
  EXPECT_EQ(check(4, 2, 5), mock::marker_verdict::append) << "the same marker again";
  EXPECT_EQ(check(4, 2, 4), mock::marker_verdict::stale_coordinator);
}

TEST(ProducerStates, NothingOvertakesTheLowestSequenceThatWasAskedFor) {
  producer_states states;
  states.asked_for(transactional(0, 3), false, 0);
  states.asked_for(transactional(0, 2), false, 0);
  EXPECT_EQ(states.check(transactional(0, 3)).verdict, sequence_verdict::out_of_order);
  EXPECT_EQ(states.check(transactional(0, 2)).verdict, sequence_verdict::append);
  states.answered_for(7);
  EXPECT_EQ(states.check(transactional(0, 3)).verdict, sequence_verdict::append);
  states.asked_for(transactional(1, 1), true, 0);
  EXPECT_EQ(states.check(transactional(1, 1)).verdict, sequence_verdict::out_of_order)
      << "under KIP-890 it begins at 0";
}

}  // namespace
}  // namespace ottla::test
