// Dead letters that cannot be written, in virtual time, with a broker that refuses them.
#include <stdexcept>

#include "flowing.hpp"

namespace ottla::test {
namespace {

class dead_letters : public flowing {
 protected:
  dead_letters() {
    where.cluster().create_topic("orders", 2);
    where.cluster().create_topic("orders-dlq", 1);
    with = options();
    with.dead_letter = "orders-dlq";
    with.dead_letter_timeout = 1'000ms;
    with.dead_letter_backoff = 500ms;
    with.dead_letter_max_backoff = 2'000ms;
    with.log = std::make_shared<json_log>(json_log_config{
        .least = log_level::debug, .sink = [this](std::string_view line) { lines += std::string(line) + "\n"; }});
  }
  /// Produce requests are refused from now on, until they are not.
  void refuse(bool refused) {
    where.cluster().clear_faults();
    if (refused)
      where.cluster().inject({.key = protocol::api_key::produce,
                              .action = mock::fault_action::answer_error,
                              .count = 1'000'000,
                              .error = protocol::error_code::topic_authorization_failed});
  }
  say rejects_the_first() {
    return [](const message& what) -> verdict {
      if (what.partition() == 0 && what.offset() == 0) return reject("bad");
      return done;
    };
  }

  service_consumer_options with;
  std::string lines;
};

TEST_F(dead_letters, nothing_is_committed_before_the_broker_acknowledged_it) {
  fill("orders", 0, 3);
  refuse(true);
  flowing_member& one = join(with, rejects_the_first());
  ASSERT_TRUE(turn_until([&] { return one.in->stats().letter_failures >= 2; }));
  turn_for(3s);
  EXPECT_EQ(committed("orders", 0), -1);
  EXPECT_EQ(one.seen, numbers(0, 1));
  refuse(false);
  ASSERT_TRUE(turn_until([&] { return one.in->stats().dead_lettered == 1; }));
  turn_for(2s);
  EXPECT_EQ(committed("orders", 0), 3);
  EXPECT_EQ(stored("orders-dlq").size(), 1u);
}

TEST_F(dead_letters, who_listens_and_throws_ends_the_process) {
  fill("orders", 0, 3);
  with.on_dead_letter = [](const dead_letter_receipt&) { throw std::runtime_error("a listener that throws"); };
  const auto turns = [&] {
    try {
      (void)join(with, rejects_the_first());
      turn_for(10s);
    } catch (const std::runtime_error&) {  // it must not come as far as this
    }
  };
  EXPECT_DEATH(turns(), "a listener that throws");
}

TEST_F(dead_letters, who_listens_is_told_of_each_when_it_is_acknowledged_and_before_it_is_committed) {
  fill("orders", 0, 3);
  refuse(true);
  int told = 0;
  with.on_dead_letter = [&](const dead_letter_receipt& one) {
    ++told;
    EXPECT_EQ(one.message.value().text(), "0");
    EXPECT_EQ(one.note.from, (topic_partition{"orders", 0}));
    EXPECT_EQ(one.note.offset, 0);
    EXPECT_EQ(one.note.retries, 0);
    EXPECT_EQ(one.note.error, "bad");
    EXPECT_EQ(one.letter, (topic_partition{"orders-dlq", 0}));
    EXPECT_EQ(one.offset, 0);
    EXPECT_EQ(all.front().in->stats().dead_lettered, 0u) << "nothing is locked, and nothing finished yet";
  };
  flowing_member& one = join(with, rejects_the_first());
  ASSERT_TRUE(turn_until([&] { return one.in->stats().letter_failures >= 2; }));
  EXPECT_EQ(told, 0);
  refuse(false);
  ASSERT_TRUE(turn_until([&] { return one.in->stats().dead_lettered == 1; }));
  turn_for(2s);
  EXPECT_EQ(told, 1);
}

TEST_F(dead_letters, the_partition_stops_alone_says_so_and_goes_on) {
  fill("orders", 0, 3);
  fill("orders", 1, 3);
  refuse(true);
  flowing_member& one = join(with, rejects_the_first());
  ASSERT_TRUE(turn_until([&] { return one.in->stats().stopped == 1; }));
  EXPECT_EQ(one.in->trouble().broker_code(), protocol::error_code::topic_authorization_failed);
  turn_for(10ms);
  EXPECT_EQ(one.in->stats().paused, 1u);
  ASSERT_TRUE(turn_until([&] { return one.finished.size() == 3; }));
  EXPECT_EQ(one.finished, numbers(3, 6));
  turn_for(2s);
  EXPECT_EQ(committed("orders", 1), 3);
  EXPECT_NE(lines.find(R"("level":"error")"), std::string::npos);
  EXPECT_NE(lines.find("KAFKA_DLQ_WRITE_FAILED"), std::string::npos) << lines;
  refuse(false);
  ASSERT_TRUE(turn_until([&] { return one.finished.size() == 5; }));
  EXPECT_FALSE(one.in->trouble());
  EXPECT_EQ(one.in->stats().stopped, 0u);
  turn_for(10ms);
  EXPECT_NE(lines.find("a partition goes on"), std::string::npos);
}

TEST_F(dead_letters, a_broker_that_is_gone_for_long_loses_none) {
  fill("orders", 0, 3);
  flowing_member& one = join(with, rejects_the_first());
  ASSERT_TRUE(turn_until([&] { return !one.in->assignment().empty(); }));
  where.cluster().inject({.key = protocol::api_key::produce, .action = mock::fault_action::drop_answer, .count = 3});
  ASSERT_TRUE(turn_until([&] { return one.in->stats().letter_failures == 1; })) << "its time is over";
  ASSERT_TRUE(turn_until([&] { return one.in->stats().dead_lettered == 1; }));
  ASSERT_TRUE(turn_until([&] { return one.finished.size() == 2; }));
  const auto letters = stored("orders-dlq");
  ASSERT_FALSE(letters.empty());
  EXPECT_EQ(letters[0].value().text(), "0");
}

TEST_F(dead_letters, a_topic_that_does_not_exist_stops_the_partition_until_it_does) {
  fill("orders", 0, 3);
  with.dead_letter = "missing-dlq";
  flowing_member& one = join(with, rejects_the_first());
  ASSERT_TRUE(turn_until([&] { return one.in->stats().stopped == 1; }));
  where.cluster().create_topic("missing-dlq", 1);
  ASSERT_TRUE(turn_until([&] { return one.finished.size() == 2; }));
  EXPECT_EQ(stored("missing-dlq").size(), 1u);
}

TEST_F(dead_letters, close_waits_for_those_under_way) {
  fill("orders", 0, 3);
  flowing_member& one = join(with, rejects_the_first());
  ASSERT_TRUE(turn_until([&] { return !one.in->assignment().empty(); }));
  where.cluster().inject(
      {.key = protocol::api_key::produce, .action = mock::fault_action::delay, .count = 1, .hold = 800ms});
  ASSERT_TRUE(turn_until([&] { return one.seen.size() == 1; }));
  turn_for(5ms);
  ASSERT_EQ(one.in->stats().dead_lettered, 0u);
  ASSERT_TRUE(one.in->close(10s).has_value());
  EXPECT_EQ(one.in->stats().dead_lettered, 1u);
  EXPECT_EQ(committed("orders", 0), 1);
}

TEST_F(dead_letters, close_does_not_wait_for_one_that_cannot_be_written) {
  fill("orders", 0, 3);
  refuse(true);
  flowing_member& one = join(with, rejects_the_first());
  ASSERT_TRUE(turn_until([&] { return one.in->stats().stopped == 1; }));
  const steady_ns begin = where.now();
  (void)one.in->close(10s);
  EXPECT_LE(where.now() - begin, 2s);
  EXPECT_EQ(committed("orders", 0), -1);
}

}  // namespace
}  // namespace ottla::test
