// Offsets that nobody uses any more: when they and their groups are forgotten (KIP-211).
#include "group_support.hpp"
#include "kept_support.hpp"

namespace ottla::test {
namespace {

using protocol::error_code;

class OffsetExpiry : public testing::Test {
 protected:
  static mock::broker_options for_an_hour() {
    mock::broker_options options;
    options.groups.offsets_retention = 1h;
    return options;
  }
  OffsetExpiry() { now.kafka.create_topic("t", 1); }
  void pass(std::chrono::milliseconds time) {
    at = later(at, time);
    now.kafka.step(at);
  }

  mock::memory_disk disk;
  life now{disk, for_an_hour()};
  mock::instant at = start;
};

TEST_F(OffsetExpiry, AGroupThatIsUsedForItsOffsetsAloneIsForgottenAnHourAfterItsCommit) {
  member m(now.kafka);
  ASSERT_EQ(m.commit(7), error_code::none);
  pass(59min);
  EXPECT_EQ(committed(now.kafka, "g"), 7);
  pass(10min);
  EXPECT_EQ(committed(now.kafka, "g"), -1);
  life next(disk, for_an_hour());
  EXPECT_EQ(committed(next.kafka, "g"), -1);
}

TEST_F(OffsetExpiry, CountsFromTheLastCommit) {
  member m(now.kafka);
  ASSERT_EQ(m.commit(7), error_code::none);
  pass(50min);
  m.client.now = at;
  ASSERT_EQ(m.commit(8), error_code::none);
  pass(50min);
  EXPECT_EQ(committed(now.kafka, "g"), 8);
}

TEST_F(OffsetExpiry, CountsFromTheMomentWhenTheLastMemberLeft) {
  member m(now.kafka);
  m.send_join();
  test::pass(now.kafka, {&m}, 100ms);
  ASSERT_TRUE(m.take_join());
  m.send_sync({{m.id, "all"}});
  ASSERT_TRUE(m.take_sync());
  ASSERT_EQ(m.commit(7), error_code::none);
  at = m.client.now;
  for (int i = 0; i < 30 * 12; ++i) {
    pass(5s);
    m.client.now = at;
    ASSERT_EQ(m.heartbeat(), error_code::none);
  }
  ASSERT_EQ(m.leave(), error_code::none);
  pass(50min);
  EXPECT_EQ(committed(now.kafka, "g"), 7);
  pass(20min);
  EXPECT_EQ(committed(now.kafka, "g"), -1);
}

}  // namespace
}  // namespace ottla::test
