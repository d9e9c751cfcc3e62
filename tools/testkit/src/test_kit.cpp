// test_kit: a world, and clients on it.
#include <algorithm>

#include "ottla/sim/sim_host.hpp"
#include "ottla/sim/world.hpp"
#include "ottla/testing.hpp"

namespace ottla {
inline namespace v0 {
namespace {

constexpr std::uint16_t first_port = 9092;

mock::broker_options cluster_of(int brokers) {
  mock::broker_options out;
  out.nodes.clear();
  for (int i = 0; i < std::clamp(brokers, 1, 100); ++i) {
    mock::node_options node;
    node.id = i + 1;
    node.port = static_cast<std::uint16_t>(first_port + i);
    out.nodes.push_back(node);
  }
  return out;
}

sim::weather weather_of(const test_kit_options& options) {
  return {options.latency_min, std::max(options.latency_min, options.latency_max), options.torn_io};
}

}  // namespace

test_kit::test_kit(test_kit_options options)
    : world_(std::make_unique<sim::world>(options.seed, weather_of(options), cluster_of(options.brokers))) {}
test_kit::~test_kit() = default;

result<cluster> test_kit::open(cluster_config config) {
  config.bootstrap = bootstrap();
  if (config.seed == 0) config.seed = world_->stream("test-kit-client", opened_++).next() | 1;
  return cluster::open_on(std::make_unique<sim::sim_host>(*world_), std::move(config));
}

std::string test_kit::bootstrap() const { return "sim:" + std::to_string(first_port); }
mock::broker& test_kit::broker() { return world_->cluster(); }
void test_kit::reset_connections() { world_->reset_links(); }
steady_ns test_kit::now() const { return world_->now(); }
wall_ms test_kit::wall() const { return world_->wall(); }
void test_kit::run_for(std::chrono::nanoseconds time) { world_->run_for(time); }
bool test_kit::run_until(const std::function<bool()>& condition, std::chrono::nanoseconds limit) {
  return world_->run_until(condition, world_->now() + limit);
}
sim::world& test_kit::world() { return *world_; }

}  // namespace v0
}  // namespace ottla
