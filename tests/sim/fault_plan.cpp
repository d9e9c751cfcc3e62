// The profiles, and drawing a plan.
#include "fault_plan.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>

namespace ottla {
inline namespace v0 {
namespace sim {

const std::vector<fault_profile>& profiles() {
  using enum fault_kind;
  static const std::vector<fault_profile> all{
      {"calm", {}, 0},
      {"lossy", {reset_links, produce_lost, produce_cut, fetch_cut, slow_network}, 30},
      {"crashy", {restart_broker, stop_broker, pause_broker, reset_links}, 20},
      {"rolling", {restart_broker, move_leaders}, 20},
      {"errors", {produce_error, fetch_error, metadata_error, move_leaders}, 40},
      {"all",
       {reset_links,  restart_broker, stop_broker, pause_broker, slow_network,   move_leaders,    produce_error,
        produce_lost, produce_cut,    fetch_error, fetch_cut,    metadata_error, throttle,        shrink_isr,
        kill_cluster, power_cut,      half_open,   cut_network,  forget_links,   limit_bandwidth, names_fail,
        names_hang,   dead_addresses, move_node,   set_clocks,   leap,           suspend_clients, lag_replicas,
        lose_leader},
       40},
      {"power",
       {kill_cluster, kill_cluster, power_cut, power_cut, reset_links, produce_lost, group_cut, transaction_cut,
        move_leaders},
       20,
       fault_profile::cast::any},
      {"partitioned",
       {half_open, cut_network, cut_network, forget_links, limit_bandwidth, reset_links, slow_network, restart_broker},
       20,
       fault_profile::cast::any},
      {"moving",
       {names_fail, names_hang, dead_addresses, move_node, move_node, reset_links, restart_broker, stop_broker},
       25,
       fault_profile::cast::any},
      {"replaced",
       {replace_nodes, replace_nodes, reset_links, restart_broker, stop_broker, names_fail, move_leaders, produce_lost},
       20,
       fault_profile::cast::any},
      {"clocks",
       {set_clocks, set_clocks, leap, suspend_clients, suspend_clients, slow_network, reset_links, produce_lost,
        pause_broker},
       20,
       fault_profile::cast::any},
      {"replicas",
       {lag_replicas, lag_replicas, lose_leader, lose_leader, stop_broker, move_leaders, reset_links, produce_lost,
        produce_cut, slow_network, shrink_isr},
       30},
      {"rebalancing",
       {reset_links, restart_broker, stop_broker, pause_broker, slow_network, move_leaders, fetch_error, metadata_error,
        group_error, group_error, group_cut, group_cut, group_late, throttle, move_coordinators},
       30,
       fault_profile::cast::members},
      {"service",
       {reset_links, restart_broker, stop_broker, pause_broker, slow_network, move_leaders, produce_error, produce_lost,
        produce_cut, fetch_error, metadata_error, group_error, group_cut, group_late},
       60,
       fault_profile::cast::services},
      {"hostile-broker", {lie, lie, lie, reset_links, metadata_error}, 200, fault_profile::cast::deceived},
      {"slow-consumer",
       {reset_links, restart_broker, stop_broker, pause_broker, slow_network, move_leaders, fetch_error, fetch_cut,
        throttle},
       30,
       fault_profile::cast::sluggish},
      {"dlq-replay",
       {reset_links, restart_broker, stop_broker, pause_broker, slow_network, move_leaders, produce_error, produce_lost,
        produce_cut, produce_lost, fetch_error, metadata_error, group_error, group_cut, group_late, move_coordinators},
       90,
       fault_profile::cast::replays},
      {"transactional",
       {reset_links, restart_broker, stop_broker, pause_broker, slow_network, move_leaders, produce_error, produce_lost,
        produce_cut, group_error, group_cut, transaction_error, transaction_error, transaction_cut, transaction_cut,
        transaction_late, move_coordinators},
       40,
       fault_profile::cast::copiers},
  };
  return all;
}

const fault_profile* find_profile(std::string_view name) {
  for (const fault_profile& one : profiles()) {
    if (one.name == name) return &one;
  }
  return nullptr;
}

fault_plan draw_plan(const fault_profile& profile, std::chrono::milliseconds during, random_stream rng) {
  fault_plan plan;
  if (profile.kinds.empty()) return plan;
  const auto count =
      static_cast<std::uint64_t>(profile.per_minute) * static_cast<std::uint64_t>(during.count()) / 60'000;
  for (std::uint64_t i = 0; i < count; ++i) {
    fault_event one;
    one.when = std::chrono::milliseconds(rng.below(static_cast<std::uint64_t>(during.count())));
    one.kind = profile.kinds[rng.below(profile.kinds.size())];
    one.length = std::chrono::milliseconds(50 + rng.below(4'000));
    one.draw = rng.next();
    plan.push_back(one);
  }
  std::stable_sort(plan.begin(), plan.end(),
                   [](const fault_event& a, const fault_event& b) { return a.when < b.when; });
  return plan;
}

std::string to_string(const fault_event& event) {
  static constexpr std::string_view names[] = {
      "reset_links",     "restart_broker",    "stop_broker",   "pause_broker",
      "slow_network",    "move_leaders",      "produce_error", "produce_lost",
      "produce_cut",     "fetch_error",       "fetch_cut",     "metadata_error",
      "forget_producer", "group_error",       "group_cut",     "group_late",
      "throttle",        "move_coordinators", "shrink_isr",    "transaction_error",
      "transaction_cut", "transaction_late",  "lie",           "kill_cluster",
      "power_cut",       "half_open",         "cut_network",   "forget_links",
      "limit_bandwidth", "names_fail",        "names_hang",    "dead_addresses",
      "move_node",       "replace_nodes",     "set_clocks",    "leap",
      "suspend_clients", "lag_replicas",      "lose_leader",
  };
  static_assert(std::size(names) == static_cast<std::size_t>(fault_kind::lose_leader) + 1);
  return std::to_string(event.when.count()) + " ms " + std::string(names[static_cast<std::size_t>(event.kind)]) +
         " for " + std::to_string(event.length.count()) + " ms, draw " + std::to_string(event.draw);
}

}  // namespace sim
}  // namespace v0
}  // namespace ottla
