// A group over real sockets with cores on threads of their own, and workers that commit while partitions come and go:
// what TSan has to see.
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <set>
#include <thread>

#include "../../support/served_broker.hpp"
#include "ottla/consumer.hpp"
#include "ottla/producer.hpp"

namespace ottla::test {
namespace {

using namespace std::chrono_literals;

class group_over_sockets : public ::testing::Test, protected served_broker {
 protected:
  group_over_sockets() {
    kafka.create_topic("orders", 4);
    serve();
  }
  cluster open() {
    auto on = cluster::open({.bootstrap = bootstrap()});
    EXPECT_TRUE(on.has_value());
    return *on;
  }
  consumer_config config() {
    consumer_config out;
    out.group = "billing";
    out.topics = {"orders"};
    out.start = earliest;
    out.assignors = {assignor::cooperative_sticky};
    out.heartbeat_interval = 50ms;
    out.max_poll_records = 50;
    return out;
  }
};

// One member's life on its own thread: polls, hands what came to a worker, which commits what it has done.
class working_member {
 public:
  working_member(cluster on, consumer_config with) : on_(std::move(on)) {
    with.auto_commit = false;
    in_.emplace(on_, std::move(with));
    worker_ = std::thread([this] { work(); });
    poller_ = std::thread([this] { poll(); });
  }
  ~working_member() { stop(); }
  void stop() {
    stopping_ = true;
    if (poller_.joinable()) poller_.join();
    if (worker_.joinable()) worker_.join();
  }
  std::multiset<std::string> values;
  std::atomic<int> refused{0}, stored{0};
  std::atomic<std::size_t> owned{0};

 private:
  void poll() {
    while (!stopping_) {
      auto got = in_->poll(20ms);
      if (!got) continue;
      owned = in_->assignment().size();
      for (const record_view& r : got->records()) values.emplace(r.value().text());
      std::lock_guard lock(mutex_);
      for (partition_records& part : got->partitions()) parts_.push_back(std::move(part));
      news_.notify_one();
    }
    {
      std::lock_guard lock(mutex_);
      ended_ = true;
      news_.notify_one();
    }
    EXPECT_TRUE(in_->close(5s).has_value());
  }
  void work() {
    while (const auto part = next()) {
      // While a rebalance is on its way the coordinator refuses: what is still ours by then goes once more.
      for (bool settled = false; !settled && !ended();) {
        const auto told = in_->commit({part->end_position()}, 5s);
        settled = told || told.error().is(client_code::partition_lost);
        ++(told ? stored : refused);
        (void)in_->membership();
        (void)in_->stats();
      }
    }
  }
  std::optional<partition_records> next() {
    std::unique_lock lock(mutex_);
    news_.wait(lock, [this] { return ended_ || !parts_.empty(); });
    if (ended_) return std::nullopt;
    std::optional<partition_records> part(std::move(parts_.front()));
    parts_.pop_front();
    return part;
  }
  bool ended() {
    std::lock_guard lock(mutex_);
    return ended_;
  }

  cluster on_;
  std::optional<consumer> in_;
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  std::condition_variable news_;
  std::deque<partition_records> parts_;
  bool ended_ = false;
  std::thread poller_, worker_;
};

TEST_F(group_over_sockets, workers_commit_while_members_come_and_go) {
  constexpr int count = 4'000;
  working_member first(open(), config());
  working_member second(open(), config());
  {
    cluster on = open();
    producer out(on, {.linger = 1ms});
    topic to = out.topic("orders");
    for (int i = 0; i < count; ++i) {
      const std::string value = std::to_string(i);
      record one;
      one.value = value;
      one.partition = i % 4;
      ASSERT_TRUE(to.send(one).has_value());
      if (i % 500 == 0) {
        ASSERT_TRUE(out.flush(20s).has_value());
      }
    }
    ASSERT_TRUE(out.close(20s).has_value());
  }
  const auto until = std::chrono::steady_clock::now() + 30s;
  while (first.owned + second.owned != 4 || second.owned == 0 || first.owned == 0) {
    ASSERT_LT(std::chrono::steady_clock::now(), until) << first.owned << " and " << second.owned;
    std::this_thread::yield();
  }
  second.stop();
  while (first.owned != 4) {
    ASSERT_LT(std::chrono::steady_clock::now(), until) << first.owned;
    std::this_thread::yield();
  }
  // What the second left uncommitted the first reads again; so together they saw all.
  cluster on = open();
  consumer reader(on, {.group = "billing", .partitions = {{"orders", 0, {}}}});
  const std::vector<topic_partition> all{{"orders", 0}, {"orders", 1}, {"orders", 2}, {"orders", 3}};
  for (std::int64_t sum = 0; sum != count;) {
    ASSERT_LT(std::chrono::steady_clock::now(), until) << sum << " of " << count << ", refused " << first.refused;
    const auto committed = reader.committed(all, 5s);
    ASSERT_TRUE(committed.has_value()) << committed.error().message();
    sum = 0;
    for (const committed_offset& one : *committed) sum += std::max<std::int64_t>(0, one.offset);
  }
  first.stop();
  std::set<std::string> seen(first.values.begin(), first.values.end());
  seen.insert(second.values.begin(), second.values.end());
  EXPECT_EQ(seen.size(), static_cast<std::size_t>(count));
  EXPECT_GT(first.stored, 0);
}

TEST_F(group_over_sockets, a_consumer_may_be_closed_while_another_thread_polls_and_a_third_commits) {
  for (int round = 0; round < 20; ++round) {
    cluster on = open();
    std::optional<consumer> in(std::in_place, on, config());
    std::atomic<bool> stop{false};
    std::thread poller([&] {
      while (!stop) (void)in->poll(5ms);
    });
    std::thread committer([&] {
      while (!stop) (void)in->commit({{{"orders", 0}, 0}}, 50ms);
    });
    const auto before = std::chrono::steady_clock::now();
    EXPECT_TRUE(in->close(5s).has_value());
    EXPECT_LT(std::chrono::steady_clock::now() - before, 15s);
    stop = true;
    poller.join();
    committer.join();
  }
}

}  // namespace
}  // namespace ottla::test
