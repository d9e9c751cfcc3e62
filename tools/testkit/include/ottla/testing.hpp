// testing: a Kafka cluster inside a test, and a clock that the test turns.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ottla/cluster.hpp"
#include "ottla/mock/broker.hpp"
#include "ottla/net/time.hpp"
#include "ottla/result.hpp"

namespace ottla {
inline namespace v0 {
namespace sim {
class world;
}

struct test_kit_options {
  /// Nodes of the cluster, 1 to 100.
  int brokers = 1;
  /// Decides latencies, jitter and ids. The same seed and the same calls give the same run, byte for byte.
  std::uint64_t seed = 1;
  /// How long a piece of data is on its way, drawn between the two.
  std::chrono::microseconds latency_min{50};
  std::chrono::microseconds latency_max{800};
  /// Reads and writes move fewer bytes than they could, now and then, as on a real network.
  bool torn_io = true;
};

/// A dev broker cluster and any number of clients in one thread, without sockets and in virtual time: an hour of
/// retries takes milliseconds, and nothing depends on how busy the machine is. The very core that ships runs here; only
/// network and clock are replaced.
///
///     ottla::test_kit kit;
///     kit.broker().create_topic("orders", 3);
///     auto cluster = kit.open();
///     ottla::producer out(*cluster);
///     out.topic("orders").deliver({.value = "paid"}, 5s);        // blocking calls let virtual time go on
///     kit.run_for(10min);                                        // so does this
///     EXPECT_EQ(kit.broker().records("orders", 0).size() + ..., 1u);
///
/// Trouble is one call away: kit.broker().inject(...), stop(0), pause(0), move_leader(...), and
/// kit.reset_connections().
///
/// One thread: the one that made it. Clusters opened here, and all on them, go before the kit does.
class test_kit {
 public:
  explicit test_kit(test_kit_options options = {});
  ~test_kit();
  test_kit(const test_kit&) = delete;
  test_kit& operator=(const test_kit&) = delete;

  /// A client's connection to the cluster, as cluster::open gives it. `bootstrap` is filled in, `thread` does not
  /// matter, a seed of 0 is drawn from the kit's. Errors: invalid_config.
  result<cluster> open(cluster_config config = {});
  /// Where clients find the cluster.
  std::string bootstrap() const;

  /// Topics, faults, and what is stored.
  mock::broker& broker();
  /// Every connection ends with a reset; what was on its way is lost.
  void reset_connections();

  steady_ns now() const;
  wall_ms wall() const;
  /// Lets so much time pass; clients, brokers and handlers do what is due.
  void run_for(std::chrono::nanoseconds time);
  /// Lets time pass until the condition holds, `limit` at most. Whether it holds.
  bool run_until(const std::function<bool()>& condition, std::chrono::nanoseconds limit);

  /// For hosts of one's own.
  sim::world& world();

 private:
  std::unique_ptr<sim::world> world_;
  std::uint64_t opened_ = 0;
};

}  // namespace v0
}  // namespace ottla
