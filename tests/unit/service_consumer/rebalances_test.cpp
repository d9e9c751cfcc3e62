// Partitions that are given up, lost and taken over, in virtual time.
#include "flowing.hpp"

namespace ottla::test {
namespace {

class service_rebalances : public flowing {
 protected:
  service_rebalances() { where.cluster().create_topic("orders", 2); }
  std::size_t owned() const {
    std::size_t sum = 0;
    for (const flowing_member& one : all) sum += one.in ? one.in->assignment().size() : 0;
    return sum;
  }
  bool shared_out() {
    return turn_until([&] {
      return std::all_of(all.begin(), all.end(), [](const auto& one) { return one.in->assignment().size() == 1; });
    });
  }
};

TEST_F(service_rebalances, the_next_owner_starts_exactly_where_the_first_stopped) {
  fill("orders", 0, 100);
  fill("orders", 1, 100);
  auto with = options();
  with.commit_interval = 3'600'000ms;  // only what the rebalance itself commits
  const auto handle = [](const message&) { return done; };
  flowing_member& first = join(with, handle);
  ASSERT_TRUE(turn_until([&] { return first.finished.size() == 200; }));
  EXPECT_EQ(committed("orders", 0), -1);
  flowing_member& second = join(with, handle);
  ASSERT_TRUE(shared_out());
  fill("orders", 0, 50);
  fill("orders", 1, 50);
  ASSERT_TRUE(turn_until([&] { return first.finished.size() + second.finished.size() >= 300; }));
  turn_for(2s);
  std::vector<std::string> together = first.finished;
  together.insert(together.end(), second.finished.begin(), second.finished.end());
  std::sort(together.begin(), together.end(), [](const auto& a, const auto& b) { return std::stoi(a) < std::stoi(b); });
  EXPECT_EQ(together, numbers(0, 300)) << "none twice, none left out";
  EXPECT_EQ(second.finished.size(), 50u);
}

TEST_F(service_rebalances, what_waits_for_its_next_try_is_dropped_and_begins_anew_with_the_next_owner) {
  fill("orders", 0, 3);
  fill("orders", 1, 3);
  flowing_member& first = join(options(), [](const message& what) -> verdict {
    if (what.offset() == 1) return retry_in(30s, "later");
    return done;
  });
  ASSERT_TRUE(turn_until([&] { return first.seen.size() == 4; }));
  flowing_member& second = join(options(), [](const message& what) -> verdict {
    EXPECT_EQ(what.tries(), 1);
    EXPECT_GE(what.offset(), 1);
    return done;
  });
  ASSERT_TRUE(shared_out());
  ASSERT_TRUE(turn_until([&] { return second.finished.size() == 2; }));
  const std::int32_t taken = second.in->assignment().front().partition;
  EXPECT_EQ(second.finished, taken == 0 ? numbers(1, 3) : numbers(4, 6));
  const std::size_t before = first.seen.size();
  turn_for(40s);
  EXPECT_EQ(first.seen.size(), before + 1) << "the timer of the partition that it kept fires, the other does not";
}

TEST_F(service_rebalances, a_dead_letter_under_way_is_waited_for) {
  where.cluster().create_topic("orders-dlq", 1);
  fill("orders", 0, 2);
  fill("orders", 1, 2);
  auto with = options();
  with.dead_letter = "orders-dlq";
  flowing_member& first = join(with, [](const message& what) -> verdict {
    if (what.offset() == 0) return reject("bad");
    return done;
  });
  ASSERT_TRUE(turn_until([&] { return owned() == 2; }));
  where.cluster().inject(
      {.key = protocol::api_key::produce, .action = mock::fault_action::delay, .count = 2, .hold = 6'000ms});
  ASSERT_TRUE(turn_until([&] { return first.seen.size() == 2; }));
  flowing_member& second = join(with, [](const message&) { return done; });
  ASSERT_TRUE(shared_out());
  turn_for(10s);
  EXPECT_EQ(first.in->stats().dead_lettered, 2u);
  EXPECT_EQ(stored("orders-dlq").size(), 2u) << "none was given up a second time";
  for (const std::string& value : second.seen) EXPECT_TRUE(value != "0" && value != "2") << value;
}

// A coordinator that is slow, or a group that is being shared out anew: the next commit is due, and cannot be asked
// for.
TEST_F(service_rebalances, a_commit_that_takes_longer_than_the_interval_is_waited_for_and_not_turned_for) {
  fill("orders", 0, 4);
  auto with = options();
  with.commit_interval = 1'000ms;
  flowing_member& one = join(with, [](const message&) { return done; });
  ASSERT_TRUE(turn_until([&] { return committed("orders", 0) == 4; }));
  where.cluster().inject(
      {.key = protocol::api_key::offset_commit, .action = mock::fault_action::delay, .hold = 20'000ms});
  fill("orders", 0, 4);
  ASSERT_TRUE(turn_until([&] { return one.finished.size() == 8; }));
  turn_for(2s);  // the commit is asked for
  fill("orders", 0, 4);
  ASSERT_TRUE(turn_until([&] { return one.finished.size() == 12; }));
  const auto end = where.now() + 10s;
  int turns = 0;
  for (; where.now() < end && turns < 1'000; ++turns) ASSERT_TRUE(one.in->turn(100ms).has_value());
  EXPECT_LT(turns, 300);
  EXPECT_LT(committed("orders", 0), 12);
  EXPECT_TRUE(turn_until([&] { return committed("orders", 0) == 12; }));
}

TEST_F(service_rebalances, of_lost_partitions_nothing_is_committed) {
  fill("orders", 0, 4);
  fill("orders", 1, 4);
  auto with = options();
  with.reading.max_poll_interval = 2'000ms;
  with.commit_interval = 1'000ms;
  bool late = true;
  std::vector<std::string> told;
  with.reading.on_lost = [&](consumer&, std::span<const topic_partition> which) {
    for (const topic_partition& one : which) told.push_back("!" + std::to_string(one.partition));
  };
  flowing_member& first = join(with, [&](const message& what) -> verdict {
    // So long without a poll that the group gave the member up.
    if (what.offset() == 1 && std::exchange(late, false)) where.run_for(8s);
    return done;
  });
  ASSERT_TRUE(turn_until([&] { return !told.empty(); }));
  EXPECT_EQ(told.size(), 2u);
  ASSERT_TRUE(turn_until([&] { return committed("orders", 0) == 4 && committed("orders", 1) == 4; }));
  const auto times = [&](const std::string& value) {
    return std::count(first.finished.begin(), first.finished.end(), value);
  };
  EXPECT_EQ(times("0") + times("4"), 4) << "both were handled before the loss, and again after it";
}

TEST_F(service_rebalances, the_applications_handlers_are_called_around_it) {
  fill("orders", 0, 3);
  std::vector<std::string> told;
  std::int64_t stored_by_then = -1;
  auto with = options();
  with.commit_interval = 3'600'000ms;
  with.reading.on_assigned = [&](consumer&, std::span<const topic_partition> which) {
    told.push_back("+" + std::to_string(which.size()));
  };
  with.reading.on_revoked = [&](consumer& in, std::span<const topic_partition> which) {
    told.push_back("-" + std::to_string(which.size()));
    const topic_partition one{"orders", 0};
    const auto known = in.committed({&one, 1}, 5s);
    if (known) stored_by_then = known->front().offset;
  };
  flowing_member& one = join(with, [](const message&) { return done; });
  ASSERT_TRUE(turn_until([&] { return one.finished.size() == 3; }));
  ASSERT_TRUE(one.in->close(5s).has_value());
  EXPECT_EQ(told, (std::vector<std::string>{"+2", "-2"}));
  EXPECT_EQ(stored_by_then, 3) << "committed before it is told";
}

}  // namespace
}  // namespace ottla::test
