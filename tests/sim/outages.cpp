// outages: faults of network, name service, clocks and machines, and what they do to a world.
#include "troubles.hpp"

namespace ottla {
inline namespace v0 {
namespace sim {
namespace {

using namespace std::chrono_literals;

// Some of them: any set of the first eight, and one that is never empty.
std::uint64_t some(random_stream& rng) {
  const std::uint64_t which = 1 + rng.below(255);
  std::uint64_t out = 0;
  for (int i = 0; i < 64; i += 8) out |= which << i;
  return out;
}

// Less than the time for which brokers remember a producer, so that none is forgotten.
std::chrono::milliseconds drawn_skew(random_stream& rng) {
  const auto most = static_cast<std::uint64_t>(std::chrono::milliseconds(6h).count());
  return std::chrono::milliseconds(rng.below(2 * most)) - std::chrono::milliseconds(most);
}

}  // namespace

void troubles::apply_outage(const fault_event& fault) {
  random_stream rng(fault.draw);
  const steady_ns end = world_.now() + fault.length;
  switch (fault.kind) {
    case fault_kind::kill_cluster:
    case fault_kind::power_cut:
      world_.kill_cluster(rng.below(4) == 0 ? 0 : 1 + rng.below(60),
                          fault.kind == fault_kind::power_cut ? death::power_cut : death::killed, rng.next(),
                          fault.length);
      break;
    case fault_kind::half_open:
      world_.lose_directions(rng.next());
      break;
    case fault_kind::cut_network:
    case fault_kind::forget_links: {
      const std::uint64_t clients = some(rng), nodes = some(rng);
      world_.net().cut({clients, nodes, end, fault.kind == fault_kind::forget_links});
      break;
    }
    case fault_kind::limit_bandwidth:
      world_.net().limit_bandwidth(std::uint64_t{30'000} << rng.below(8));
      world_.at(end, [this] { world_.net().limit_bandwidth(0); });
      break;
    case fault_kind::names_fail:
      world_.names().fail_until(end);
      break;
    case fault_kind::names_hang:
      world_.names().be_silent_until(end);
      break;
    case fault_kind::dead_addresses:
      world_.names().mix_in_dead(rng.next(), end);
      break;
    case fault_kind::move_node:
      world_.move_node(
          rng.below(world_.cluster().node_count()), rng.next(),
          world_.now() + std::chrono::milliseconds(rng.below(static_cast<std::uint64_t>(fault.length.count()))));
      break;
    case fault_kind::replace_nodes:
      world_.replace_nodes(rng.next(), forgets_soon(world_) ? protocol::error_code::request_timed_out
                                                            : protocol::error_code::rebootstrap_required);
      break;
    case fault_kind::set_clocks: {
      // Those of clients, those of brokers, or all of them, alike or not.
      const std::uint64_t whose = rng.below(4);
      const std::chrono::milliseconds one = drawn_skew(rng), other = drawn_skew(rng);
      world_.set_clocks(whose == 1 ? 0ms : one, whose == 0 ? 0ms : whose == 2 ? one : other);
      break;
    }
    case fault_kind::leap:
      world_.leap(fault.length * (1 + rng.below(rng.below(3) == 0 ? 30 : 3)));
      break;
    case fault_kind::suspend_clients:
      world_.suspend(some(rng), fault.length);
      break;
    default:
      break;
  }
}

}  // namespace sim
}  // namespace v0
}  // namespace ottla
