// Transactions over real sockets with a core on a thread of its own, in both protocols, with markers that come at once
// and late.
#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <set>
#include <thread>

#include "../../support/served_broker.hpp"
#include "ottla/consumer.hpp"
#include "ottla/producer.hpp"

namespace ottla::test {
namespace {

using namespace std::chrono_literals;

struct manner {
  int version;
  std::chrono::milliseconds marker_delay;
};

mock::broker_options options_of(const manner& how) {
  mock::broker_options out;
  out.transactions.version = how.version;
  out.transactions.marker_delay = how.marker_delay;
  return out;
}

class real_transactions : public ::testing::TestWithParam<manner>, protected served_broker {
 protected:
  real_transactions() : served_broker(options_of(GetParam())) {
    kafka.create_topic("input", 1);
    kafka.create_topic("orders", 3);
    serve();
    on.emplace(std::move(*cluster::open({.bootstrap = bootstrap()})));
  }
  ~real_transactions() override { on.reset(); }
  producer initialised(const std::string& id = "copier") {
    producer out(*on, {.linger = 1ms, .transactional_id = id});
    const auto done = out.init_transactions(10s);
    EXPECT_TRUE(done) << done.error().message();
    return out;
  }
  static result<void> send(topic& to, const std::string& value) {
    record one;
    one.key = value;
    one.value = value;
    return to.send(one);
  }
  /// What readers of committed records see when all markers stand: a producer is initialised then, and not before.
  std::multiset<std::string> committed_records() {
    (void)initialised();
    consumer in(*on, {.topics = {"orders"}, .start = earliest, .isolation = isolation_level::read_committed});
    std::multiset<std::string> out;
    const auto partitions = in.wait_assignment(10s);
    EXPECT_TRUE(partitions);
    const auto ends = in.end_offsets(*partitions, 10s);
    EXPECT_TRUE(ends);
    const auto there = [&] {
      for (const found_offset& end : *ends)
        if (in.position(end.where).value_or(0) < end.offset) return false;
      return true;
    };
    for (int i = 0; i < 500 && !there(); ++i) {
      const auto polled = in.poll(100ms);
      EXPECT_TRUE(polled) << polled.error().message();
      for (const record_view& one : polled->records()) out.emplace(one.value().text());
    }
    EXPECT_TRUE(there());
    return out;
  }

  std::optional<cluster> on;
};

TEST_P(real_transactions, readers_of_committed_records_see_what_was_committed_and_nothing_else) {
  producer out = initialised();
  topic to = out.topic("orders");
  std::multiset<std::string> expected;
  for (int t = 0; t < 20; ++t) {
    ASSERT_TRUE(out.begin_transaction());
    for (int i = 0; i < 20; ++i) {
      const std::string value = std::to_string(t) + ":" + std::to_string(i);
      ASSERT_TRUE(send(to, value));
      if (t % 3 != 1) expected.insert(value);
    }
    if (t % 3 != 1) {
      const transaction_result how = out.commit_transaction(10s);
      ASSERT_TRUE(how.committed()) << how.why.message();
    } else {
      if (t % 2 == 0) {
        ASSERT_TRUE(out.flush(10s));
      }
      const transaction_result how = out.abort_transaction(10s);
      ASSERT_TRUE(how.aborted()) << how.why.message();
    }
  }
  ASSERT_TRUE(out.close(10s));
  EXPECT_EQ(committed_records(), expected);
}

TEST_P(real_transactions, a_newer_instance_fences_the_older_whose_transaction_nobody_sees) {
  producer older = initialised();
  topic to = older.topic("orders");
  ASSERT_TRUE(older.begin_transaction());
  ASSERT_TRUE(send(to, "of the older"));
  ASSERT_TRUE(older.flush(10s));
  producer newer = initialised();
  topic again = newer.topic("orders");
  const transaction_result how = older.commit_transaction(10s);
  EXPECT_EQ(how.outcome, transaction_outcome::fatal) << how.why.message();
  EXPECT_TRUE(older.begin_transaction().error().is(client_code::fatal_producer));
  ASSERT_TRUE(newer.begin_transaction());
  ASSERT_TRUE(send(again, "of the newer"));
  ASSERT_TRUE(newer.commit_transaction(10s).committed());
  EXPECT_EQ(committed_records(), std::multiset<std::string>{"of the newer"});
}

TEST_P(real_transactions, offsets_are_committed_with_their_transaction_or_not_at_all) {
  consumer in(*on, {.group = "readers", .topics = {"input"}, .auto_commit = false});
  for (int i = 0; i < 100 && in.assignment().empty(); ++i) ASSERT_TRUE(in.poll(100ms));
  ASSERT_FALSE(in.assignment().empty());
  producer out = initialised();
  topic to = out.topic("orders");
  const topic_partition where{"input", 0};
  const auto committed = [&] { return in.committed(std::span(&where, 1), 10s)->front().offset; };
  for (const bool commit : {true, false}) {
    ASSERT_TRUE(out.begin_transaction());
    ASSERT_TRUE(send(to, commit ? "yes" : "no"));
    const auto added = out.send_offsets_to_transaction({{where, commit ? 7 : 8}}, in.membership(), 10s);
    ASSERT_TRUE(added) << added.error().message();
    const transaction_result how = commit ? out.commit_transaction(10s) : out.abort_transaction(10s);
    ASSERT_TRUE(how.committed() || how.aborted()) << how.why.message();
    EXPECT_EQ(committed(), 7);
  }
  group_metadata stranger = in.membership();
  stranger.generation += 1;
  ASSERT_TRUE(out.begin_transaction());
  EXPECT_TRUE(out.send_offsets_to_transaction({{where, 9}}, stranger, 10s)
                  .error()
                  .is(protocol::error_code::illegal_generation));
  EXPECT_EQ(out.commit_transaction(10s).outcome, transaction_outcome::must_abort);
  EXPECT_TRUE(out.abort_transaction(10s).aborted());
  EXPECT_EQ(committed(), 7);
}

// The gate: a send that was taken is in the transaction whose end it came before, and in no other.
TEST_P(real_transactions, records_sent_while_transactions_end_belong_to_exactly_one) {
  producer out = initialised();
  topic to = out.topic("orders");
  ASSERT_TRUE(to.wait_ready(10s));
  std::atomic<bool> stop{false};
  std::mutex mutex;
  std::vector<std::string> delivered;
  std::vector<std::thread> threads;
  for (int caller = 0; caller < 2; ++caller) {
    threads.emplace_back([&, caller] {
      for (int i = 0; !stop; ++i) {
        const std::string value = std::to_string(caller) + ":" + std::to_string(i);
        record one;
        one.key = value;
        one.value = value;
        const auto taken = to.send(one, [&, value](const delivery& d) {
          if (!d) return;
          std::lock_guard lock(mutex);
          delivered.push_back(value);
        });
        if (!taken) std::this_thread::yield();
      }
    });
  }
  std::multiset<std::string> expected;
  for (int t = 0; t < 40; ++t) {
    EXPECT_TRUE(out.begin_transaction());
    std::this_thread::sleep_for(2ms);
    const bool commit = t % 2 == 0;
    const transaction_result how = commit ? out.commit_transaction(10s) : out.abort_transaction(10s);
    EXPECT_TRUE(commit ? how.committed() : how.aborted()) << how.why.message();
    std::lock_guard lock(mutex);
    if (how.committed()) expected.insert(delivered.begin(), delivered.end());
    delivered.clear();
  }
  stop = true;
  for (std::thread& one : threads) one.join();
  EXPECT_GT(expected.size(), 0u);
  EXPECT_EQ(committed_records(), expected);
}

INSTANTIATE_TEST_SUITE_P(both_protocols, real_transactions,
                         ::testing::Values(manner{1, 0ms}, manner{1, 15ms}, manner{2, 0ms}, manner{2, 15ms}),
                         [](const auto& one) {
                           return "v" + std::to_string(one.param.version) +
                                  (one.param.marker_delay.count() > 0 ? "_late_markers" : "");
                         });

}  // namespace
}  // namespace ottla::test
