// What the group remembers, as text and back.
#include <gtest/gtest.h>

#include "replay/replay_note.hpp"

namespace ottla::test {
namespace {

offset_set set_of(std::initializer_list<offset_set::range> ranges) {
  offset_set out;
  for (const auto& one : ranges) out.add(one.from, one.to);
  return out;
}

TEST(OffsetSet, what_touches_becomes_one_range) {
  offset_set set = set_of({{5, 7}, {10, 11}, {1, 2}});
  set.add(7, 10);
  EXPECT_EQ(set.ranges(), (std::vector<offset_set::range>{{1, 2}, {5, 11}}));
  set.add(0, 20);
  EXPECT_EQ(set.ranges(), (std::vector<offset_set::range>{{0, 20}}));
  set.add(30, 30);
  EXPECT_EQ(set.ranges().size(), 1u);
}

TEST(OffsetSet, it_knows_what_is_in_it) {
  const offset_set set = set_of({{2, 4}, {6, 7}});
  std::string in;
  for (int i = 0; i < 9; ++i) in += set.contains(i) ? '1' : '0';
  EXPECT_EQ(in, "001100100");
}

TEST(OffsetSet, its_text_is_short_and_comes_back) {
  const offset_set set = set_of({{1003, 1005}, {1006, 1007}, {1017, 1020}});
  EXPECT_EQ(set.text(1000), "3+2.1.10+3");
  EXPECT_EQ(offset_set::parse("3+2.1.10+3", 1000), set);
  EXPECT_EQ(offset_set::parse("", 7), offset_set());
}

TEST(OffsetSet, what_is_no_such_text_is_refused) {
  for (const char* text : {"x", "1.", ".1", "1+", "1+0", "-1", "1..2", "99999999999999999999", "1+9223372036854775807"})
    EXPECT_FALSE(offset_set::parse(text, 1000)) << text;
}

TEST(ReplayNote, nothing_but_an_offset_needs_no_text) {
  replay_note note;
  note.next = 17;
  EXPECT_EQ(note.text(), "");
  EXPECT_EQ(replay_note::parse(17, ""), note);
}

TEST(ReplayNote, all_of_it_comes_back) {
  replay_note note;
  note.next = 100;
  note.done = set_of({{102, 105}});
  note.intent = replay_intent{
      {4711, 0},
      1'700'000'000'000,
      {{{"orders", 3}, 118, set_of({{100, 101}, {106, 107}})}, {{"pay.ments-x", 0}, 0, set_of({{101, 102}})}}};
  EXPECT_EQ(note.text(), "ottla-replay/1 done=2+3 producer=4711/0 at=1700000000000 orders/3@118=0.5 pay.ments-x/0@0=1");
  EXPECT_EQ(replay_note::parse(100, note.text()), note);
}

TEST(ReplayNote, what_is_settled_without_a_gap_moves_the_offset) {
  replay_note note;
  note.next = 10;
  note.settle(set_of({{12, 14}}));
  EXPECT_EQ(note.next, 10);
  note.settle(set_of({{10, 12}}));
  EXPECT_EQ(note.next, 14);
  EXPECT_TRUE(note.done.empty());
}

TEST(ReplayNote, what_others_wrote_is_refused) {
  for (const char* text : {"consumer-7", "ottla-replay/1", "ottla-replay/1 ", "ottla-replay/2 done=1",
                           "ottla-replay/1 done=", "ottla-replay/1 done=1 x", "ottla-replay/1 producer=1/0 at=1",
                           "ottla-replay/1 producer=1 at=1 a/0@0=0",
                           "ottla-replay/1 producer=1/0 at=1 a/0@0=", "ottla-replay/1 producer=1/0 at=1 /0@0=1",
                           "ottla-replay/1 producer=-1/0 at=1 a/0@0=1", "ottla-replay/1 producer=1/0 at=1 a@0=1"})
    EXPECT_FALSE(replay_note::parse(0, text)) << text;
}

}  // namespace
}  // namespace ottla::test
