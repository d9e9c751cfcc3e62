// position_tracker on what poll gives: parts with gaps, control batches behind the last record.
#include "ottla/position_tracker.hpp"

#include "scripted.hpp"

namespace ottla::test {
namespace {

struct tracked_polls : scripted {
  tracked_polls() : scripted(1) {}
};

TEST_F(tracked_polls, APartOfAPollIsStartedWholeAndEndsWhereThePollEnded) {
  const bytes data = make_batch({.base_offset = 0, .values = {"0", "1"}, .last_offset_delta = 4}) +
                     make_batch({.base_offset = 5, .values = {"5"}}) +
                     make_batch({.base_offset = 6, .producer_id = 5, .transactional = true, .control = true});
  logs[orders_0] = {.data = data, .end = 7};
  cluster on = open();
  consumer_config config;
  config.partitions = {{"orders", 0, earliest}};
  consumer in(on, config);
  const auto got = in.poll(1s);
  ASSERT_TRUE(got.has_value());
  ASSERT_EQ(got->partitions().size(), 1u);
  position_tracker tracker;
  const auto part = tracker.assigned(orders_0, 1);
  ASSERT_EQ(part->started(got->partitions()[0]), start_outcome::taken);
  EXPECT_EQ(part->amount().unfinished, 3u);
  EXPECT_TRUE(part->finished(5));
  EXPECT_TRUE(part->finished(0));
  EXPECT_EQ(part->position()->offset, 1);
  EXPECT_NE(part->position()->assignment, 0u);
  EXPECT_EQ(part->position()->assignment, got->end()[0].assignment) << "so a commit after a loss is refused";
  EXPECT_TRUE(part->finished(1));
  EXPECT_EQ(part->position()->offset, 7) << "the marker at 6 holds nothing up";
  EXPECT_EQ(part->started(got->partitions()[0]), start_outcome::out_of_order) << "the same part again";
}

TEST_F(tracked_polls, APartLargerThanTheBoundIsTakenAloneAndNothingBesideIt) {
  logs[orders_0] = {.data = make_batch({.base_offset = 0, .values = texts(0, 10)}), .end = 10};
  cluster on = open();
  consumer_config config;
  config.partitions = {{"orders", 0, earliest}};
  consumer in(on, config);
  const auto got = in.poll(1s);
  ASSERT_TRUE(got.has_value());
  ASSERT_EQ(got->count(), 10u);
  position_tracker tracker(5);
  const auto part = tracker.assigned(orders_0, 1), other = tracker.assigned({"orders", 1}, 1);
  ASSERT_EQ(other->started(0, 0), start_outcome::taken);
  EXPECT_EQ(part->started(got->partitions()[0]), start_outcome::full);
  EXPECT_TRUE(other->finished(0));
  EXPECT_EQ(part->started(got->partitions()[0]), start_outcome::taken);
  EXPECT_EQ(other->started(1, 0), start_outcome::full);
}

}  // namespace
}  // namespace ottla::test
