// A replica that trails: when it gets what it lacks.
#include "cluster/trailing_replica.hpp"

#include <gtest/gtest.h>

namespace ottla::mock {
namespace {

using namespace std::chrono_literals;

TEST(TrailingReplica, WhoFollowsAtOnceHasAllAsSoonAsItMay) {
  trailing_replica t(2, 10, 10);
  EXPECT_FALSE(t.is_behind());
  t.leader_appended(13, 1s);
  EXPECT_TRUE(t.is_behind());
  EXPECT_EQ(t.end_offset(), 10);
  t.advance(1s);
  EXPECT_EQ(t.end_offset(), 13);
  EXPECT_FALSE(t.is_behind());
}

TEST(TrailingReplica, WhoIsDelayedGetsEachPartInItsTime) {
  trailing_replica t(2, 10, 10);
  t.way = following::delayed;
  t.delay = 640ms;
  t.leader_appended(13, 1000ms);
  t.leader_appended(15, 1005ms);  // with the one before
  t.leader_appended(20, 1300ms);
  EXPECT_EQ(t.behind_since(), 1000ms);
  EXPECT_EQ(t.next_arrival(), 1640ms);
  t.advance(1639ms);
  EXPECT_EQ(t.end_offset(), 10);
  t.advance(1640ms);
  EXPECT_EQ(t.end_offset(), 15);
  EXPECT_EQ(t.behind_since(), 1300ms);
  t.advance(1940ms);
  EXPECT_EQ(t.end_offset(), 20);
  EXPECT_EQ(t.next_arrival(), std::chrono::nanoseconds::max());
}

TEST(TrailingReplica, WhoIsHeldStaysAndIsBehindSinceTheFirstThatItLacks) {
  trailing_replica t(2, 10, 10);
  t.way = following::held;
  t.leader_appended(11, 1s);
  t.leader_appended(90, 50s);
  t.advance(1h);
  EXPECT_EQ(t.end_offset(), 10);
  EXPECT_EQ(t.behind_since(), 1s);
  EXPECT_EQ(t.next_arrival(), std::chrono::nanoseconds::max());
}

TEST(TrailingReplica, WhatTheLeaderHasLostIsNotWaitedFor) {
  trailing_replica t(2, 10, 9);
  t.way = following::delayed;
  t.delay = 640ms;
  t.leader_appended(13, 1s);
  t.leader_appended(20, 2s);
  t.leader_appended(30, 3s);
  t.leader_cut_back(15);
  t.advance(1640ms);
  EXPECT_EQ(t.end_offset(), 13);
  t.advance(1h);
  EXPECT_EQ(t.end_offset(), 15);
  t.leader_cut_back(12);
  EXPECT_EQ(t.end_offset(), 12);
  EXPECT_FALSE(t.is_behind());
  t.leader_cut_back(3);
  EXPECT_EQ(t.high_watermark, 3);
}

TEST(TrailingReplica, WhoEndsBeforeTheLeadersStartBeginsThere) {
  trailing_replica t(2, 10, 10);
  t.way = following::held;
  t.leader_appended(30, 1s);
  t.leader_cut_front(20);
  EXPECT_EQ(t.end_offset(), 20);
  EXPECT_TRUE(t.is_behind());
  t.leader_cut_front(30);
  EXPECT_FALSE(t.is_behind());
}

TEST(TrailingReplica, WhoHasLostItsTailIsBehindFromThenOn) {
  trailing_replica t(2, 10, 10);
  t.fall_back(6, 10, 5s);
  EXPECT_EQ(t.end_offset(), 6);
  EXPECT_EQ(t.high_watermark, 6);
  EXPECT_EQ(t.behind_since(), 5s);
  t.advance(6s);
  EXPECT_EQ(t.end_offset(), 10);
}

}  // namespace
}  // namespace ottla::mock
