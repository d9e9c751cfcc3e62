// Where transactions lie in a log: the last stable offset, and what of the aborted ones a reader is told.
#include "storage/transaction_ranges.hpp"

#include <gtest/gtest.h>

namespace ottla::test {
namespace {

using mock::transaction_ranges;

std::vector<std::int64_t> firsts(const transaction_ranges& of, std::int64_t from, std::int64_t until) {
  std::vector<std::int64_t> out;
  for (const auto& a : of.aborted_between(from, until)) out.push_back(a.first_offset);
  return out;
}

TEST(TransactionRanges, TheOldestOpenTransactionHoldsBackTheLastStableOffset) {
  transaction_ranges ranges;
  EXPECT_EQ(ranges.last_stable_offset(9), 9);
  ranges.begin(3);
  ranges.begin(5);
  EXPECT_EQ(ranges.last_stable_offset(9), 3);
  ranges.end(1, 5, 9, true);
  EXPECT_EQ(ranges.last_stable_offset(10), 3);
  ranges.end(2, 3, 10, false);
  EXPECT_EQ(ranges.last_stable_offset(11), 11);
}

TEST(TransactionRanges, AReaderIsToldOfTheAbortedOnesThatItMayMeet) {
  transaction_ranges ranges;
  for (const std::int64_t first : {0, 10, 12}) ranges.begin(first);
  ranges.end(1, 10, 20, true);
  ranges.end(1, 0, 21, true);
  ranges.end(1, 12, 22, false);
  ranges.begin(30);
  ranges.end(1, 30, 31, true);
  EXPECT_EQ(firsts(ranges, 0, 40), (std::vector<std::int64_t>{10, 0, 30})) << "in order of the markers";
  EXPECT_EQ(firsts(ranges, 0, 10), (std::vector<std::int64_t>{0}));
  EXPECT_EQ(firsts(ranges, 21, 30), (std::vector<std::int64_t>{0}));
  EXPECT_EQ(firsts(ranges, 22, 30), std::vector<std::int64_t>{});
}

TEST(TransactionRanges, WhatLiesBeforeTheLogsStartIsForgotten) {
  transaction_ranges ranges;
  ranges.begin(0);
  ranges.end(1, 0, 4, true);
  ranges.begin(5);
  ranges.end(1, 5, 9, true);
  ranges.truncate_front(5);
  EXPECT_EQ(firsts(ranges, 0, 20), (std::vector<std::int64_t>{5}));
}

}  // namespace
}  // namespace ottla::test
