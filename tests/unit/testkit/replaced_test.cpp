// A cluster whose nodes are all elsewhere at once: C-56 as a client lives it, and what it finds at the old addresses.
#include <gtest/gtest.h>

#include <string>

#include "ottla/producer.hpp"
#include "ottla/sim/sim_host.hpp"
#include "ottla/sim/world.hpp"

namespace ottla {
namespace {

using namespace std::chrono_literals;
using protocol::error_code;

mock::broker_options three_nodes() {
  mock::broker_options out;
  out.nodes = {{.id = 1, .port = 9092}, {.id = 2, .port = 9093}, {.id = 3, .port = 9094}};
  return out;
}

class replaced : public testing::Test {
 protected:
  replaced() {
    world_.have_entrance();
    EXPECT_EQ(world_.cluster().create_topic("orders", 3), "");
  }
  void start(const std::function<void(cluster_config&)>& set = [](cluster_config&) {}) {
    cluster_config config;
    config.bootstrap = world_.bootstrap();
    config.seed = 3;
    config.connection_setup_timeout = 2s;
    config.log = [this](log_level, std::string_view, std::string_view line) { log_ += std::string(line) + "\n"; };
    set(config);
    on_ = cluster::open_on(std::make_unique<sim::sim_host>(world_), config);
    ASSERT_TRUE(on_);
    out_.emplace(*on_, producer_config{});
    ASSERT_TRUE(send("first", 5s));
  }
  bool send(std::string_view value, std::chrono::milliseconds wait) {
    const auto told = out_->topic("orders").deliver({.value = value}, wait);
    return told && *told;
  }
  bool begun_anew() const { return log_.find("starting again from the bootstrap addresses") != std::string::npos; }
  /// The first draw under which all three addresses become that.
  static std::uint64_t draw_of(std::uint64_t kind) {
    for (std::uint64_t draw = 1;; ++draw) {
      random_stream rng(draw);
      if (rng.below(3) == kind && rng.below(3) == kind && rng.below(3) == kind) return draw;
    }
  }

  sim::world world_{7, sim::weather{}, three_nodes()};
  std::string log_;
  result<cluster> on_ = error(client_code::closed, {});
  std::optional<producer> out_;
};

TEST_F(replaced, C_56_addresses_that_are_refused_or_swallow_lead_back_to_the_bootstrap_list) {
  start();
  for (const std::uint64_t kind : {0u, 1u, 0u}) {
    world_.replace_nodes(draw_of(kind), error_code::none);
    EXPECT_TRUE(send("again", 15s)) << log_;
  }
  EXPECT_FALSE(begun_anew()) << "KIP-899 asks bootstrap beside brokers that all fail";
}

TEST_F(replaced, C_56_one_that_asks_for_it_is_obeyed_at_once) {
  start();
  world_.replace_nodes(draw_of(2), error_code::rebootstrap_required);
  EXPECT_TRUE(send("again", 5s)) << log_;
  EXPECT_TRUE(begun_anew());
}

TEST_F(replaced, C_56_one_that_never_gives_metadata_is_forgotten_when_the_time_is_over_and_not_before) {
  start([](cluster_config& config) { config.rebootstrap_trigger = 20s; });
  world_.replace_nodes(draw_of(2), error_code::request_timed_out);
  const steady_ns then = world_.now();
  EXPECT_TRUE(send("again", 30s)) << log_;
  EXPECT_TRUE(begun_anew());
  EXPECT_GE(world_.now() - then, 20s);
  EXPECT_LT(world_.now() - then, 24s);
}

TEST_F(replaced, where_no_recovery_is_wanted_it_is_lost) {
  start([](cluster_config& config) { config.recovery = metadata_recovery::none; });
  world_.replace_nodes(draw_of(2), error_code::rebootstrap_required);
  EXPECT_FALSE(send("again", 30s));
  EXPECT_FALSE(begun_anew());
}

}  // namespace
}  // namespace ottla
