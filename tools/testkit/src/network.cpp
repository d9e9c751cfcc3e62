// network: latency, bandwidth, and cuts.
#include "ottla/sim/network.hpp"

#include <algorithm>
#include <limits>

namespace ottla {
inline namespace v0 {
namespace sim {

std::chrono::nanoseconds network::latency() {
  const auto spread = static_cast<std::uint64_t>((usual_.latency_max - usual_.latency_min).count()) + 1;
  return usual_.latency_min + std::chrono::microseconds(rng_.below(spread)) +
         std::chrono::microseconds(rng_.below(static_cast<std::uint64_t>(extra_latency_.count()) + 1));
}

const network_cut* network::cut_between(int client, std::size_t node, steady_ns now) const {
  const network_cut* longest = nullptr;
  for (const network_cut& one : cuts_) {
    const bool hit = now < one.until && client >= 0 && ((one.clients >> (client % 64)) & 1) != 0 &&
                     ((one.nodes >> (node % 64)) & 1) != 0;
    if (hit && (longest == nullptr || one.forgets || one.until > longest->until)) longest = &one;
    if (hit && one.forgets) break;
  }
  return longest;
}

steady_ns network::cut_until(int client, std::size_t node, steady_ns now) const {
  const network_cut* between = cut_between(client, node, now);
  return between == nullptr ? now : between->until;
}

std::optional<steady_ns> network::arrival(one_way& on, int client, std::size_t node, std::size_t bytes, steady_ns now) {
  const std::chrono::nanoseconds way = latency();
  steady_ns leaves = now;
  if (const network_cut* between = cut_between(client, node, now)) {
    on.lost = on.lost || between->forgets;
    leaves = between->until;
  }
  if (on.lost) return std::nullopt;
  on.last = std::max(on.last, leaves + way);
  if (bandwidth_ > 0) on.last += std::chrono::nanoseconds(bytes * 1'000'000'000 / bandwidth_);
  return on.last;
}

// At a limit some 20 ms of data, so that what is asked for in the meantime sees a stream and not one late lump.
std::size_t network::largest_piece() const {
  if (bandwidth_ == 0) return std::numeric_limits<std::size_t>::max();
  return std::max<std::size_t>(1460, static_cast<std::size_t>(bandwidth_) / 50);
}

void network::mend() {
  cuts_.clear();
  bandwidth_ = 0;
  extra_latency_ = {};
}

}  // namespace sim
}  // namespace v0
}  // namespace ottla
