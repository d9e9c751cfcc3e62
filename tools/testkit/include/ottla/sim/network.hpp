// network: what is wrong with the virtual network at the moment, and when a piece of data that is sent now arrives.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "ottla/net/random.hpp"
#include "ottla/net/time.hpp"

namespace ottla {
inline namespace v0 {
namespace sim {

/// How bad the network is. Each draw comes from a stream of its own, so that a new kind of draw reshuffles no other.
struct weather {
  std::chrono::microseconds latency_min{50};
  std::chrono::microseconds latency_max{800};
  bool torn = true;  ///< reads and writes move fewer bytes than they could
};

/// Some clients and some nodes that do not reach each other: bit i stands for client, or node, i modulo 64.
struct network_cut {
  std::uint64_t clients = 0;
  std::uint64_t nodes = 0;
  steady_ns until{};
  /// What is sent meanwhile is never sent again, as by a firewall that forgets its connections: nothing of that
  /// direction arrives any more. Else it comes when the cut has ended, as TCP has it.
  bool forgets = false;
};

/// One direction of a connection.
struct one_way {
  steady_ns last{};   ///< the arrival of what was sent before: bytes stay in order
  bool lost = false;  ///< swallows everything, and nobody is told
};

class network {
 public:
  network(weather usual, random_stream latency) : usual_(usual), rng_(latency) {}

  const weather& usual() const { return usual_; }
  std::chrono::nanoseconds latency();
  /// Nothing: it never arrives.
  std::optional<steady_ns> arrival(one_way& on, int client, std::size_t node, std::size_t bytes, steady_ns now);
  /// How much may travel in one piece.
  std::size_t largest_piece() const;
  /// Until when they do not reach each other; not later than now if they do.
  steady_ns cut_until(int client, std::size_t node, steady_ns now) const;

  /// Each piece takes up to so much longer from now on.
  void slow_down(std::chrono::microseconds most) { extra_latency_ = most; }
  /// Of each direction of each connection; 0: any.
  void limit_bandwidth(std::uint64_t bytes_per_second) { bandwidth_ = bytes_per_second; }
  void cut(const network_cut& what) { cuts_.push_back(what); }
  void mend();

 private:
  const network_cut* cut_between(int client, std::size_t node, steady_ns now) const;

  weather usual_;
  random_stream rng_;
  std::chrono::microseconds extra_latency_{0};
  std::uint64_t bandwidth_ = 0;
  std::vector<network_cut> cuts_;
};

}  // namespace sim
}  // namespace v0
}  // namespace ottla
