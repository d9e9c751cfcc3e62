// fault_plan: what breaks when, as data: drawn from a seed, saved, replayed, and made smaller while it still fails.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "ottla/net/random.hpp"

namespace ottla {
inline namespace v0 {
namespace sim {

enum class fault_kind : std::uint8_t {
  reset_links,     ///< every connection ends with a reset; what was on its way is lost
  restart_broker,  ///< connections end, logs stay
  stop_broker,     ///< gone for `length`
  pause_broker,    ///< takes bytes and says nothing for `length`
  slow_network,    ///< `length` of added latency up to 400 ms
  move_leaders,    ///< other replicas lead
  produce_error,   ///< the next Produce requests answer with an error
  produce_lost,    ///< the next Produce is applied, its answer never comes
  produce_cut,     ///< the next Produce is applied, then half an answer and a reset
  fetch_error,
  fetch_cut,
  metadata_error,
  forget_producer,    ///< the broker's memory of producer ids expires
  group_error,        ///< the next request of a group answers with an error
  group_cut,          ///< the next request of a group is applied, its answer is lost with the connection
  group_late,         ///< the next request of a group is applied, its answer takes up to `length`
  throttle,           ///< the next request of some API is answered with a throttle time of `length`
  move_coordinators,  ///< another node coordinates the group, and every other time the transactions
  shrink_isr,         ///< two of three replicas are out of sync for `length`
  transaction_error,  ///< the next request of a transaction answers with an error
  transaction_cut,    ///< the next request of a transaction is applied, its answer is lost with the connection
  transaction_late,   ///< the next request of a transaction is applied, its answer takes up to `length`
  lie,                ///< the next piece that a broker sends is garbage, lies about its length, comes twice, ...
  kill_cluster,     ///< the process of all nodes dies during one of its next writes; back `length` later, with its disk
  power_cut,        ///< the same, and of the write that was under way any sectors are there
  half_open,        ///< connections that swallow everything in one direction, for good; nobody is told
  cut_network,      ///< some clients do not reach some nodes for `length`, and what they said comes late
  forget_links,     ///< the same, and what they said never comes, nor anything behind it
  limit_bandwidth,  ///< 30 KB/s to 4 MB/s for `length`
  names_fail,       ///< no name resolves for `length`
  names_hang,       ///< look-ups take up to `length`
  dead_addresses,   ///< for `length` names lead to addresses where nobody is as well
  move_node,        ///< a node has another address, of which names know up to `length` later
  replace_nodes,    ///< all nodes are advertised elsewhere, and only the bootstrap address leads to them: C-56
  set_clocks,       ///< wall clocks of clients and brokers are wrong, by up to 6 h
  leap,             ///< time passes in which nobody does anything, up to 2 min: everything is late at once
  suspend_clients,  ///< some clients' cores stand still for `length`
  lag_replicas,     ///< what a node follows it gets late, or not at all, for `length`
  lose_leader,      ///< all stop following a node, and soon it fails, its unflushed records too, for `length`
};

struct fault_event {
  std::chrono::milliseconds when{0};
  fault_kind kind{};
  std::chrono::milliseconds length{0};
  std::uint64_t draw = 0;  ///< decides details, so that leaving another event out changes nothing here
};
using fault_plan = std::vector<fault_event>;

/// Which kinds a profile draws from, and how many per virtual minute.
struct fault_profile {
  std::string name;
  std::vector<fault_kind> kinds;
  int per_minute = 0;
  /// Who lives in the world.
  enum class cast : std::uint8_t {
    producers,  ///< and a reader
    members,    ///< of a group
    services,   ///< handlers, retries, dead letters
    deceived,   ///< clients whose brokers lie to them
    copiers,    ///< who read and write in transactions
    sluggish,   ///< a reader that takes long, and holds on to what it read
    replays,    ///< processes that send dead letters back, and are killed
    any,        ///< producers, members, services, copiers, or a reader that takes long: the seed decides
  } who = cast::producers;
};
const std::vector<fault_profile>& profiles();
const fault_profile* find_profile(std::string_view name);

fault_plan draw_plan(const fault_profile& profile, std::chrono::milliseconds during, random_stream rng);
std::string to_string(const fault_event& event);

}  // namespace sim
}  // namespace v0
}  // namespace ottla
