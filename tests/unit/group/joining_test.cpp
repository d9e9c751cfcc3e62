// Joining, sharing and leaving, with the dev broker's coordinator.
#include "members.hpp"

namespace ottla::test {
namespace {

class joining : public members {
 protected:
  joining() { where.cluster().create_topic("orders", 4, 1); }
};

TEST_F(joining, one_member_has_all_partitions_and_reads_from_the_configured_start) {
  for (std::int32_t i = 0; i < 4; ++i) fill("orders", i, 10);
  member& one = join(config());
  ASSERT_TRUE(poll_until([&] { return one.values.size() == 40; }));
  EXPECT_EQ(one.has(), all_four);
  EXPECT_EQ(one.told, (std::vector<std::string>{"+orders-0", "+orders-1", "+orders-2", "+orders-3"}));
  const group_metadata who = one.in->membership();
  EXPECT_EQ(who.generation, 1);
  EXPECT_TRUE(who.leader);
  EXPECT_EQ(who.assignor, "cooperative-sticky");
  EXPECT_TRUE(errors.empty());
}

TEST_F(joining, members_share_under_every_assignor_and_take_over_when_one_leaves) {
  for (const assignor which :
       {assignor::range, assignor::round_robin, assignor::sticky, assignor::cooperative_sticky}) {
    consumer_config with = config();
    with.group = std::string("group-") + std::string(name_of(which));
    with.assignors = {which};
    member& one = join(with);
    ASSERT_TRUE(poll_until([&] { return one.has().size() == 4; })) << name_of(which);
    member& two = join(with);
    ASSERT_TRUE(poll_until([&] { return one.has().size() == 2 && two.has().size() == 2; })) << name_of(which);
    EXPECT_TRUE(two.in->close(5s).has_value());
    two.in.reset();
    ASSERT_TRUE(poll_until([&] { return one.has().size() == 4; }, 4s)) << "at the next heartbeat, not after a session";
    one.in.reset();
    all.clear();
  }
}

TEST_F(joining, C_41_a_cooperative_member_goes_on_reading_what_it_keeps) {
  member& one = join(config());
  ASSERT_TRUE(poll_until([&] { return one.has().size() == 4; }));
  one.told.clear();
  member& two = join(config());
  ASSERT_TRUE(poll_until([&] { return shared_out(4) && two.has().size() == 2; }));
  EXPECT_EQ(one.told.size(), 2u) << "two are revoked, none is given up and taken back";
  for (const std::string& line : one.told) EXPECT_EQ(line[0], '-');
}

TEST_F(joining, what_members_take_and_give_up_is_logged_before_the_group_goes_on) {
  member& one = join(config());
  ASSERT_TRUE(poll_until([&] { return one.has().size() == 4; }));
  const std::string first = "member " + one.in->membership().member_id;
  EXPECT_NE(log.find("billing: generation 1, " + first + " takes orders 0-3\n"), std::string::npos) << log;
  member& two = join(config());
  ASSERT_TRUE(poll_until([&] { return shared_out(4) && two.has().size() == 2; }));
  const std::size_t given = log.find(first + " gives up orders ");
  const std::size_t taken = log.find("member " + two.in->membership().member_id + " takes orders ");
  ASSERT_NE(given, std::string::npos) << log;
  ASSERT_NE(taken, std::string::npos) << log;
  EXPECT_LT(given, taken) << "in the order of ownership";
  ASSERT_TRUE(two.in->close(5s).has_value());
  EXPECT_NE(log.find(" gives up orders ", taken), std::string::npos) << "close says it as well";
}

TEST_F(joining, C_45_with_one_eager_assignor_among_them_everything_is_revoked) {
  consumer_config with = config();
  with.assignors = {assignor::cooperative_sticky, assignor::range};
  member& one = join(with);
  ASSERT_TRUE(poll_until([&] { return one.has().size() == 4; }));
  one.told.clear();
  join(with);
  ASSERT_TRUE(poll_until([&] { return shared_out(4) && one.has().size() == 2; }));
  EXPECT_EQ(one.told.size(), 6u) << "four revoked, two assigned";
}

TEST_F(joining, C_43_the_member_id_that_the_coordinator_gives_is_kept_across_rejoins) {
  member& one = join(config());
  ASSERT_TRUE(poll_until([&] { return one.has().size() == 4; }));
  const std::string id = one.in->membership().member_id;
  EXPECT_FALSE(id.empty());
  // Twice: once refused with MEMBER_ID_REQUIRED, once with the id.
  EXPECT_EQ(where.cluster().requests_seen().at(protocol::api_key::join_group), 2u);
  ASSERT_TRUE(one.in->rejoin("a test").has_value());
  ASSERT_TRUE(poll_until([&] { return one.in->membership().generation == 2; }));
  EXPECT_EQ(one.in->membership().member_id, id);
  EXPECT_EQ(where.cluster().requests_seen().at(protocol::api_key::join_group), 3u);
}

TEST_F(joining, a_pattern_takes_up_topics_that_are_created_later) {
  consumer_config with = config();
  with.topics.clear();
  with.topic_pattern = "^(orders|orders-.*)$";
  member& one = join(with);
  ASSERT_TRUE(poll_until([&] { return one.has().size() == 4; }));
  where.cluster().create_topic("orders-eu", 2, 1);
  where.cluster().create_topic("invoices", 2, 1);
  ASSERT_TRUE(poll_until([&] { return one.has().size() == 6; }, 400s)) << "within metadata_max_age";
}

TEST_F(joining, new_partitions_find_an_owner) {
  member& one = join(config());
  ASSERT_TRUE(poll_until([&] { return one.has().size() == 4; }));
  consumer_config other = config();
  other.topics = {"orders", "later"};
  member& two = join(other);
  ASSERT_TRUE(poll_until([&] { return shared_out(4) && two.has().size() == 2; }));
  where.cluster().create_topic("later", 3, 1);
  ASSERT_TRUE(poll_until([&] { return shared_out(7); }, 400s));
  EXPECT_FALSE(errors.empty());
  EXPECT_TRUE(errors[0].why.is(client_code::unknown_topic)) << errors[0].why.message();
}

TEST_F(joining, subscribing_to_something_else_gives_up_the_rest) {
  where.cluster().create_topic("invoices", 2, 1);
  member& one = join(config());
  ASSERT_TRUE(poll_until([&] { return one.has().size() == 4; }));
  ASSERT_TRUE(one.in->subscribe({"invoices"}).has_value());
  ASSERT_TRUE(poll_until([&] { return one.has() == std::vector<topic_partition>{{"invoices", 0}, {"invoices", 1}}; }));
  ASSERT_TRUE(one.in->unsubscribe().has_value());
  EXPECT_TRUE(one.has().empty());
  EXPECT_EQ(one.told.back(), "-invoices-1");
  where.run_for(1s);
  EXPECT_EQ(where.cluster().requests_seen().at(protocol::api_key::leave_group), 1u);
  ASSERT_TRUE(one.in->subscribe({"orders"}).has_value());
  ASSERT_TRUE(poll_until([&] { return one.has().size() == 4; }));
}

TEST_F(joining, heartbeats_go_on_while_the_application_works_on_a_poll) {
  consumer_config with = config();
  with.session_timeout = 6s;
  with.heartbeat_interval = 1s;
  member& one = join(with);
  member& two = join(with);
  ASSERT_TRUE(poll_until([&] { return shared_out(4) && two.has().size() == 2; }));
  const std::int32_t generation = one.in->membership().generation;
  where.run_for(60s);  // nobody polls
  poll_for(100ms);
  EXPECT_EQ(one.in->membership().generation, generation);
  EXPECT_TRUE(one.told.size() <= 6u);
}

TEST_F(joining, C_46_a_member_that_does_not_poll_leaves_and_comes_back_with_its_next_poll) {
  consumer_config with = config();
  with.max_poll_interval = 10s;
  member& one = join(with);
  member& two = join(config());
  ASSERT_TRUE(poll_until([&] { return shared_out(4) && two.has().size() == 2; }));
  one.told.clear();
  for (int i = 0; i < 200 && two.has().size() < 4; ++i) poll_one(two, 100ms);  // only the other one polls
  EXPECT_EQ(two.has().size(), 4u);
  EXPECT_NE(log.find("poll was not called for 10000 ms"), std::string::npos);
  EXPECT_TRUE(one.told.empty()) << "it hears of it in its next poll";
  const std::uint64_t joins = where.cluster().requests_seen().at(protocol::api_key::join_group);
  where.run_for(60s);
  EXPECT_EQ(where.cluster().requests_seen().at(protocol::api_key::join_group), joins) << "not before it polls";
  poll_one(one, 1ms);
  ASSERT_EQ(one.told.size(), 2u);
  EXPECT_EQ(one.told[0][0], '!');
  ASSERT_TRUE(poll_until([&] { return shared_out(4) && one.has().size() == 2; }));
}

TEST_F(joining, C_44_a_static_member_that_returns_has_its_partitions_back_without_a_rebalance) {
  consumer_config with = config();
  with.group_instance_id = "one";
  member& one = join(with);
  member& two = join(config());
  ASSERT_TRUE(poll_until([&] { return shared_out(4) && two.has().size() == 2; }));
  const auto before = one.has();
  const std::int32_t generation = two.in->membership().generation;
  EXPECT_TRUE(one.in->close(5s).has_value());
  one.in.reset();
  EXPECT_EQ(where.cluster().requests_seen().count(protocol::api_key::leave_group), 0u) << "it does not leave";
  member& again = join(with);
  ASSERT_TRUE(poll_until([&] { return again.has() == before; }));
  EXPECT_EQ(two.in->membership().generation, generation);
}

TEST_F(joining, C_44_another_process_with_the_same_instance_id_fences_the_first_for_good) {
  owners_may_overlap = true;  // until the first one's next heartbeat: what the ids are meant to prevent
  consumer_config with = config();
  with.group_instance_id = "one";
  member& one = join(with);
  ASSERT_TRUE(poll_until([&] { return one.has().size() == 4; }));
  member& two = join(with);
  ASSERT_TRUE(poll_until([&] { return bool(one.failure); }));
  EXPECT_TRUE(one.failure.is(protocol::error_code::fenced_instance_id)) << one.failure.message();
  EXPECT_NE(one.failure.message().find("another process"), std::string::npos) << one.failure.message();
  EXPECT_EQ(one.told.back()[0], '!');
  EXPECT_TRUE(one.has().empty());
  ASSERT_TRUE(poll_until([&] { return two.has().size() == 4; }));
}

TEST_F(joining, polling_in_a_handler_is_refused_and_everything_else_works_there) {
  consumer_config with = config();
  error refused;
  std::vector<bool> worked;
  for (std::int32_t i = 0; i < 4; ++i) fill("orders", i, 10);
  with.on_assigned = [&](consumer& in, std::span<const topic_partition> which) {
    const auto polled_there = in.poll(1s);
    if (!polled_there) refused = polled_there.error();
    for (const topic_partition& one : which) {
      worked.push_back(in.seek(one, at_offset(5)).has_value());
      worked.push_back(in.commit({{one, 7}}, 5s).has_value());
      worked.push_back(in.position(one) == 5);
    }
  };
  member& one = join(with);
  ASSERT_TRUE(poll_until([&] { return one.values.size() == 20; }));
  EXPECT_TRUE(refused.is(client_code::would_deadlock));
  EXPECT_EQ(worked, std::vector<bool>(12, true));
  EXPECT_EQ(committed({"orders", 1}), 7);
  poll_for(500ms);
  EXPECT_EQ(one.values.size(), 20u) << "the seek decides, not what was committed";
}

TEST_F(joining, a_close_on_the_cores_thread_is_refused_and_ends_nothing) {
  fill("orders", 0, 10);
  member& one = join(config());
  ASSERT_TRUE(poll_until([&] { return one.values.size() == 10; }));
  std::vector<client_code> codes;
  ASSERT_TRUE(one.in->commit_async({{{"orders", 0}, 10}}, [&](const error& why) {
    EXPECT_FALSE(why) << why.message();
    codes.push_back(one.in->close(1s).error().client());
    codes.push_back(one.in->commit({{{"orders", 0}, 10}}, 1s).error().client());
  }));
  poll_for(1s);
  EXPECT_EQ(codes, (std::vector<client_code>(2, client_code::would_deadlock)));
  fill("orders", 0, 5);
  EXPECT_TRUE(poll_until([&] { return one.values.size() == 15; })) << "it goes on as a member";
}

TEST_F(joining, a_wrong_configuration_is_told_by_name) {
  consumer_config no_group;
  no_group.topic_pattern = "x";
  consumer_config bad_pattern = config();
  bad_pattern.topics.clear();
  bad_pattern.topic_pattern = "(";
  consumer_config twice = config();
  twice.assignors = {assignor::range, assignor::range};
  consumer_config slow = config();
  slow.heartbeat_interval = slow.session_timeout;
  cluster on = open();
  for (const auto& [wrong, name] : std::vector<std::pair<consumer_config, std::string>>{
           {no_group, "topic_pattern"}, {bad_pattern, "topic_pattern"}, {twice, "assignors"}, {slow, "heartbeat"}}) {
    consumer in(on, wrong);
    const auto valid = in.valid();
    ASSERT_FALSE(valid.has_value()) << name;
    EXPECT_NE(valid.error().message().find(name), std::string::npos) << valid.error().message();
  }
}

}  // namespace
}  // namespace ottla::test
