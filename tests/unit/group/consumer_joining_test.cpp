// Groups of the consumer protocol (KIP-848): joining, sharing and leaving, with the dev broker's coordinator.
#include "members.hpp"

namespace ottla::test {
namespace {

using protocol::api_key;
using protocol::error_code;

class consumer_joining : public members {
 protected:
  consumer_joining() { where.cluster().create_topic("orders", 4, 1); }
  std::uint64_t asked(api_key key) {
    const auto& seen = where.cluster().requests_seen();
    const auto found = seen.find(key);
    return found == seen.end() ? 0 : found->second;
  }
};

TEST_F(consumer_joining, one_member_has_all_partitions_and_reads_from_the_configured_start) {
  for (std::int32_t i = 0; i < 4; ++i) fill("orders", i, 10);
  member& one = join(by_broker());
  ASSERT_TRUE(poll_until([&] { return one.values.size() == 40; }));
  EXPECT_EQ(one.has(), all_four);
  EXPECT_EQ(one.told, (std::vector<std::string>{"+orders-0", "+orders-1", "+orders-2", "+orders-3"}));
  const group_metadata who = one.in->membership();
  EXPECT_GT(who.generation, 0);
  EXPECT_EQ(who.member_id.size(), 22u) << "chosen here (KIP-1082)";
  EXPECT_EQ(asked(api_key::join_group), 0u);
  EXPECT_TRUE(errors.empty());
}

TEST_F(consumer_joining, members_share_and_take_over_when_one_leaves) {
  for (const char* assignor : {"", "uniform", "range"}) {
    consumer_config with = by_broker();
    with.group = std::string("group-") + assignor;
    with.remote_assignor = assignor;
    member& one = join(with);
    ASSERT_TRUE(poll_until([&] { return one.has().size() == 4; })) << assignor;
    one.told.clear();
    member& two = join(with);
    ASSERT_TRUE(poll_until([&] { return one.has().size() == 2 && two.has().size() == 2; })) << assignor;
    ASSERT_EQ(one.told.size(), 2u) << "two are revoked, none is given up and taken back";
    for (const std::string& line : one.told) EXPECT_EQ(line[0], '-');
    EXPECT_TRUE(two.in->close(5s).has_value());
    two.in.reset();
    ASSERT_TRUE(poll_until([&] { return one.has().size() == 4; }, 6s)) << "at the next heartbeat, not after a session";
    one.in.reset();
    all.clear();
  }
}

TEST_F(consumer_joining, many_members_come_and_go_and_no_two_have_one_partition) {
  where.cluster().create_topic("wide", 24, 1);
  consumer_config with = by_broker();
  with.topics = {"orders", "wide"};
  for (int i = 0; i < 6; ++i) {
    join(with);
    poll_for(300ms);
  }
  const auto all_have_some = [&] {
    return std::all_of(all.begin(), all.end(), [](const member& one) { return one.has().size() >= 4; });
  };
  ASSERT_TRUE(poll_until([&] { return all_have_some() && shared_out(28); }));
  while (all.size() > 1) {
    EXPECT_TRUE(all.front().in->close(5s).has_value());
    all.pop_front();
    poll_for(300ms);
  }
  EXPECT_TRUE(poll_until([&] { return shared_out(28); }));
}

TEST_F(consumer_joining, what_is_done_is_committed_before_partitions_are_given_up) {
  for (std::int32_t i = 0; i < 4; ++i) fill("orders", i, 10);
  consumer_config with = by_broker();
  with.auto_commit_interval = 1h;
  member& one = join(with);
  ASSERT_TRUE(poll_until([&] { return one.values.size() == 40; }));
  poll_for(100ms);
  member& two = join(with);
  ASSERT_TRUE(poll_until([&] { return two.has().size() == 2 && one.has().size() == 2; }));
  for (const topic_partition& moved : two.has()) EXPECT_EQ(committed(moved), 10);
  poll_for(2s);
  EXPECT_TRUE(two.values.empty()) << "nothing is processed twice";
}

TEST_F(consumer_joining, a_handler_commits_what_it_gives_up) {
  fill("orders", 0, 10);
  consumer_config with = by_broker();
  with.auto_commit = false;
  std::map<topic_partition, bool> stored;
  with.on_revoked = [&](consumer& in, std::span<const topic_partition> which) {
    for (const topic_partition& one : which) stored[one] = in.commit({{one, 7}}, 5s).has_value();
  };
  member& one = join(with);
  ASSERT_TRUE(poll_until([&] { return one.has().size() == 4; }));
  member& two = join(by_broker());
  ASSERT_TRUE(poll_until([&] { return two.has().size() == 2 && one.has().size() == 2; }));
  ASSERT_EQ(stored.size(), 2u);
  for (const auto& [where_, ok] : stored) {
    EXPECT_TRUE(ok) << where_.partition;
    EXPECT_EQ(committed(where_), 7);
  }
}

TEST_F(consumer_joining, a_pattern_is_matched_by_the_broker_and_takes_up_topics_at_the_next_heartbeat) {
  consumer_config with = by_broker();
  with.topics.clear();
  with.topic_pattern = "^(orders|orders-.*)$";
  member& one = join(with);
  ASSERT_TRUE(poll_until([&] { return one.has().size() == 4; }));
  where.cluster().create_topic("orders-eu", 2, 1);
  where.cluster().create_topic("invoices", 2, 1);
  fill("orders-eu", 1, 10);
  ASSERT_TRUE(poll_until([&] { return one.values.size() == 10; }, 20s)) << "long before metadata_max_age";
  EXPECT_EQ(one.has().size(), 6u);
}

TEST_F(consumer_joining, a_pattern_that_brokers_might_read_otherwise_is_matched_here) {
  consumer_config with = by_broker();
  with.topics.clear();
  with.topic_pattern = "^[[=o=]]rders";
  member& one = join(with);
  ASSERT_TRUE(poll_until([&] { return one.has().size() == 4; }));
  where.cluster().create_topic("orders-eu", 2, 1);
  ASSERT_TRUE(poll_until([&] { return one.has().size() == 6; }, 400s)) << "within metadata_max_age";
}

TEST_F(consumer_joining, new_partitions_find_an_owner) {
  member& one = join(by_broker());
  ASSERT_TRUE(poll_until([&] { return one.has().size() == 4; }));
  consumer_config other = by_broker();
  other.topics = {"orders", "later"};
  member& two = join(other);
  ASSERT_TRUE(poll_until([&] { return shared_out(4) && two.has().size() == 2; }));
  poll_for(20s);
  where.cluster().create_topic("later", 3, 1);
  ASSERT_TRUE(poll_until([&] { return shared_out(7); }, 30s));
  ASSERT_FALSE(errors.empty());
  EXPECT_TRUE(errors[0].why.is(client_code::unknown_topic)) << errors[0].why.message();
}

TEST_F(consumer_joining, who_closes_while_it_gives_up_is_given_nothing_more) {
  where.cluster().create_topic("invoices", 2, 1);
  for (consumer_config with : {config(), by_broker()}) {
    std::vector<std::string> told;
    with.on_revoked = [&](consumer& in, std::span<const topic_partition> which) {
      told.push_back("gives up " + std::to_string(which.size()));
      EXPECT_TRUE(in.close(5s).has_value());
    };
    with.on_assigned = [&](consumer&, std::span<const topic_partition> which) {
      told.push_back("takes " + std::to_string(which.size()));
    };
    with.group =
        "closing by " + std::string(with.group_protocol == group_protocol_kind::consumer ? "broker" : "leader");
    member& one = join(with);
    ASSERT_TRUE(poll_until([&] { return one.has().size() == 4; }));
    // The coordinator has the new subscription, and the answer, before this one polls again.
    ASSERT_TRUE(one.in->subscribe({"invoices"}).has_value());
    where.run_for(30s);
    for (int i = 0; i < 5; ++i) (void)one.in->poll(100ms);
    EXPECT_EQ(told, (std::vector<std::string>{"takes 4", "gives up 4"}));
    EXPECT_TRUE(one.has().empty());
  }
}

TEST_F(consumer_joining, subscribing_to_something_else_gives_up_the_rest) {
  where.cluster().create_topic("invoices", 2, 1);
  member& one = join(by_broker());
  ASSERT_TRUE(poll_until([&] { return one.has().size() == 4; }));
  const std::string id = one.in->membership().member_id;
  ASSERT_TRUE(one.in->subscribe({"invoices"}).has_value());
  ASSERT_TRUE(poll_until([&] { return one.has() == std::vector<topic_partition>{{"invoices", 0}, {"invoices", 1}}; }));
  ASSERT_TRUE(one.in->subscribe_pattern("^inv").has_value());
  poll_for(6s);
  EXPECT_EQ(one.has().size(), 2u);
  ASSERT_TRUE(one.in->unsubscribe().has_value());
  EXPECT_TRUE(one.has().empty());
  EXPECT_EQ(one.told.back(), "-invoices-1");
  where.run_for(1s);
  EXPECT_LT(one.in->membership().generation, 0);
  ASSERT_TRUE(one.in->subscribe({"orders"}).has_value());
  ASSERT_TRUE(poll_until([&] { return one.has().size() == 4; }));
  EXPECT_EQ(one.in->membership().member_id, id) << "for as long as it lives (KIP-1082)";
}

TEST_F(consumer_joining, heartbeats_go_on_while_the_application_works_on_a_poll) {
  member& one = join(by_broker());
  member& two = join(by_broker());
  ASSERT_TRUE(poll_until([&] { return shared_out(4) && two.has().size() == 2; }));
  poll_for(6s);
  one.told.clear();
  const std::int32_t epoch = one.in->membership().generation;
  const std::uint64_t before = asked(api_key::consumer_group_heartbeat);
  where.run_for(200s);  // nobody polls
  EXPECT_EQ(asked(api_key::consumer_group_heartbeat) - before, 80u) << "two members, every 5 s";
  poll_for(100ms);
  EXPECT_EQ(one.in->membership().generation, epoch);
  EXPECT_TRUE(one.told.empty());
}

TEST_F(consumer_joining, C_46_a_member_that_does_not_poll_leaves_and_comes_back_with_its_next_poll) {
  consumer_config with = by_broker();
  with.max_poll_interval = 10s;
  member& one = join(with);
  member& two = join(by_broker());
  ASSERT_TRUE(poll_until([&] { return shared_out(4) && two.has().size() == 2; }));
  one.told.clear();
  for (int i = 0; i < 200 && two.has().size() < 4; ++i) poll_one(two, 100ms);  // only the other one polls
  EXPECT_EQ(two.has().size(), 4u);
  EXPECT_NE(log.find("poll was not called for 10000 ms"), std::string::npos);
  EXPECT_TRUE(one.told.empty()) << "it hears of it in its next poll";
  EXPECT_LT(one.in->membership().generation, 0);
  poll_one(one, 1ms);
  ASSERT_EQ(one.told.size(), 2u);
  EXPECT_EQ(one.told[0][0], '!');
  ASSERT_TRUE(poll_until([&] { return shared_out(4) && one.has().size() == 2; }));
}

TEST_F(consumer_joining, C_44_a_static_member_that_returns_has_its_partitions_back) {
  consumer_config with = by_broker();
  with.group_instance_id = "one";
  member& one = join(with);
  member& two = join(by_broker());
  ASSERT_TRUE(poll_until([&] { return shared_out(4) && two.has().size() == 2; }));
  poll_for(6s);
  const auto before = one.has();
  two.told.clear();
  EXPECT_TRUE(one.in->close(5s).has_value());
  one.in.reset();
  poll_for(10s);
  EXPECT_EQ(two.has().size(), 2u) << "it is expected back";
  member& again = join(with);
  ASSERT_TRUE(poll_until([&] { return again.has() == before; }));
  EXPECT_TRUE(two.told.empty());
}

TEST_F(consumer_joining, a_static_member_whose_forerunner_died_waits_for_the_end_of_its_session) {
  consumer_config with = by_broker();
  with.group_instance_id = "one";
  member& one = join(with);
  ASSERT_TRUE(poll_until([&] { return one.has().size() == 4; }));
  one.on->close();  // no farewell reaches anybody
  one.in.reset();
  member& again = join(with);
  poll_for(30s);
  EXPECT_TRUE(again.has().empty());
  EXPECT_FALSE(again.failure) << again.failure.message();
  EXPECT_NE(log.find("has not left"), std::string::npos);
  ASSERT_TRUE(poll_until([&] { return again.has().size() == 4; }, 20s));
}

TEST_F(consumer_joining, a_second_process_with_the_instance_id_of_a_living_one_is_told) {
  consumer_config with = by_broker();
  with.group_instance_id = "one";
  member& one = join(with);
  ASSERT_TRUE(poll_until([&] { return one.has().size() == 4; }));
  one.told.clear();
  member& two = join(with);
  ASSERT_TRUE(poll_until([&] { return bool(two.failure); }, 100s));
  EXPECT_TRUE(two.failure.is(error_code::unreleased_instance_id)) << two.failure.message();
  EXPECT_NE(two.failure.message().find("another process"), std::string::npos) << two.failure.message();
  EXPECT_TRUE(one.told.empty()) << "the first goes on";
}

TEST_F(consumer_joining, a_group_of_the_classic_protocol_takes_no_member_of_this_one_and_says_so) {
  join(config());
  ASSERT_TRUE(poll_until([&] { return all.front().has().size() == 4; }));
  member& two = join(by_broker());
  ASSERT_TRUE(poll_until([&] { return bool(two.failure); }));
  EXPECT_NE(two.failure.message().find("group.protocol=classic"), std::string::npos) << two.failure.message();
}

TEST_F(consumer_joining, what_members_take_and_give_up_is_logged_with_their_epoch) {
  member& one = join(by_broker());
  ASSERT_TRUE(poll_until([&] { return one.has().size() == 4; }));
  const group_metadata me = one.in->membership();
  EXPECT_NE(
      log.find("billing: epoch " + std::to_string(me.generation) + ", member " + me.member_id + " takes orders 0-3\n"),
      std::string::npos)
      << log;
}

TEST_F(consumer_joining, what_brokers_decide_cannot_be_set) {
  cluster on = open();
  const auto problem_of = [&](const std::function<void(consumer_config&)>& change) {
    consumer_config with = by_broker();
    change(with);
    const auto valid = consumer(on, with).valid();
    return valid ? std::string() : valid.error().message();
  };
  EXPECT_EQ(problem_of([](consumer_config&) {}), "");
  EXPECT_NE(problem_of([](consumer_config& c) { c.session_timeout = 6s; }).find("session_timeout"), std::string::npos);
  EXPECT_NE(problem_of([](consumer_config& c) { c.heartbeat_interval = 1s; }).find("heartbeat_interval"),
            std::string::npos);
  EXPECT_NE(problem_of([](consumer_config& c) { c.assignors = {assignor::range}; }).find("remote_assignor"),
            std::string::npos);
  EXPECT_NE(problem_of([](consumer_config& c) {
              c.group_protocol = group_protocol_kind::classic;
              c.remote_assignor = "range";
            }).find("group_protocol"),
            std::string::npos);
}

}  // namespace
}  // namespace ottla::test
