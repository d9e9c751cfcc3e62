// What coordinators answer when something is wrong, and that members go on as they should.
#include "members.hpp"

namespace ottla::test {
namespace {

using protocol::api_key;
using protocol::error_code;

class group_trouble : public members {
 protected:
  group_trouble() : members(3) { where.cluster().create_topic("orders", 4, 3); }
  void answer(api_key key, error_code code, int count = 1) {
    where.cluster().inject({.key = key, .count = count, .error = code});
  }
  void fault(api_key key, mock::fault_action action) { where.cluster().inject({.key = key, .action = action}); }
};

TEST_F(group_trouble, C_39_a_moved_coordinator_is_found_again_and_the_generation_stands) {
  member& one = join(config());
  ASSERT_TRUE(poll_until([&] { return one.has().size() == 4; }));
  for (const error_code code : {error_code::not_coordinator, error_code::coordinator_not_available}) {
    answer(api_key::heartbeat, code);
    const auto found = where.cluster().requests_seen().at(api_key::find_coordinator);
    poll_for(8s);
    EXPECT_GT(where.cluster().requests_seen().at(api_key::find_coordinator), found);
  }
  EXPECT_EQ(one.in->membership().generation, 1);
  EXPECT_EQ(one.told.size(), 4u) << "nothing was revoked or lost";
}

TEST_F(group_trouble, C_39_a_coordinator_that_loads_is_waited_for) {
  for (const api_key key : {api_key::join_group, api_key::sync_group, api_key::offset_fetch, api_key::find_coordinator})
    answer(key, error_code::coordinator_load_in_progress, 3);
  fill("orders", 0, 10);
  member& one = join(config());
  ASSERT_TRUE(poll_until([&] { return one.values.size() == 10; }));
  EXPECT_FALSE(one.failure) << one.failure.message();
}

TEST_F(group_trouble, C_39_a_coordinator_that_dies_is_replaced) {
  fill("orders", 0, 10);
  member& one = join(config());
  ASSERT_TRUE(poll_until([&] { return one.values.size() == 10; }));
  for (std::size_t node = 0; node < 3; ++node) {
    where.cluster().stop(node);
    poll_for(10s);
    where.cluster().start(node);
    poll_for(5s);
  }
  EXPECT_EQ(one.has().size(), 4u);
  ASSERT_TRUE(one.in->commit({{{"orders", 0}, 10}}, 20s).has_value());
  EXPECT_FALSE(one.failure) << one.failure.message();
}

TEST_F(group_trouble, every_step_of_a_rebalance_survives_a_lost_connection) {
  for (const api_key key : {api_key::find_coordinator, api_key::join_group, api_key::sync_group, api_key::heartbeat,
                            api_key::offset_fetch, api_key::leave_group}) {
    for (const mock::fault_action action :
         {mock::fault_action::close_before, mock::fault_action::close_after, mock::fault_action::close_mid_frame}) {
      consumer_config with = config();
      with.group = "group-" + std::to_string(static_cast<int>(key)) + "-" + std::to_string(static_cast<int>(action));
      with.session_timeout = 6s;
      with.heartbeat_interval = 1s;
      fault(key, action);
      member& one = join(with);
      ASSERT_TRUE(poll_until([&] { return one.has().size() == 4; })) << with.group;
      poll_for(3s);
      EXPECT_EQ(one.has().size(), 4u) << with.group;
      EXPECT_FALSE(one.failure) << with.group << one.failure.message();
      EXPECT_TRUE(one.in->close(5s).has_value());
      all.clear();
      where.cluster().clear_faults();
    }
  }
}

TEST_F(group_trouble, C_40_a_member_that_the_coordinator_forgot_loses_all_and_joins_anew) {
  for (const error_code code : {error_code::unknown_member_id, error_code::illegal_generation}) {
    consumer_config with = config();
    with.group = std::string(protocol::name(code));
    member& one = join(with);
    ASSERT_TRUE(poll_until([&] { return one.has().size() == 4; }));
    one.told.clear();
    answer(api_key::heartbeat, code);
    ASSERT_TRUE(poll_until([&] { return one.told.size() == 8; })) << with.group;
    for (std::size_t i = 0; i < 8; ++i) EXPECT_EQ(one.told[i][0], i < 4 ? '!' : '+');
    EXPECT_EQ(one.in->membership().member_id.empty(), false);
    EXPECT_TRUE(one.in->close(5s).has_value());
    all.clear();
  }
}

// The application asks for a rebalance before it polls, and so before it has let go of what others have by now.
TEST_F(group_trouble, C_42_who_asks_for_a_rebalance_behind_a_loss_hears_of_the_loss_first) {
  member& one = join(config());
  ASSERT_TRUE(poll_until([&] { return one.has().size() == 4; }));
  one.told.clear();
  answer(api_key::heartbeat, error_code::unknown_member_id);
  where.run_for(4s);
  ASSERT_LT(one.in->membership().generation, 0);
  ASSERT_TRUE(one.in->rejoin("a test").has_value());
  where.run_for(4s);
  EXPECT_LT(one.in->membership().generation, 0) << "it joins again when the application has let go";
  ASSERT_TRUE(poll_until([&] { return one.told.size() == 8; })) << one.told.size();
  for (std::size_t i = 0; i < 8; ++i) EXPECT_EQ(one.told[i][0], i < 4 ? '!' : '+');
}

TEST_F(group_trouble, C_40_a_commit_that_meets_the_same_says_so_and_the_member_joins_anew) {
  const topic_partition first{"orders", 0};
  for (const error_code code :
       {error_code::unknown_member_id, error_code::illegal_generation, error_code::rebalance_in_progress}) {
    consumer_config with = config();
    with.group = std::string(protocol::name(code));
    with.auto_commit = false;
    member& one = join(with);
    ASSERT_TRUE(poll_until([&] { return one.has().size() == 4; }));
    one.told.clear();
    const std::int32_t generation = one.in->membership().generation;
    answer(api_key::offset_commit, code);
    const auto stored = one.in->commit({{first, 3}}, 5s);
    ASSERT_FALSE(stored.has_value());
    EXPECT_TRUE(stored.error().is(code)) << stored.error().message();
    EXPECT_NE(stored.error().message().find("poll"), std::string::npos) << stored.error().message();
    ASSERT_TRUE(poll_until([&] { return one.in->membership().generation > generation && one.has().size() == 4; }));
    const bool lost = code != error_code::rebalance_in_progress;
    EXPECT_EQ(one.told.size(), lost ? 8u : 0u) << with.group;
    EXPECT_TRUE(one.in->commit({{first, 3}}, 5s).has_value()) << "after the rejoin";
    EXPECT_TRUE(one.in->close(5s).has_value());
    all.clear();
  }
}

TEST_F(group_trouble, C_40_partitions_that_fail_for_a_moment_alone_are_tried_again) {
  member& one = join(config());
  ASSERT_TRUE(poll_until([&] { return one.has().size() == 4; }));
  answer(api_key::offset_commit, error_code::unknown_topic_or_partition, 2);
  EXPECT_TRUE(one.in->commit({{{"orders", 0}, 3}, {{"orders", 1}, 4}}, 5s).has_value());
  EXPECT_EQ(committed({"orders", 1}), 4);
}

TEST_F(group_trouble, a_group_that_may_not_be_joined_is_told_by_poll_and_tried_again) {
  answer(api_key::join_group, error_code::group_authorization_failed, 1);
  member& one = join(config());
  ASSERT_TRUE(poll_until([&] { return bool(one.failure); }));
  EXPECT_TRUE(one.failure.is(error_code::group_authorization_failed)) << one.failure.message();
  EXPECT_NE(one.failure.message().find("JoinGroup of group billing"), std::string::npos) << one.failure.message();
  ASSERT_TRUE(poll_until([&] { return one.has().size() == 4; })) << "somebody granted it meanwhile";
}

TEST_F(group_trouble, an_unstable_offset_is_waited_for) {
  answer(api_key::offset_fetch, error_code::unstable_offset_commit, 4);
  fill("orders", 2, 10);
  member& one = join(config());
  ASSERT_TRUE(poll_until([&] { return one.values.size() == 10; }));
  EXPECT_TRUE(errors.empty());
}

TEST_F(group_trouble, a_member_without_a_coordinator_closes_within_its_bound) {
  member& one = join(config());
  ASSERT_TRUE(poll_until([&] { return one.has().size() == 4; }));
  for (std::size_t node = 0; node < 3; ++node) where.cluster().stop(node);
  const steady_ns before = where.now();
  EXPECT_TRUE(one.in->close(3s).has_value());
  EXPECT_LE(where.now() - before, 4s);
}

TEST_F(group_trouble, a_paused_coordinator_holds_up_no_fetch) {
  for (std::int32_t i = 0; i < 4; ++i) fill("orders", i, 10);
  consumer_config with = config();
  with.auto_commit = false;
  member& one = join(with);
  member& two = join(with);
  ASSERT_TRUE(poll_until([&] { return one.values.size() + two.values.size() >= 40 && two.has().size() == 2; }));
  const auto read_before = one.values.size() + two.values.size();
  // A third member makes them rebalance; its JoinGroup waits for both, who do not poll: heartbeats and commits pass.
  consumer_config third = with;
  join(third);
  where.run_for(10s);
  EXPECT_TRUE(one.in->commit({{one.has().front(), 10}}, 1s).has_value()) << "commits pass a JoinGroup that waits";
  EXPECT_EQ(one.values.size() + two.values.size(), read_before);
}

}  // namespace
}  // namespace ottla::test
