// What follows from each verdict.
#include <set>

#include "flowing.hpp"

namespace ottla::test {
namespace {

class verdicts : public flowing {
 protected:
  verdicts() {
    where.cluster().create_topic("orders", 2);
    where.cluster().create_topic("orders-dlq", 1);
  }
};

TEST_F(verdicts, what_is_done_is_committed) {
  fill("orders", 0, 50);
  flowing_member& one = join(options(), [](const message&) { return done; });
  ASSERT_TRUE(turn_until([&] { return one.seen.size() == 50; }));
  EXPECT_EQ(one.seen, numbers(0, 50));
  turn_for(2s);
  EXPECT_EQ(committed("orders", 0), 50);
  EXPECT_TRUE(one.in->close(5s).has_value());
}

TEST_F(verdicts, a_retry_comes_again_after_the_policys_pauses) {
  fill("orders", 0, 2);
  flowing_member& one = join(options(), [](const message& what) -> verdict {
    if (what.offset() == 0 && what.tries() < 4) return retry("busy " + std::to_string(what.tries()));
    if (what.offset() == 0) {
      EXPECT_EQ(what.last_failure(), "busy 3");
    }
    return done;
  });
  ASSERT_TRUE(turn_until([&] { return one.finished.size() == 2; }));
  EXPECT_EQ(one.seen, (std::vector<std::string>{"0", "0", "0", "0", "1"}));
  const auto pause = [&](std::size_t i) { return (one.times[i + 1] - one.times[i]) / 1ms; };
  EXPECT_NEAR(static_cast<double>(pause(0)), 1'000, 10);
  EXPECT_NEAR(static_cast<double>(pause(1)), 2'000, 10);
  EXPECT_NEAR(static_cast<double>(pause(2)), 4'000, 10);
  EXPECT_EQ(one.in->stats().retried, 3u);
}

TEST_F(verdicts, a_reject_is_a_dead_letter_at_once_and_the_next_message_follows) {
  fill("orders", 0, 3);
  auto with = options();
  with.dead_letter = "orders-dlq";
  with.name = "unit";
  flowing_member& one = join(with, [](const message& what) -> verdict {
    if (what.offset() == 1) return reject("no amount").as("bad_order");
    return done;
  });
  ASSERT_TRUE(turn_until([&] { return one.seen.size() == 3; }));
  turn_for(2s);
  EXPECT_EQ(committed("orders", 0), 3);
  const auto letters = stored("orders-dlq");
  ASSERT_EQ(letters.size(), 1u);
  EXPECT_EQ(letters[0].value().text(), "1");
  EXPECT_EQ(header(letters[0], "x-retry-count"), "0");
  EXPECT_EQ(header(letters[0], "x-error-message"), "no amount");
  EXPECT_EQ(header(letters[0], "x-exception-type"), "bad_order");
  EXPECT_EQ(header(letters[0], "x-original-topic"), "orders");
  EXPECT_EQ(header(letters[0], "x-original-partition"), "0");
  EXPECT_EQ(header(letters[0], "x-original-offset"), "1");
  EXPECT_EQ(header(letters[0], "x-original-timestamp"), "1001");
  EXPECT_EQ(header(letters[0], "x-consumer-group"), "billing");
  EXPECT_EQ(header(letters[0], "x-consumer-id"), "unit");
  EXPECT_EQ(one.in->stats().dead_lettered, 1u);
}

}  // namespace
}  // namespace ottla::test
