// wake: a poll that ends because somebody said so.
#include "simulated.hpp"

namespace ottla::test {
namespace {

class waking : public simulated {
 protected:
  waking() { where.cluster().create_topic("letters", 1); }
  std::chrono::nanoseconds polled(consumer& in, std::chrono::milliseconds timeout) {
    const steady_ns begin = where.now();
    const auto got = in.poll(timeout);
    EXPECT_TRUE(got.has_value());
    if (got) {
      EXPECT_TRUE(got->empty());
    }
    return where.now() - begin;
  }
};

TEST_F(waking, a_poll_that_waits_returns_at_once_without_records) {
  cluster on = open();
  consumer in(on, {.topics = {"letters"}});
  (void)in.wait_assignment(5s);
  (void)in.poll(1s);
  where.at(where.now() + 300ms, [&] { in.wake(); });
  EXPECT_EQ(polled(in, 10s), 300ms);
  EXPECT_EQ(polled(in, 1s), 1s) << "one wake ends one poll";
}

TEST_F(waking, if_none_waits_the_next_poll_returns_at_once) {
  cluster on = open();
  consumer in(on, {.topics = {"letters"}});
  (void)in.wait_assignment(5s);
  (void)in.poll(1s);
  in.wake();
  in.wake();
  EXPECT_EQ(polled(in, 10s), 0s);
  EXPECT_EQ(polled(in, 1s), 1s) << "several wakes are one";
}

TEST_F(waking, a_poll_with_records_uses_a_wake_up) {
  fill("letters", 0, 3);
  cluster on = open();
  consumer in(on, {.topics = {"letters"}, .start = earliest});
  (void)in.wait_assignment(5s);
  where.run_for(1s);
  in.wake();
  EXPECT_EQ(read(in, 3), numbers(0, 3));
  EXPECT_EQ(polled(in, 1s), 1s);
}

TEST_F(waking, a_member_of_a_group_is_woken_too) {
  cluster on = open();
  consumer in(on, {.group = "billing", .topics = {"letters"}});
  ASSERT_TRUE(in.wait_assignment(20s).has_value());
  (void)in.poll(1s);
  where.at(where.now() + 200ms, [&] { in.wake(); });
  EXPECT_EQ(polled(in, 10s), 200ms);
}

}  // namespace
}  // namespace ottla::test
