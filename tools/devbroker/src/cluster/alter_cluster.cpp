// What administrators change of a cluster that runs: settings, more partitions, who leads.
#include <algorithm>
#include <utility>

#include "cluster/cluster_state.hpp"
#include "cluster/setting.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

using protocol::error_code;

plan_error refused(error_code error, std::string why) { return {error, std::move(why)}; }

}  // namespace

std::string cluster_state::alter(topic& which, setting_values given) {
  if (std::string why = which.settings.assign(std::move(given)); !why.empty()) return why;
  for (const auto& p : which.partitions) p->log.set_segment_bytes(segment_bytes_of(which.settings));
  keep(which);
  elect_leaders();  // which may be unclean now, and fewer may have to be in sync
  ++changes;
  return {};
}

const setting_values& cluster_state::set_of_broker(std::string_view node) const {
  static const setting_values none;
  const auto found = set_of_brokers_.find(node);
  return found == set_of_brokers_.end() ? none : found->second;
}

void cluster_state::alter_broker(std::string_view node, setting_values given) {
  set_of_brokers_.insert_or_assign(std::string(node), std::move(given));
  keep_broker(node);
  inherit_anew();
  elect_leaders();
  ++changes;
}

void cluster_state::inherit_anew() {
  auto out = std::make_shared<setting_values>();
  const auto take = [&](const setting_values& given) {
    for (const auto& [name, value] : given) {
      const setting* known = find_setting(broker_settings_table(), name);
      if (known != nullptr && !known->counterpart.empty())
        out->insert_or_assign(std::string(known->counterpart), value);
    }
  };
  take(set_of_broker(""));
  if (nodes.size() == 1) take(set_of_broker(std::to_string(nodes.front().about.id)));
  inherited_ = std::move(out);
  for (const auto& [name, t] : topics.all()) {
    t->settings.inherit(inherited_);
    for (const auto& p : t->partitions) p->log.set_segment_bytes(segment_bytes_of(t->settings));
  }
}

std::vector<std::int32_t> cluster_state::next_replicas(std::size_t count) {
  std::vector<std::int32_t> out;
  for (std::size_t r = 0; r < count; ++r) out.push_back(nodes[(next_leader_ + r) % nodes.size()].about.id);
  ++next_leader_;
  return out;
}

std::optional<plan_error> cluster_state::check_replicas(const std::vector<std::int32_t>& replicas, std::size_t wanted) {
  constexpr auto invalid = error_code::invalid_replica_assignment;
  if (replicas.empty()) return refused(invalid, "An assignment must name at least one node.");
  for (const std::int32_t id : replicas) {
    if (node_by_id(id) == nullptr)
      return refused(invalid, "An assignment names node " + std::to_string(id) + ", which does not exist.");
    if (std::count(replicas.begin(), replicas.end(), id) != 1)
      return refused(invalid, "An assignment names node " + std::to_string(id) + " more than once.");
  }
  if (replicas.size() != wanted)
    return refused(invalid, "All partitions must have equally many replicas: " + std::to_string(wanted) + ", not " +
                                std::to_string(replicas.size()) + ".");
  if (std::none_of(replicas.begin(), replicas.end(), [&](std::int32_t id) { return node_by_id(id)->up; }))
    return refused(invalid, "None of the nodes that an assignment names is up.");
  return std::nullopt;
}

std::optional<plan_error> cluster_state::check_growth(const topic& which, std::int32_t count,
                                                      const replica_lists* assignments) {
  const auto there = static_cast<std::int32_t>(which.partitions.size());
  if (count == there)
    return refused(error_code::invalid_partitions, "The topic has " + std::to_string(there) + " partitions already.");
  if (count < there)
    return refused(error_code::invalid_partitions, "The topic has " + std::to_string(there) +
                                                       " partitions, and their number can only grow; " +
                                                       std::to_string(count) + " would be fewer.");
  if (count > most_partitions)
    return refused(error_code::invalid_partitions,
                   "A topic can have " + std::to_string(most_partitions) + " partitions at most.");
  if (assignments == nullptr) return std::nullopt;
  if (assignments->size() != static_cast<std::size_t>(count - there))
    return refused(error_code::invalid_replica_assignment, "There are to be " + std::to_string(count - there) +
                                                               " more partitions, and " +
                                                               std::to_string(assignments->size()) + " are assigned.");
  for (const auto& replicas : *assignments)
    if (auto error = check_replicas(replicas, which.partitions.front()->replicas.size())) return error;
  return std::nullopt;
}

void cluster_state::grow(topic& which, std::int32_t count, const replica_lists* assignments) {
  const std::size_t there = which.partitions.size();
  const std::size_t copies = which.partitions.front()->replicas.size();
  for (std::size_t i = there; i < static_cast<std::size_t>(count); ++i)
    add_partition(which, assignments != nullptr ? (*assignments)[i - there] : next_replicas(copies));
  keep(which);
  elect_leaders();
  ++changes;
}

void cluster_state::reassign(topic& of, partition& p, std::vector<std::int32_t> replicas) {
  // Whoever is new among them and runs gets all of the log at once; who does not run has nothing of it yet.
  const std::vector<std::int32_t> before = std::exchange(p.replicas, std::move(replicas));
  std::vector<std::int32_t> in_sync;
  for (const std::int32_t id : p.replicas) {
    const bool is_new = std::find(before.begin(), before.end(), id) == before.end();
    if (is_new && !is_up(id)) p.trail(id).fall_back(p.log.start_offset(), p.log.end_offset(), now_.mono);
    if (is_new ? is_up(id) : p.is_in_sync(id)) in_sync.push_back(id);
  }
  p.in_sync = std::move(in_sync);
  std::erase_if(p.trailing, [&](const trailing_replica& t) { return !p.is_replica(t.node); });
  keep(of);
  elect_leaders();
  ++changes;
}

error_code cluster_state::elect_preferred(partition& p) {
  const std::int32_t preferred = p.replicas.front();
  if (p.leader == preferred) return error_code::election_not_needed;
  if (!is_up(preferred) || !p.is_in_sync(preferred)) return error_code::preferred_leader_not_available;
  if (!lead(p, preferred)) return error_code::kafka_storage_error;
  catch_up(p, now_.mono);
  return error_code::none;
}

error_code cluster_state::elect_unclean(partition& p) {
  if (p.leader != no_node) return error_code::election_not_needed;
  for (const std::int32_t id : p.replicas) {
    if (is_up(id)) return elect_unclean_into(p, id);
  }
  return error_code::eligible_leaders_not_available;
}

error_code cluster_state::elect_unclean_into(partition& p, std::int32_t node) {
  if (!lead(p, node)) return error_code::kafka_storage_error;
  p.in_sync = {node};
  catch_up(p, now_.mono);
  return error_code::none;
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
