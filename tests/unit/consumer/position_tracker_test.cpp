// position_tracker: work that ends in any order, gaps between offsets, assignments that end under it, its bound.
#include "ottla/position_tracker.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <random>
#include <thread>

namespace {

using ottla::partition_position;
using ottla::position_tracker;
using ottla::start_outcome;
using ottla::topic_partition;
using ottla::tracked_partition;

const topic_partition orders{"orders", 3};

std::int64_t offset_of(const std::optional<partition_position>& position) { return position ? position->offset : -1; }

struct one_partition : testing::Test {
  one_partition() : part(tracker.assigned(orders, 7)) {}
  void start(std::initializer_list<std::int64_t> offsets, std::int32_t leader_epoch = 2) {
    for (const std::int64_t offset : offsets) ASSERT_EQ(part->started(offset, leader_epoch), start_outcome::taken);
  }
  position_tracker tracker{100};
  std::shared_ptr<tracked_partition> part;
};

using PositionTracker = one_partition;

TEST_F(PositionTracker, ThePositionIsTheFirstThatIsNotFinished) {
  start({5, 6, 7, 8});
  EXPECT_FALSE(part->position()) << "nothing is finished yet";
  EXPECT_TRUE(part->finished(6));
  EXPECT_TRUE(part->finished(8));
  EXPECT_FALSE(part->position()) << "5 is not";
  EXPECT_TRUE(part->finished(5));
  EXPECT_EQ(offset_of(part->position()), 7);
  EXPECT_TRUE(part->finished(7));
  EXPECT_EQ(offset_of(part->position()), 9);
}

TEST_F(PositionTracker, AnOffsetThatNeverWasIsNotWaitedFor) {
  start({5, 9, 10, 20});
  part->finished(5);
  EXPECT_EQ(offset_of(part->position()), 9) << "6 to 8 do not exist";
  part->finished(10);
  part->finished(9);
  EXPECT_EQ(offset_of(part->position()), 20);
  EXPECT_FALSE(part->finished(15));
  part->finished(20);
  EXPECT_EQ(offset_of(part->position()), 21);
}

TEST_F(PositionTracker, WhereReadingWentOnWithoutARecordIsThePositionOnceAllIsFinished) {
  start({5, 6});
  ASSERT_EQ(part->passed({orders, 12, 4}), start_outcome::taken);
  part->finished(6);
  EXPECT_FALSE(part->position());
  part->finished(5);
  EXPECT_EQ(offset_of(part->position()), 12);
  EXPECT_EQ(part->position()->leader_epoch, 4);
  start({13});
  EXPECT_EQ(offset_of(part->position()), 13) << "and stays where it was when more is started";
  EXPECT_EQ(part->position()->leader_epoch, 4);
  part->finished(13);
  EXPECT_EQ(offset_of(part->position()), 14);
}

TEST_F(PositionTracker, ControlBatchesAloneMoveThePositionToo) {
  ASSERT_EQ(part->passed({orders, 4, 1}), start_outcome::taken);
  EXPECT_EQ(offset_of(part->position()), 4);
  ASSERT_EQ(part->passed({orders, 6, 1}), start_outcome::taken);
  EXPECT_EQ(offset_of(part->position()), 6);
}

TEST_F(PositionTracker, TheLeaderEpochIsThatOfTheRecordBefore) {
  start({0, 1}, 3);
  start({2}, 4);
  part->finished(1);
  part->finished(0);
  EXPECT_EQ(part->position()->leader_epoch, 3);
  part->finished(2);
  EXPECT_EQ(part->position()->leader_epoch, 4);
}

TEST_F(PositionTracker, ARecordIsFinishedOnce) {
  start({0, 1, 2});
  EXPECT_TRUE(part->finished(1));
  EXPECT_FALSE(part->finished(1));
  EXPECT_TRUE(part->finished(0));
  EXPECT_FALSE(part->finished(0));
  EXPECT_FALSE(part->finished(3)) << "never started";
  EXPECT_FALSE(part->finished(-1));
}

TEST_F(PositionTracker, ARangeFinishesWhateverWasStartedInIt) {
  start({0, 1, 2, 5, 6, 9});
  EXPECT_TRUE(part->finished(5));
  EXPECT_TRUE(part->finished(1, 8));
  EXPECT_FALSE(part->finished(1, 8));
  EXPECT_EQ(part->amount().unfinished, 2u);
  EXPECT_TRUE(part->finished(0, 100));
  EXPECT_EQ(offset_of(part->position()), 10);
  EXPECT_FALSE(part->finished(7, 3));
}

TEST_F(PositionTracker, WhatIsStartedTwiceOrBackwardsIsRefused) {
  start({5});
  EXPECT_EQ(part->started(5, 0), start_outcome::out_of_order);
  EXPECT_EQ(part->started(4, 0), start_outcome::out_of_order);
  ASSERT_EQ(part->passed({orders, 9, 0}), start_outcome::taken);
  EXPECT_EQ(part->started(8, 0), start_outcome::out_of_order);
  EXPECT_EQ(part->passed({orders, 8, 0}), start_outcome::out_of_order);
  EXPECT_EQ(part->started(9, 0), start_outcome::taken);
  EXPECT_EQ(part->started(-3, 0), start_outcome::out_of_order);
}

TEST_F(PositionTracker, WorkOfALostAssignmentIsIgnored) {
  start({5, 6});
  tracker.lost(orders);
  EXPECT_FALSE(part->finished(5));
  EXPECT_FALSE(part->position());
  EXPECT_EQ(part->started(7, 0), start_outcome::lost);
  EXPECT_EQ(part->passed({orders, 8, 0}), start_outcome::lost);
  EXPECT_FALSE(tracker.finished(orders, 7, 5));
  EXPECT_TRUE(tracker.uncommitted().empty());
  EXPECT_EQ(tracker.find(orders), nullptr);
  tracker.lost(orders);
}

TEST_F(PositionTracker, WorkOfTheAssignmentBeforeDoesNotCountForTheNext) {
  start({5, 6});
  const auto again = tracker.assigned(orders, 8);
  ASSERT_EQ(again->started(5, 0), start_outcome::taken);
  EXPECT_FALSE(part->finished(5));
  EXPECT_FALSE(tracker.finished(orders, 7, 5));
  EXPECT_EQ(tracker.started(orders, 7, 6, 0), start_outcome::lost);
  EXPECT_EQ(tracker.amount().unfinished, 1u);
  EXPECT_TRUE(tracker.finished(orders, 8, 5));
  EXPECT_EQ(offset_of(again->position()), 6);
}

TEST_F(PositionTracker, ACommitOfTheAssignmentBeforeDoesNotCountForTheNext) {
  start({50});
  part->finished(50);
  const auto of_before = tracker.uncommitted();
  const auto again = tracker.assigned(orders, 8);  // from an older offset: somebody had rewound the group
  ASSERT_EQ(again->started(10, 0), start_outcome::taken);
  again->finished(10);
  tracker.committed(of_before);
  EXPECT_EQ(offset_of(again->uncommitted()), 11);
}

TEST_F(PositionTracker, OnlyWhatMovedSinceItsCommitIsToBeCommitted) {
  start({5, 6});
  part->finished(5);
  const auto first = tracker.uncommitted();
  ASSERT_EQ(first.size(), 1u);
  EXPECT_EQ(first[0].position.where, orders);
  EXPECT_EQ(first[0].position.offset, 6);
  EXPECT_EQ(first[0].epoch, 7u);
  part->finished(6);
  tracker.committed(first);
  ASSERT_EQ(tracker.uncommitted().size(), 1u) << "it moved while the commit was under way";
  tracker.committed(tracker.uncommitted());
  EXPECT_TRUE(tracker.uncommitted().empty());
}

TEST_F(PositionTracker, TheBoundHoldsForAllPartitionsTogetherAndIsGivenBack) {
  const auto other = tracker.assigned({"orders", 4}, 7);
  for (std::int64_t offset = 0; offset < 60; ++offset) start({offset});
  for (std::int64_t offset = 0; offset < 40; ++offset) ASSERT_EQ(other->started(offset, 0), start_outcome::taken);
  EXPECT_EQ(other->started(40, 0), start_outcome::full);
  part->finished(59);
  EXPECT_EQ(other->started(40, 0), start_outcome::full) << "it waits for those before it";
  part->finished(0, 9);
  EXPECT_EQ(tracker.amount().unfinished, 89u);
  EXPECT_EQ(tracker.amount().waiting, 1u);
  for (std::int64_t offset = 40; offset < 50; ++offset) ASSERT_EQ(other->started(offset, 0), start_outcome::taken);
  EXPECT_EQ(other->started(50, 0), start_outcome::full);
  tracker.lost(orders);
  EXPECT_EQ(other->started(50, 0), start_outcome::taken);
  tracker.lost_all();
  EXPECT_EQ(tracker.amount().unfinished + tracker.amount().waiting + tracker.amount().bytes, 0u);
  const auto next = tracker.assigned(orders, 9);
  for (std::int64_t offset = 0; offset < 100; ++offset) ASSERT_EQ(next->started(offset, 0), start_outcome::taken);
}

TEST_F(PositionTracker, ARecordThatHangsCostsNoMemoryForThoseThatGoOn) {
  position_tracker large(200'000);
  const auto stuck = large.assigned(orders, 1);
  for (std::int64_t offset = 0; offset < 100'000; ++offset) {
    ASSERT_EQ(stuck->started(offset, 0), start_outcome::taken);
    if (offset != 0) stuck->finished(offset);
  }
  EXPECT_EQ(stuck->amount().waiting, 99'999u);
  EXPECT_LT(stuck->amount().bytes, 200u);
}

// Offsets, some of which exist; each may be finished. The position is found by looking at all of them.
struct model {
  std::vector<std::pair<std::int64_t, bool>> records{};
  std::int64_t passed = -1;

  std::int64_t position() const {
    bool any = records.empty() ? passed >= 0 : records.front().second;
    if (!any) return passed >= 0 && (records.empty() || passed <= records.front().first) ? first_open() : -1;
    return first_open();
  }
  std::int64_t first_open() const {
    for (const auto& [offset, done] : records) {
      if (!done) return offset;
    }
    return std::max(passed, records.empty() ? -1 : records.back().first + 1);
  }
};

TEST(PositionTrackerAgainstAModel, AnyOrderGivesThePositionThatLookingAtAllRecordsGives) {
  std::mt19937_64 rng(21);
  for (int round = 0; round < 300; ++round) {
    position_tracker tracker;
    const auto part = tracker.assigned(orders, 1);
    model known;
    std::int64_t next = static_cast<std::int64_t>(rng() % 5);
    std::int64_t before = -1;
    for (int step = 0; step < 200; ++step) {
      const auto what = rng() % 10;
      if (what < 4) {
        ASSERT_EQ(part->started(next, static_cast<std::int32_t>(rng() % 2)), start_outcome::taken);
        known.records.emplace_back(next, false);
        next += rng() % 3 == 0 ? 1 + static_cast<std::int64_t>(rng() % 4) : 1;
      } else if (what == 4 && known.records.size() > 3) {
        ASSERT_EQ(part->passed({orders, next + 1, 0}), start_outcome::taken);
        known.passed = ++next;
      } else if (!known.records.empty()) {
        const std::int64_t first = static_cast<std::int64_t>(rng() % static_cast<std::uint64_t>(next + 1));
        const std::int64_t last = rng() % 4 == 0 ? first + static_cast<std::int64_t>(rng() % 6) : first;
        bool fresh = false;
        for (auto& [offset, done] : known.records) {
          if (offset >= first && offset <= last && !done) done = fresh = true;
        }
        ASSERT_EQ(part->finished(first, last), fresh);
      }
      ASSERT_EQ(offset_of(part->position()), known.position()) << "round " << round << ", step " << step;
      ASSERT_GE(offset_of(part->position()), before) << "a position never goes back";
      before = offset_of(part->position());
      const auto open =
          std::count_if(known.records.begin(), known.records.end(), [](auto& one) { return !one.second; });
      ASSERT_EQ(part->amount().unfinished, static_cast<std::size_t>(open));
    }
  }
}

TEST(PositionTrackerThreads, WorkersFinishWhatTheReaderStartsWhileACommitterLooks) {
  position_tracker tracker(1000);
  constexpr std::int64_t count = 20'000;
  constexpr int workers = 4;
  const auto part = tracker.assigned(orders, 1);
  std::atomic<std::int64_t> begun{0};
  std::vector<std::thread> threads;
  threads.emplace_back([&] {
    for (std::int64_t offset = 0; offset < count;) {
      if (part->started(offset, 0) == start_outcome::full) {
        std::this_thread::yield();
        continue;
      }
      begun.store(++offset);
    }
  });
  for (int worker = 0; worker < workers; ++worker) {
    threads.emplace_back([&, worker] {
      for (std::int64_t offset = worker; offset < count; offset += workers) {
        while (begun.load() <= offset) std::this_thread::yield();
        ASSERT_TRUE(tracker.finished(orders, 1, offset));
      }
    });
  }
  std::int64_t seen = 0;
  while (seen < count) {
    const auto now = tracker.uncommitted();
    if (now.empty()) continue;
    ASSERT_GT(now[0].position.offset, seen);
    seen = now[0].position.offset;
    tracker.committed(now);
  }
  for (std::thread& one : threads) one.join();
  EXPECT_EQ(tracker.amount().unfinished + tracker.amount().waiting, 0u);
}

TEST(PositionTrackerThreads, AnAssignmentThatEndsUnderItsWorkersLeavesNothingBehind) {
  position_tracker tracker(500);
  std::atomic<bool> over{false};
  std::vector<std::thread> threads;
  for (int worker = 0; worker < 3; ++worker) {
    threads.emplace_back([&] {
      std::int64_t offset = 0;
      while (!over) {
        const auto part = tracker.find(orders);
        if (!part) continue;
        if (part->started(offset, 0) != start_outcome::taken) offset = 0;
        part->finished(offset++);
      }
    });
  }
  for (std::uint64_t epoch = 0; epoch < 2000; ++epoch) {
    tracker.assigned(orders, epoch);
    if (epoch % 3 == 0) tracker.lost(orders);
  }
  over = true;
  for (std::thread& one : threads) one.join();
  tracker.lost_all();
  const auto last = tracker.assigned(orders, 1);
  for (std::int64_t offset = 0; offset < 500; ++offset) ASSERT_EQ(last->started(offset, 0), start_outcome::taken);
  EXPECT_EQ(last->started(500, 0), start_outcome::full)
      << "nothing of the lost ones is still charged, or given back twice";
}

}  // namespace
