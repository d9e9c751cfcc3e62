// What is outstanding in retry topics, told by sends, acknowledgements and two readers in any order.
#include "retrying/key_levels.hpp"

#include <gtest/gtest.h>

namespace ottla::test {
namespace {

constexpr std::uint64_t k = 7, other = 8;

TEST(key_levels, the_lowest_level_above_is_where_a_message_goes) {
  key_levels keys(3, 100);
  keys.read(3, 10, true, k);
  keys.read(2, 10, true, k);
  keys.read(2, 11, true, other);
  EXPECT_EQ(keys.waits_at(0, k), 2u);
  EXPECT_EQ(keys.waits_at(1, k), 2u);
  EXPECT_EQ(keys.waits_at(2, k), 3u);
  EXPECT_EQ(keys.waits_at(3, k), 0u);
  EXPECT_EQ(keys.waits_at(2, other), 0u);
  keys.finished(2, k);
  EXPECT_EQ(keys.waits_at(0, k), 3u);
  keys.finished(3, k);
  EXPECT_EQ(keys.waits_at(0, k), 0u);
}

TEST(key_levels, what_is_read_by_two_counts_once) {
  key_levels keys(1, 100);
  for (int reader = 0; reader < 2; ++reader) {
    for (std::int64_t offset = 0; offset < 3; ++offset) keys.read(1, offset, true, k);
  }
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(keys.waits_at(0, k), 1u);
    keys.finished(1, k);
  }
  EXPECT_EQ(keys.waits_at(0, k), 0u);
}

TEST(key_levels, what_is_sent_counts_once_whether_it_is_read_or_acknowledged_first) {
  for (const bool read_first : {true, false}) {
    key_levels keys(1, 100);
    keys.sent(1, k);
    EXPECT_EQ(keys.waits_at(0, k), 1u);
    if (read_first) keys.read(1, 5, true, k);
    keys.stored(1, k, 5);
    if (!read_first) keys.read(1, 5, true, k);
    EXPECT_EQ(keys.waits_at(0, k), 1u);
    keys.finished(1, k);
    EXPECT_EQ(keys.waits_at(0, k), 0u);
  }
}

TEST(key_levels, what_could_not_be_sent_is_not_outstanding) {
  key_levels keys(1, 100);
  keys.sent(1, k);
  keys.not_sent(1, k);
  EXPECT_EQ(keys.waits_at(0, k), 0u);
}

TEST(key_levels, what_lies_nobody_knows_where_counts_until_all_was_looked_at) {
  key_levels keys(1, 100);
  keys.begin_scan(1);
  keys.end_scan(1);
  EXPECT_FALSE(keys.wants_scan(1));
  keys.sent(1, k);
  keys.stored(1, k, -1);
  EXPECT_TRUE(keys.wants_scan(1));
  EXPECT_TRUE(keys.known_above(0)) << "nobody waits for that";
  keys.read(1, 5, true, k);
  keys.finished(1, k);
  EXPECT_EQ(keys.waits_at(0, k), 1u) << "who knows whether it was that one";
  keys.begin_scan(1);
  keys.sent(1, other);
  keys.stored(1, other, -1);  // after the end was asked for
  keys.end_scan(1);
  EXPECT_EQ(keys.waits_at(0, k), 0u);
  EXPECT_EQ(keys.waits_at(0, other), 1u);
  EXPECT_TRUE(keys.wants_scan(1));
}

TEST(key_levels, a_level_needs_to_know_those_above_it_alone) {
  key_levels keys(2, 100);
  EXPECT_TRUE(keys.known_above(2));
  EXPECT_FALSE(keys.known_above(1));
  keys.begin_scan(2);
  keys.end_scan(2);
  EXPECT_TRUE(keys.known_above(1));
  EXPECT_FALSE(keys.known_above(0));
}

TEST(key_levels, a_position_that_was_set_back_begins_anew_but_for_what_is_under_way) {
  key_levels keys(1, 100);
  keys.begin_scan(1);
  keys.end_scan(1);
  keys.read(1, 5, true, k);
  keys.sent(1, other);
  keys.restart(1);
  EXPECT_FALSE(keys.known_above(0));
  EXPECT_EQ(keys.waits_at(0, k), 0u);
  EXPECT_EQ(keys.waits_at(0, other), 1u);
  keys.stored(1, other, 6);
  keys.read(1, 5, true, k);
  keys.read(1, 6, true, other);
  keys.finished(1, k);
  keys.finished(1, other);
  EXPECT_EQ(keys.waits_at(0, k), 0u);
  EXPECT_EQ(keys.waits_at(0, other), 0u);
}

TEST(key_levels, room_is_counted_in_keys_and_not_in_messages) {
  key_levels keys(1, 2);
  keys.read(1, 0, true, k);
  keys.read(1, 1, true, k);
  keys.read(1, 2, false, 0);
  EXPECT_TRUE(keys.has_room());
  keys.read(1, 3, true, other);
  EXPECT_FALSE(keys.has_room());
  keys.finished(1, other);
  EXPECT_TRUE(keys.has_room());
}

}  // namespace
}  // namespace ottla::test
