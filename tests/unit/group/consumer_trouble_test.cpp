// What members of the consumer protocol (KIP-848) do when coordinators die, move, load, forget, and answer nothing.
#include "members.hpp"
#include "ottla/admin.hpp"

namespace ottla::test {
namespace {

using protocol::api_key;
using protocol::error_code;

class consumer_trouble : public members {
 protected:
  consumer_trouble() : members(3) { where.cluster().create_topic("orders", 4, 3); }
  void answer(api_key key, error_code code, int count = 1) {
    where.cluster().inject({.key = key, .count = count, .error = code});
  }
};

TEST_F(consumer_trouble, C_39_a_moved_coordinator_is_found_again_and_the_epoch_stands) {
  member& one = join(by_broker());
  ASSERT_TRUE(poll_until([&] { return one.has().size() == 4; }));
  const std::int32_t epoch = one.in->membership().generation;
  for (const error_code code : {error_code::not_coordinator, error_code::coordinator_not_available}) {
    answer(api_key::consumer_group_heartbeat, code);
    const auto found = where.cluster().requests_seen().at(api_key::find_coordinator);
    poll_for(8s);
    EXPECT_GT(where.cluster().requests_seen().at(api_key::find_coordinator), found);
  }
  EXPECT_EQ(one.in->membership().generation, epoch);
  EXPECT_EQ(one.told.size(), 4u) << "nothing was revoked or lost";
}

TEST_F(consumer_trouble, C_39_a_coordinator_that_loads_is_waited_for) {
  for (const api_key key : {api_key::consumer_group_heartbeat, api_key::offset_fetch, api_key::find_coordinator})
    answer(key, error_code::coordinator_load_in_progress, 3);
  fill("orders", 0, 10);
  member& one = join(by_broker());
  ASSERT_TRUE(poll_until([&] { return one.values.size() == 10; }));
  EXPECT_FALSE(one.failure) << one.failure.message();
}

TEST_F(consumer_trouble, C_39_a_coordinator_that_dies_is_replaced) {
  fill("orders", 0, 10);
  member& one = join(by_broker());
  ASSERT_TRUE(poll_until([&] { return one.values.size() == 10; }));
  for (std::size_t node = 0; node < 3; ++node) {
    where.cluster().stop(node);
    poll_for(10s);
    where.cluster().start(node);
    poll_for(5s);
  }
  EXPECT_EQ(one.has().size(), 4u);
  ASSERT_TRUE(one.in->commit({{orders_0, 10}}, 20s).has_value());
  EXPECT_FALSE(one.failure) << one.failure.message();
  EXPECT_EQ(one.told.size(), 4u) << "the members and their epochs outlive a coordinator";
}

TEST_F(consumer_trouble, every_step_of_a_rebalance_survives_a_lost_connection) {
  for (const api_key key : {api_key::find_coordinator, api_key::consumer_group_heartbeat, api_key::offset_fetch}) {
    for (const mock::fault_action action :
         {mock::fault_action::close_before, mock::fault_action::close_after, mock::fault_action::close_mid_frame}) {
      for (int after = 0; after < (key == api_key::consumer_group_heartbeat ? 5 : 1); ++after) {
        consumer_config with = by_broker();
        with.group = "group-" + std::to_string(static_cast<int>(key)) + "-" + std::to_string(static_cast<int>(action)) +
                     "-" + std::to_string(after);
        // The orders_0 that go through, then the one that does not: of two members' join, share-out and settling.
        where.cluster().inject({.key = key, .action = mock::fault_action::delay, .count = after});
        where.cluster().inject({.key = key, .action = action});
        member& one = join(with);
        ASSERT_TRUE(poll_until([&] { return one.has().size() == 4; })) << with.group;
        member& two = join(with);
        ASSERT_TRUE(poll_until([&] { return one.has().size() == 2 && two.has().size() == 2; })) << with.group;
        EXPECT_FALSE(one.failure) << with.group << one.failure.message();
        EXPECT_EQ(one.told.size(), 6u) << with.group << ": two were given up, none was lost";
        EXPECT_TRUE(one.in->close(5s).has_value());
        ASSERT_TRUE((one.in.reset(), poll_until([&] { return two.has().size() == 4; }))) << with.group;
        EXPECT_TRUE(two.in->close(5s).has_value());
        all.clear();
        where.cluster().clear_faults();
      }
    }
  }
}

TEST_F(consumer_trouble, C_40_a_member_that_the_coordinator_forgot_loses_all_and_joins_anew) {
  for (const error_code code :
       {error_code::unknown_member_id, error_code::fenced_member_epoch, error_code::group_id_not_found}) {
    consumer_config with = by_broker();
    with.group = std::string(protocol::name(code));
    member& one = join(with);
    ASSERT_TRUE(poll_until([&] { return one.has().size() == 4; }));
    poll_for(200ms);
    const std::string id = one.in->membership().member_id;
    one.told.clear();
    answer(api_key::consumer_group_heartbeat, code);
    ASSERT_TRUE(poll_until([&] { return one.told.size() == 8; })) << with.group;
    for (std::size_t i = 0; i < 8; ++i) EXPECT_EQ(one.told[i][0], i < 4 ? '!' : '+');
    EXPECT_EQ(one.in->membership().member_id, id);
    EXPECT_TRUE(one.in->close(5s).has_value());
    all.clear();
  }
}

TEST_F(consumer_trouble, C_42_a_member_that_was_removed_loses_all_and_its_positions_are_not_committed) {
  fill("orders", 0, 20, 20);
  consumer_config with = by_broker();
  with.auto_commit = false;
  member& one = join(with);
  ASSERT_TRUE(poll_until([&] { return one.values.size() == 20; }));
  const auto before = one.in->assignment();
  auto other = open();
  const member_to_remove whom{.member_id = one.in->membership().member_id};
  ASSERT_TRUE(admin(other).remove_members("billing", {&whom, 1}).has_value());
  where.run_for(10s);  // a heartbeat has told it
  ASSERT_LT(one.in->membership().generation, 0);
  const auto refused = one.in->commit({{orders_0, 20}}, 5s);
  ASSERT_FALSE(refused.has_value());
  EXPECT_TRUE(refused.error().is(client_code::partition_lost)) << refused.error().message();
  ASSERT_TRUE(poll_until([&] { return one.in->membership().generation > 0 && one.has() == before; }));
  EXPECT_EQ(committed(orders_0), -1);
}

TEST_F(consumer_trouble, a_group_that_is_full_is_told_by_poll_and_tried_again) {
  answer(api_key::consumer_group_heartbeat, error_code::group_max_size_reached);
  member& one = join(by_broker());
  ASSERT_TRUE(poll_until([&] { return bool(one.failure); }));
  EXPECT_TRUE(one.failure.is(error_code::group_max_size_reached)) << one.failure.message();
  ASSERT_TRUE(poll_until([&] { return one.has().size() == 4; })) << "the poll after that tries again";
}

TEST_F(consumer_trouble, a_member_without_a_coordinator_closes_within_its_bound) {
  member& one = join(by_broker());
  ASSERT_TRUE(poll_until([&] { return one.has().size() == 4; }));
  for (std::size_t node = 0; node < 3; ++node) where.cluster().stop(node);
  const steady_ns before = where.now();
  EXPECT_TRUE(one.in->close(3s).has_value());
  EXPECT_LE(where.now() - before, 4s);
}

TEST_F(consumer_trouble, a_paused_coordinator_does_not_hold_up_a_close_beyond_its_bound) {
  member& one = join(by_broker());
  ASSERT_TRUE(poll_until([&] { return one.has().size() == 4; }));
  for (std::size_t node = 0; node < 3; ++node) where.cluster().pause(node);
  const steady_ns before = where.now();
  (void)one.in->close(3s);
  EXPECT_LE(where.now() - before, 4s);
}

TEST_F(consumer_trouble, a_topic_that_is_created_anew_is_read_from_its_beginning) {
  fill("orders", 0, 10);
  member& one = join(by_broker());
  ASSERT_TRUE(poll_until([&] { return one.values.size() == 10; }));
  ASSERT_TRUE(where.cluster().delete_topic("orders"));
  poll_for(8s);
  where.cluster().create_topic("orders", 2, 3);
  fill("orders", 1, 5);
  ASSERT_TRUE(poll_until([&] { return one.has().size() == 2 && one.values.size() == 15; }, 30s)) << one.has().size();
}

}  // namespace
}  // namespace ottla::test
