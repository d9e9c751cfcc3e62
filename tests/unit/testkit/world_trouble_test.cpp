// world: that each kind of trouble does to a client what it says, and that the client gets over it.
#include <gtest/gtest.h>

#include <string>

#include "ottla/producer.hpp"
#include "ottla/sim/world.hpp"
#include "ottla/testing.hpp"

namespace ottla {
namespace {

using namespace std::chrono_literals;

class world_trouble : public testing::Test {
 protected:
  world_trouble() { world_.keep(); }

  void start(std::chrono::milliseconds request_timeout = 3s) {
    kit_.broker().create_topic("orders", 1);
    on_ = kit_.open({.request_timeout = request_timeout, .connection_setup_timeout = 2s});
    out_.emplace(*on_, producer_config{.request_timeout = request_timeout});
    ASSERT_TRUE(send("first", 5s));
  }
  bool send(std::string_view value, std::chrono::milliseconds wait) {
    const auto told = out_->topic("orders").deliver({.value = value}, wait);
    return told && *told;
  }
  std::chrono::nanoseconds time_of(std::string_view value, std::chrono::milliseconds wait = 60s) {
    const steady_ns before = kit_.now();
    EXPECT_TRUE(send(value, wait)) << value;
    return kit_.now() - before;
  }
  std::size_t stored() { return kit_.broker().records("orders", 0).size(); }

  test_kit kit_;
  sim::world& world_ = kit_.world();
  result<cluster> on_ = error(client_code::closed, {});
  std::optional<producer> out_;
};

TEST_F(world_trouble, a_connection_that_lost_a_direction_costs_the_time_out_of_a_request_and_no_record) {
  start();
  // Draws until the producer's own connection is among those that are hit.
  for (std::uint64_t draw = 1; draw < 20; ++draw) {
    world_.lose_directions(draw);
    const auto took = time_of("record");
    EXPECT_LT(took, 5s);
    EXPECT_EQ(stored(), draw + 1);
    if (took >= 3s) return;
  }
  FAIL() << "no draw hit the connection";
}

TEST_F(world_trouble, what_was_said_during_a_cut_comes_when_it_ends_and_no_connection_notices) {
  start(30s);
  world_.net().cut({~0ull, ~0ull, kit_.now() + 4s, false});
  const auto took = time_of("late");
  EXPECT_GE(took, 4s);
  EXPECT_LT(took, 4s + 100ms);
  EXPECT_EQ(stored(), 2u);
}

TEST_F(world_trouble, what_was_said_during_a_cut_that_forgets_never_comes_and_is_said_again) {
  start();
  world_.net().cut({~0ull, ~0ull, kit_.now() + 1s, true});
  const auto took = time_of("again");
  EXPECT_GE(took, 3s);
  EXPECT_LT(took, 5s);
  EXPECT_EQ(stored(), 2u);
}

TEST_F(world_trouble, clients_outside_a_cut_notice_nothing_of_it) {
  start();
  world_.net().cut({0, ~0ull, kit_.now() + 1h, true});
  world_.net().cut({~0ull, 0, kit_.now() + 1h, true});
  EXPECT_LT(time_of("as ever"), 100ms);
}

TEST_F(world_trouble, a_connection_is_made_when_the_cut_ends_if_the_client_waits_for_it) {
  kit_.broker().create_topic("orders", 1);
  on_ = kit_.open();
  out_.emplace(*on_);
  world_.net().cut({~0ull, ~0ull, kit_.now() + 2500ms, false});
  const auto took = time_of("first");
  EXPECT_GE(took, 3s);  // the third SYN is the first that is heard
  EXPECT_LT(took, 4s);
}

TEST_F(world_trouble, bandwidth_bounds_what_arrives_in_a_second) {
  start(30s);
  world_.net().limit_bandwidth(100'000);
  const std::string large(400'000, 'x');
  const auto took = time_of(large);
  EXPECT_GE(took, 4s);
  EXPECT_LT(took, 5s);
}

TEST_F(world_trouble, what_a_client_wrote_before_it_went_arrives_and_until_then_its_connection_is_leaving) {
  start();
  EXPECT_EQ(world_.leaving(), 0u);
  world_.net().limit_bandwidth(100'000);
  const std::string large(200'000, 'x');
  ASSERT_TRUE(out_->topic("orders").send({.value = large}).has_value());
  EXPECT_FALSE(out_->close(100ms).has_value()) << "the outcome is not known by then";
  EXPECT_GT(world_.leaving(), 0u);
  EXPECT_EQ(stored(), 1u);
  EXPECT_TRUE(world_.run_until([&] { return world_.leaving() == 0; }, kit_.now() + 5s));
  EXPECT_EQ(stored(), 2u);
}

TEST_F(world_trouble, names_that_do_not_resolve_or_hang_are_asked_again) {
  start();
  world_.names().fail_until(kit_.now() + 3s);
  kit_.reset_connections();
  auto took = time_of("after the failure");
  EXPECT_GE(took, 3s);
  EXPECT_LT(took, 5s);
  world_.names().be_silent_until(kit_.now() + 1500ms);
  kit_.reset_connections();
  took = time_of("after the silence");
  EXPECT_GE(took, 1500ms);
  EXPECT_LT(took, 2s);
}

TEST_F(world_trouble, addresses_where_nobody_is_cost_time_and_the_right_one_is_found) {
  start();
  std::chrono::nanoseconds longest{};
  for (std::uint64_t draw = 1; draw <= 10; ++draw) {
    world_.names().mix_in_dead(draw, kit_.now() + 1min);
    kit_.reset_connections();
    longest = std::max(longest, time_of("found"));
  }
  EXPECT_GE(longest, 2s);  // one that swallows takes the time to set up a connection
  EXPECT_LE(longest, 13s);
}

TEST_F(world_trouble, a_node_that_moved_is_found_when_names_know_it) {
  start();
  world_.move_node(0, 1, kit_.now() + 5s);
  const auto took = time_of("found");
  EXPECT_GE(took, 5s);
  EXPECT_LT(took, 9s);
}

TEST_F(world_trouble, a_cluster_that_died_has_what_it_acknowledged) {
  start();
  for (std::uint64_t i = 1; i <= 40; ++i) {
    const auto how = i % 2 == 0 ? sim::death::killed : sim::death::power_cut;
    world_.kill_cluster(i % 7, how, i, 500ms);
    for (int records = 0; records < 5; ++records) ASSERT_TRUE(send("record", 60s));
  }
  EXPECT_EQ(stored(), 201u);
  EXPECT_GT(world_.deaths(), 20u);  // a plan that has not come true yet is replaced by the next
  EXPECT_TRUE(world_.complaints().empty()) << world_.complaints().front();
}

TEST_F(world_trouble, clocks_that_are_wrong_show_in_records_and_move_no_deadline) {
  start();
  world_.set_clocks(-1h, 1h);
  EXPECT_LT(time_of("earlier"), 100ms);
  const auto all = kit_.broker().records("orders", 0);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_LT(all[1].timestamp, all[0].timestamp - 3'000'000);
  EXPECT_EQ(world_.broker_time().wall - std::chrono::milliseconds(kit_.wall().time_since_epoch().count()), 2h);
}

TEST_F(world_trouble, a_leap_makes_everything_late_at_once) {
  start();
  const steady_ns before = world_.lived();
  world_.at(kit_.now() + 100us, [this] { world_.leap(10s); });  // a request is under way, its time-out over
  EXPECT_GE(time_of("late"), 10s);
  EXPECT_LT(world_.lived() - before, 1s);
  EXPECT_EQ(stored(), 2u);
}

TEST_F(world_trouble, a_client_that_stands_still_goes_on_where_it_was) {
  start(30s);
  world_.suspend(~0ull, 2s);
  const auto took = time_of("afterwards");
  EXPECT_GE(took, 2s);
  EXPECT_LT(took, 2s + 100ms);
}

}  // namespace
}  // namespace ottla
