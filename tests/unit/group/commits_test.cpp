// Commits: of a poll, of a record, by hand, automatic; and those that must not be.
#include "members.hpp"
#include "ottla/admin.hpp"

namespace ottla::test {
namespace {

class commits : public members {
 protected:
  commits() { where.cluster().create_topic("orders", 2, 1); }
  consumer_config manual() {
    consumer_config out = config();
    out.auto_commit = false;
    return out;
  }
  std::uint64_t asked(protocol::api_key key) {
    const auto& seen = where.cluster().requests_seen();
    const auto found = seen.find(key);
    return found == seen.end() ? 0 : found->second;
  }
  polled poll_some(member& one) {
    for (int i = 0; i < 100; ++i) {
      auto got = one.in->poll(1s);
      EXPECT_TRUE(got.has_value()) << got.error().message();
      if (!got) break;
      if (!got->empty()) return std::move(*got);
    }
    ADD_FAILURE() << "nothing came";
    return {};
  }
};

TEST_F(commits, of_a_poll_and_of_a_record_are_where_the_next_member_begins) {
  fill("orders", 0, 20, 20);
  {
    member& one = join(manual());
    const polled got = poll_some(one);
    ASSERT_EQ(got.count(), 20u);
    const auto records = got.records();
    auto third = records.begin();
    ++third, ++third;
    ASSERT_TRUE(one.in->commit({(*third).end_position()}, 5s).has_value());
    EXPECT_EQ(committed(orders_0), 3);
    EXPECT_EQ(committed(orders_1), -1);
    EXPECT_TRUE(one.in->close(5s).has_value());
    all.clear();
  }
  member& two = join(manual());
  const polled rest = poll_some(two);
  EXPECT_EQ(rest.count(), 17u);
  ASSERT_TRUE(two.in->commit(rest.end(), 5s).has_value());
  EXPECT_EQ(committed(orders_0), 20);
}

TEST_F(commits, explicit_offsets_carry_metadata_and_leader_epoch) {
  member& one = join(manual());
  ASSERT_TRUE(poll_until([&] { return one.has().size() == 2; }));
  ASSERT_TRUE(one.in->commit({{orders_0, 5, 0, "half way"}, {orders_1, 9, -1, ""}}, 5s).has_value());
  const std::vector<topic_partition> both{orders_1, orders_0};
  const auto known = one.in->committed(both, 5s);
  ASSERT_TRUE(known.has_value());
  EXPECT_EQ((*known)[0].offset, 9);
  EXPECT_EQ((*known)[1].offset, 5);
  EXPECT_EQ((*known)[1].leader_epoch, 0);
  EXPECT_EQ((*known)[1].metadata, "half way");
}

TEST_F(commits, a_handler_hears_the_outcome_and_order_is_kept) {
  member& one = join(manual());
  ASSERT_TRUE(poll_until([&] { return one.has().size() == 2; }));
  const auto shared = std::make_shared<std::vector<int>>();
  const std::vector<int>& heard = *shared;
  for (int i = 1; i <= 20; ++i) {
    ASSERT_TRUE(one.in
                    ->commit_async(std::vector<offset_to_commit>{{orders_0, i}},
                                   [shared, i](const error& why) {
                                     EXPECT_FALSE(why) << why.message();
                                     shared->push_back(i);
                                   })
                    .has_value());
  }
  const auto last = one.in->commit({{orders_0, 21}}, 5s);
  ASSERT_TRUE(last.has_value()) << last.error().message();
  EXPECT_EQ(heard.size(), 20u);
  EXPECT_TRUE(std::is_sorted(heard.begin(), heard.end()));
  EXPECT_EQ(committed(orders_0), 21);
}

TEST_F(commits, what_makes_no_sense_is_refused_before_it_is_sent) {
  member& one = join(manual());
  ASSERT_TRUE(poll_until([&] { return one.has().size() == 2; }));
  const auto negative = one.in->commit({{orders_0, -1}}, 5s);
  ASSERT_FALSE(negative.has_value());
  EXPECT_TRUE(negative.error().is(client_code::invalid_argument));
  const auto foreign = one.in->commit({{{"orders", 7}, 3}}, 5s);
  ASSERT_FALSE(foreign.has_value());
  EXPECT_TRUE(foreign.error().is(client_code::partition_lost));
  EXPECT_EQ(asked(protocol::api_key::offset_commit), 0u);
  cluster on = open();
  consumer alone(on, {.topics = {"orders"}});
  const auto no_group = alone.commit({{orders_0, 1}}, 5s);
  ASSERT_FALSE(no_group.has_value());
  EXPECT_NE(no_group.error().message().find("consumer_config::group"), std::string::npos) << no_group.error().message();
}

TEST_F(commits, C_42_a_position_from_before_a_loss_is_refused_even_when_the_partition_came_back) {
  fill("orders", 0, 10);
  consumer_config with = manual();
  with.max_poll_interval = 5s;
  member& one = join(with);
  const polled got = poll_some(one);
  where.run_for(20s);  // the member leaves
  ASSERT_TRUE(poll_until([&] { return one.told.size() >= 6 && one.has().size() == 2; })) << one.told.size();
  EXPECT_EQ(one.told[2][0], '!');
  const auto late = one.in->commit(got.end(), 5s);
  ASSERT_FALSE(late.has_value());
  EXPECT_TRUE(late.error().is(client_code::partition_lost)) << late.error().message();
  EXPECT_EQ(asked(protocol::api_key::offset_commit), 0u);
}

// The caller has not polled since, so it does not know; without a generation the commit would look like that of a
// consumer without membership, which an empty group takes.
TEST_F(commits, C_42_a_position_of_a_member_that_was_thrown_out_is_not_committed_into_the_empty_group) {
  fill("orders", 0, 20, 20);
  member& one = join(manual());
  const polled got = poll_some(one);
  auto other = open();
  const member_to_remove whom{.member_id = one.in->membership().member_id};
  ASSERT_TRUE(admin(other).remove_members("billing", {&whom, 1}).has_value());
  where.run_for(10s);  // a heartbeat has told it
  ASSERT_LT(one.in->membership().generation, 0);
  const auto refused = one.in->commit(got.end(), 5s);
  ASSERT_FALSE(refused.has_value());
  EXPECT_TRUE(refused.error().is(client_code::partition_lost)) << refused.error().message();
  EXPECT_EQ(committed(orders_0), -1);
}

TEST_F(commits, C_42_nothing_is_committed_by_itself_when_partitions_are_lost) {
  fill("orders", 0, 10);
  consumer_config with = config();
  with.max_poll_interval = 5s;
  with.auto_commit_interval = 1h;
  member& one = join(with);
  EXPECT_EQ(poll_some(one).count(), 10u);
  where.run_for(20s);
  ASSERT_TRUE(poll_until([&] { return one.told.size() >= 6; }));
  EXPECT_EQ(committed(orders_0), -1);
}

TEST_F(commits, C_47_an_automatic_commit_stores_what_the_poll_before_handed_out_and_no_more) {
  fill("orders", 0, 10);
  consumer_config with = config();
  with.auto_commit_interval = 1s;
  with.max_poll_records = 4;
  member& one = join(with);
  EXPECT_EQ(poll_some(one).count(), 4u);
  where.run_for(5s);
  EXPECT_EQ(committed(orders_0), -1) << "the application is at it";
  EXPECT_EQ(poll_some(one).count(), 4u);
  where.run_for(100ms);
  EXPECT_EQ(committed(orders_0), 4);
}

TEST_F(commits, C_47_what_is_done_is_committed_before_partitions_are_given_up_and_by_close) {
  fill("orders", 0, 10);
  fill("orders", 1, 10);
  consumer_config with = config();
  with.auto_commit_interval = 1h;
  with.assignors = {assignor::range};
  member& one = join(with);
  ASSERT_TRUE(poll_until([&] { return one.values.size() == 20; }));
  member& two = join(with);
  ASSERT_TRUE(poll_until([&] { return two.has().size() == 1 && one.has().size() == 1; }));
  EXPECT_EQ(committed(orders_0), 10);
  EXPECT_EQ(committed(orders_1), 10);
  poll_for(2s);
  EXPECT_TRUE(two.values.empty()) << "nothing is processed twice";
  fill("orders", 0, 5);
  ASSERT_TRUE(poll_until([&] { return one.values.size() + two.values.size() == 25; }));
  EXPECT_TRUE(one.in->close(5s).has_value());
  one.in.reset();
  EXPECT_TRUE(two.in->close(5s).has_value());
  two.in.reset();
  member& three = join(with);
  poll_for(6s);
  EXPECT_TRUE(three.values.empty());
  EXPECT_EQ(committed(orders_0), 15);
}

TEST_F(commits, C_47_a_commit_that_is_repeated_never_overtakes_a_later_one) {
  member& one = join(manual());
  ASSERT_TRUE(poll_until([&] { return one.has().size() == 2; }));
  where.cluster().inject({.key = protocol::api_key::offset_commit,
                          .count = 3,
                          .error = protocol::error_code::coordinator_load_in_progress});
  ASSERT_TRUE(one.in->commit_async(std::vector<offset_to_commit>{{orders_0, 3}}).has_value());
  ASSERT_TRUE(one.in->commit({{orders_0, 8}}, 10s).has_value());
  EXPECT_EQ(committed(orders_0), 8);
  EXPECT_EQ(asked(protocol::api_key::offset_commit), 5u);
}

// Generation 2 waits for its leader's assignment; what the other member still owns it may commit once that is there.
TEST_F(commits, C_40_a_commit_between_join_and_sync_waits_for_the_assignment) {
  member& leads = join(manual());
  ASSERT_TRUE(poll_until([&] { return leads.has().size() == 2; }));
  member& follows = join(manual());
  ASSERT_TRUE(poll_until([&] { return leads.has().size() == 1 && follows.has().size() == 1; }));
  poll_for(4s);
  ASSERT_TRUE(leads.in->membership().leader);
  const std::int32_t generation = follows.in->membership().generation;
  const topic_partition own = follows.has()[0];
  const std::uint64_t joins = asked(protocol::api_key::join_group);
  ASSERT_TRUE(follows.in->rejoin("a test").has_value());
  ASSERT_TRUE(poll_until([&] { return asked(protocol::api_key::join_group) == joins + 1; }));
  where.cluster().inject({.key = protocol::api_key::join_group, .action = mock::fault_action::delay, .hold = 4s});
  ASSERT_TRUE(poll_until([&] { return follows.in->membership().generation == generation + 1; }));
  const auto late = follows.in->commit({{own, 5}}, 1s);
  ASSERT_FALSE(late.has_value());
  EXPECT_TRUE(late.error().is(client_code::timed_out)) << late.error().message();
  EXPECT_NE(late.error().message().find("rebalancing"), std::string::npos) << late.error().message();
  EXPECT_EQ(late.error().persisted(), persistence::no);
  const auto stored = follows.in->commit({{own, 7}}, 10s);
  EXPECT_TRUE(stored.has_value()) << stored.error().message();
  EXPECT_EQ(committed(own), 7);
  EXPECT_EQ(asked(protocol::api_key::offset_commit), 1u);
}

// The group has gone on to generation 2, which the member does not know yet: the answer to its JoinGroup is on the way.
TEST_F(commits, C_40_a_commit_that_was_refused_in_the_last_generation_goes_again_in_this_one) {
  member& one = join(manual());
  ASSERT_TRUE(poll_until([&] { return one.has().size() == 2; }));
  const std::int32_t generation = one.in->membership().generation;
  where.cluster().inject({.key = protocol::api_key::join_group, .action = mock::fault_action::delay, .hold = 2s});
  const std::uint64_t joins = asked(protocol::api_key::join_group);
  ASSERT_TRUE(one.in->rejoin("a test").has_value());
  ASSERT_TRUE(poll_until([&] { return asked(protocol::api_key::join_group) == joins + 1; }));
  ASSERT_EQ(one.in->membership().generation, generation);
  const auto stored = one.in->commit({{orders_0, 7}}, 10s);
  EXPECT_TRUE(stored.has_value()) << stored.error().message();
  EXPECT_EQ(one.in->membership().generation, generation + 1);
  EXPECT_EQ(committed(orders_0), 7);
  EXPECT_GT(asked(protocol::api_key::offset_commit), 1u);
}

TEST_F(commits, without_membership_positions_are_stored_and_found_again) {
  fill("orders", 0, 10);
  consumer_config with;
  with.group = "by-hand";
  with.partitions = {{"orders", 0, std::nullopt}};
  with.start = earliest;
  with.auto_commit = false;
  {
    member& one = join(with);
    EXPECT_EQ(poll_some(one).count(), 10u);
    ASSERT_TRUE(one.in->commit({{orders_0, 6}}, 5s).has_value());
    all.clear();
  }
  member& two = join(with);
  EXPECT_EQ(poll_some(two).count(), 4u);
  EXPECT_EQ(asked(protocol::api_key::join_group), 0u);
}

TEST_F(commits, a_whole_topic_begins_at_its_first_record_where_nothing_is_committed) {
  fill("orders", 0, 10);
  consumer_config with = manual();
  with.start = latest;
  with.whole_topics = {"orders"};
  member& one = join(with);
  EXPECT_EQ(poll_some(one).count(), 10u);
  ASSERT_TRUE(one.in->commit({{orders_0, 6}}, 5s).has_value());
  all.clear();
  member& two = join(with);
  EXPECT_EQ(poll_some(two).count(), 4u);
}

TEST_F(commits, a_deadline_that_passes_says_what_was_tried) {
  member& one = join(manual());
  ASSERT_TRUE(poll_until([&] { return one.has().size() == 2; }));
  where.cluster().inject({.key = protocol::api_key::offset_commit,
                          .count = 1000,
                          .error = protocol::error_code::coordinator_load_in_progress});
  const auto late = one.in->commit({{orders_0, 3}}, 2s);
  ASSERT_FALSE(late.has_value());
  EXPECT_TRUE(late.error().is(client_code::timed_out));
  EXPECT_NE(late.error().message().find("COORDINATOR_LOAD_IN_PROGRESS"), std::string::npos) << late.error().message();
}

}  // namespace
}  // namespace ottla::test
