// Retry topics with threads, over real sockets: what TSan has to see of tiers, of keys and of reading ahead.
#include <set>

#include "over_sockets.hpp"

namespace ottla::test {
namespace {

/// Messages by their value, "NUMBER": what became of each, and whether one of a key was handled too early.
class key_story {
 public:
  /// In the order in which they are handled; false: an earlier one of its key is not over.
  bool begins(const std::string& key, int number) {
    const std::lock_guard lock(mutex_);
    for (const int earlier : of_key_[key]) {
      if (earlier < number && !over_.contains(earlier)) return false;
    }
    return true;
  }
  void sent(const std::string& key, int number) {
    const std::lock_guard lock(mutex_);
    of_key_[key].push_back(number);
  }
  void is_over(int number, bool dead) {
    const std::lock_guard lock(mutex_);
    over_.insert(number);
    if (dead) dead_.insert(number);
  }
  std::size_t over() {
    const std::lock_guard lock(mutex_);
    return over_.size();
  }
  std::size_t dead() {
    const std::lock_guard lock(mutex_);
    return dead_.size();
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::vector<int>> of_key_;
  std::set<int> over_, dead_;
};

class retry_threads : public service_threads {
 protected:
  retry_threads() : service_threads({"orders-retry-30ms", "orders-retry-80ms", "orders-retry-1h"}) {
    with = options();
    with.retry.count = 1;
    with.dead_letter = "orders-dlq";
    with.tiers.emplace().tiers = {30ms, 80ms};
    with.workers = 3;
    with.reading.session_timeout = 2'000ms;
    with.on_dead_letter = [this](const dead_letter_receipt& one) {
      story.is_over(std::stoi(std::string(one.message.value().text())), true);
    };
  }
  /// 1 in 40 fails once too often for its tries in place, 1 in 100 always, 1 in 100 is poison.
  verdict handle(const message& what) {
    const int number = std::stoi(std::string(what.value().text()));
    if (with.tiers->keep_key_order && !story.begins(std::string(what.key().text()), number)) ++overtaken;
    if (what.origin().tier > 0) ++tried_in_tiers;
    if (number % 100 == 7) return reject("poison");
    if (number % 100 == 13) return retry("hopeless");
    if (number % 40 == 3 && what.tries() <= 3) return retry("busy");
    story.is_over(number, false);
    return done;
  }
  void send(int from, int to) {
    cluster on = open();
    producer out(on, {.linger = 1ms});
    topic orders = out.topic("orders");
    for (int i = from; i < to; ++i) {
      const std::string value = std::to_string(i), key = "k" + std::to_string(i % 20);
      story.sent(key, i);
      ASSERT_TRUE(orders.send({.key = key, .value = value, .partition = i % 4}).has_value());
    }
    ASSERT_TRUE(out.close(20s).has_value());
  }
  std::unique_ptr<service_consumer> join(cluster& on) {
    auto one = std::make_unique<service_consumer>(on, with, [this](const message& what) { return handle(what); });
    EXPECT_TRUE(one->start().has_value());
    return one;
  }
  /// What is committed of the topic and of its tiers is all there is.
  bool all_committed() {
    cluster on = open();
    std::vector<topic_partition> which;
    for (const char* name : {"orders", "orders-retry-30ms", "orders-retry-80ms"}) {
      for (std::int32_t p = 0; p < 4; ++p) which.push_back({name, p});
    }
    consumer in(on, {.group = "billing", .partitions = {{"orders", 0, {}}}});
    const auto known = in.committed(which, 5s);
    const auto ends = in.end_offsets(which, 5s);
    if (!known || !ends) return false;
    for (std::size_t i = 0; i < which.size(); ++i) {
      if (std::max<std::int64_t>((*known)[i].offset, 0) < (*ends)[i].offset) return false;
    }
    return true;
  }

  service_consumer_options with;
  key_story story;
  std::atomic<int> overtaken{0}, tried_in_tiers{0};
};

TEST_F(retry_threads, each_message_is_done_or_dead_while_members_come_and_go) {
  constexpr int count = 1'500;
  cluster first_on = open(), second_on = open(), third_on = open();
  auto first = join(first_on), second = join(second_on);
  send(0, count / 2);
  ASSERT_TRUE(eventually([&] { return tried_in_tiers > 0; }));
  ASSERT_TRUE(first->close(20s).has_value());  // messages are in the tiers
  auto third = join(third_on);
  send(count / 2, count);
  ASSERT_TRUE(eventually([&] { return story.over() == count && all_committed(); })) << story.over();
  EXPECT_EQ(story.dead(), 30u);
  ASSERT_TRUE(second->close(20s).has_value());
  ASSERT_TRUE(third->close(20s).has_value());
  EXPECT_GT(first->stats().tiered + second->stats().tiered + third->stats().tiered, 30u);
}

TEST_F(retry_threads, keys_keep_their_order_over_tiers_while_members_come_and_go) {
  constexpr int count = 1'200;
  with.order = message_order::key;
  with.reading.assignors = {assignor::range};
  with.tiers->keep_key_order = true;
  cluster first_on = open(), second_on = open(), third_on = open();
  auto first = join(first_on), second = join(second_on);
  send(0, count / 2);
  ASSERT_TRUE(eventually([&] { return tried_in_tiers > 0; }));
  first_on.close();  // as in a crash, nobody says goodbye, and keys are outstanding
  auto third = join(third_on);
  send(count / 2, count);
  ASSERT_TRUE(eventually([&] { return story.over() == count && all_committed(); })) << story.over();
  EXPECT_EQ(overtaken, 0);
  EXPECT_GE(story.dead(), 24u) << "who followed into the last tier may have died there";
  EXPECT_GT(second->stats().followed + third->stats().followed, 0u);
  ASSERT_TRUE(second->close(20s).has_value());
  ASSERT_TRUE(third->close(20s).has_value());
}

TEST_F(retry_threads, close_waits_for_a_retry_that_is_being_written_and_for_none_that_waits_its_time) {
  with.retry.count = 0;
  with.tiers->tiers = {1h};
  cluster on = open();
  auto one = join(on);
  send(0, 200);
  ASSERT_TRUE(eventually([&] { return one->stats().tiered > 0; }));
  const auto begin = std::chrono::steady_clock::now();
  ASSERT_TRUE(one->close(30s).has_value());
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 20s);
  EXPECT_EQ(one->stats().running, 0u);
}

}  // namespace
}  // namespace ottla::test
