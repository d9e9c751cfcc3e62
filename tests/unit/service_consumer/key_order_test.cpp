// The order of keys over retry topics, in virtual time: what must not overtake, whoever comes and goes.
#include <map>
#include <set>

#include "flowing.hpp"

namespace ottla::test {
namespace {

class key_order : public flowing {
 protected:
  key_order() {
    for (const char* name : {"orders", "orders-retry-5s", "orders-retry-20s"}) where.cluster().create_topic(name, 2);
    where.cluster().create_topic("orders-dlq", 1);
    with = options();
    with.reading.assignors = {assignor::range};
    with.reading.session_timeout = 6s;
    with.retry.count = 0;
    with.dead_letter = "orders-dlq";
    with.commit_interval = 100ms;
    with.tiers.emplace();
    with.tiers->tiers = {5s, 20s};
    with.tiers->keep_key_order = true;
  }
  /// Values are "key number"; of a key, what is done follows in that order.
  static std::map<std::string, std::vector<std::string>> by_key(const std::vector<std::string>& done_values) {
    std::map<std::string, std::vector<std::string>> out;
    for (const std::string& one : done_values) out[one.substr(0, 1)].push_back(one);
    return out;
  }
  static say fails(std::map<std::string, int> tries) {
    return [tries = std::move(tries)](const message& what) -> verdict {
      const auto known = tries.find(std::string(what.value().text()));
      if (known != tries.end() && what.tries() <= known->second) return retry("not yet");
      return done;
    };
  }
  void follow() {
    fill_key("orders", 0, "a", {"a1", "a2"});
    fill_key("orders", 0, "b", {"b1"});
    fill_key("orders", 0, "a", {"a3"});
    flowing_member& one = join(with, fails({{"a1", 2}}));
    ASSERT_TRUE(turn_until([&] { return one.finished.size() == 1; }));
    EXPECT_EQ(one.finished[0], "b1");
    ASSERT_TRUE(turn_until([&] { return one.in->stats().followed >= 2; }, 4s));
    ASSERT_TRUE(turn_until([&] { return one.finished.size() == 4; }));
    EXPECT_EQ(by_key(one.finished)["a"], (std::vector<std::string>{"a1", "a2", "a3"}));
    EXPECT_EQ(std::count(one.seen.begin(), one.seen.end(), "a2"), 1) << "to follow is no try";
    fill_key("orders", 0, "a", {"a4"});
    ASSERT_TRUE(turn_until([&] { return one.finished.size() == 5; }, 3s)) << "the key is free again";
    EXPECT_EQ(one.in->stats().followed, 4u) << "to the first tier, and then to the second";
  }

  service_consumer_options with;
};

TEST_F(key_order, later_messages_of_a_key_follow_the_one_that_failed_and_other_keys_go_on) { follow(); }

TEST_F(key_order, later_messages_follow_it_where_keys_are_worked_on_at_once) {
  with.order = message_order::key;
  follow();
}

TEST_F(key_order, a_message_without_a_key_has_none) {
  fill("orders", 0, 3);
  flowing_member& one = join(with, fails({{"0", 1}}));
  ASSERT_TRUE(turn_until([&] { return one.finished.size() == 2; }, 4s));
  ASSERT_TRUE(turn_until([&] { return one.finished.size() == 3; }, 10s));
  EXPECT_EQ(one.finished.back(), "0");
}

TEST_F(key_order, a_dead_message_holds_up_its_key_until_its_letter_is_acknowledged) {
  with.tiers->tiers = {5s};
  fill_key("orders", 0, "a", {"a1", "a2"});
  flowing_member& one = join(with, fails({{"a1", 99}}));
  ASSERT_TRUE(turn_until([&] { return one.in->stats().followed == 1; }));
  where.cluster().inject({.key = protocol::api_key::produce,
                          .action = mock::fault_action::answer_error,
                          .count = 1'000'000,
                          .error = protocol::error_code::topic_authorization_failed});
  turn_for(10s);
  EXPECT_EQ(one.seen, (std::vector<std::string>{"a1", "a1"}));
  where.cluster().clear_faults();
  ASSERT_TRUE(turn_until([&] { return one.finished.size() == 1; }));
  EXPECT_EQ(one.in->stats().dead_lettered, 1u);
}

TEST_F(key_order, the_next_owner_knows_what_is_outstanding_before_it_begins) {
  fill_key("orders", 0, "a", {"a1", "a2"});
  flowing_member& one = join(with, fails({{"a1", 2}}));
  ASSERT_TRUE(turn_until([&] { return one.in->stats().followed == 1; }));
  turn_for(500ms);
  EXPECT_EQ(committed("orders", 0), 2);
  one.on->close();  // it crashes
  one.in.reset();
  fill_key("orders", 0, "a", {"a3"});
  fill_key("orders", 0, "b", {"b1"});
  where.run_for(10s);
  flowing_member& two = join(with, fails({{"a1", 2}}));
  ASSERT_TRUE(turn_until([&] { return two.finished.size() == 4; }, 60s));
  EXPECT_EQ(by_key(two.finished)["a"], (std::vector<std::string>{"a1", "a2", "a3"}));
}

TEST_F(key_order, a_partition_waits_while_nobody_can_say_what_is_outstanding) {
  for (const char* name : {"orders-retry-5s", "orders-retry-20s"}) fill_key(name, 0, "x", {"x1"});
  flowing_member& one = join(with, fails({}));
  ASSERT_TRUE(turn_until([&] { return one.finished.size() == 2; }));
  ASSERT_TRUE(one.in->close(5s).has_value());
  fill_key("orders", 0, "a", {"a1"});
  where.cluster().inject({.key = protocol::api_key::list_offsets,
                          .action = mock::fault_action::answer_error,
                          .count = 1'000'000,
                          .error = protocol::error_code::not_leader_or_follower});
  with.reading.start = at_offset(0);
  flowing_member& two = join(with, fails({}));
  turn_for(8s);
  EXPECT_TRUE(two.seen.empty());
  EXPECT_TRUE(two.in->trouble());
  where.cluster().clear_faults();
  ASSERT_TRUE(turn_until([&] { return two.finished.size() == 1; }));
  turn_for(100ms);
  EXPECT_FALSE(two.in->trouble());
}

TEST_F(key_order, keys_without_end_hold_up_the_partition_and_not_the_retries) {
  std::map<std::string, int> once;
  for (int i = 0; i < 10; ++i) {
    const std::string key(1, static_cast<char>('a' + i));
    fill_key("orders", 0, key, {key + "1"});
    once[key + "1"] = 2;
  }
  with.tiers->max_keys = 2;
  flowing_member& one = join(with, fails(once));
  ASSERT_TRUE(turn_until([&] { return one.in->stats().tiered == 2; }));
  turn_for(2s);
  EXPECT_EQ(one.seen.size(), 2u);
  one.on->close();  // more is outstanding than its successor may know
  one.in.reset();
  where.run_for(10s);
  with.tiers->max_keys = 1;
  flowing_member& two = join(with, fails(once));
  ASSERT_TRUE(turn_until([&] { return two.finished.size() == 10; }, 600s)) << two.finished.size();
}

TEST_F(key_order, a_retry_topic_with_another_number_of_partitions_stops_those_that_have_no_counterpart) {
  where.cluster().create_topic("bills", 2);
  where.cluster().create_topic("bills-retry-5s", 1);
  with.reading.topics = {"bills"};
  with.tiers->tiers = {5s};
  fill("bills", 0, 2);
  fill("bills", 1, 2);
  flowing_member& one = join(with, fails({}));
  ASSERT_TRUE(turn_until([&] { return one.finished.size() == 2; }));
  turn_for(3s);
  EXPECT_EQ(one.finished, numbers(0, 2));
  EXPECT_EQ(one.in->stats().stopped, 1u);
  EXPECT_NE(one.in->trouble().message().find("bills-retry-5s-1"), std::string::npos) << one.in->trouble().message();
}

TEST_F(key_order, members_share_whole_numbers_of_partitions_and_keep_the_order_while_they_come_and_go) {
  std::set<std::string> done_once;  // or dead
  with.on_dead_letter = [&](const dead_letter_receipt& one) { done_once.emplace(one.message.value().text()); };
  const say handler = [&](const message& what) -> verdict {
    const std::string value(what.value().text());
    const std::string key = value.substr(0, 1);
    const int number = std::stoi(value.substr(1));
    for (int i = 1; i < number; ++i)
      EXPECT_TRUE(done_once.contains(key + std::to_string(i))) << value << " overtakes " << key << i;
    if (number % 3 == 1 && what.tries() == 1) return retry("not yet");
    done_once.insert(value);
    return done;
  };
  int sent = 0;
  const auto send = [&](int up_to) {
    for (; sent < up_to; ++sent) {
      for (int p = 0; p < 2; ++p) {
        for (const char* key : {"a", "b"}) {
          const std::string name = p == 0 ? key : std::string(1, static_cast<char>(key[0] + 2));
          fill_key("orders", p, name, {name + std::to_string(sent + 1)});
        }
      }
    }
  };
  send(3);
  flowing_member& one = join(with, handler);
  ASSERT_TRUE(turn_until([&] { return one.in->stats().tiered >= 2; }));
  send(6);
  flowing_member& two = join(with, handler);
  ASSERT_TRUE(turn_until([&] { return two.in->assignment().size() == 3; }));
  turn_for(3s);
  send(8);
  turn_for(6s);
  two.on->close();
  two.in.reset();
  ASSERT_TRUE(turn_until([&] { return done_once.size() == 32; }, 300s)) << done_once.size();
}

}  // namespace
}  // namespace ottla::test
