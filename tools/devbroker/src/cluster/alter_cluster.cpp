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
  if (which.settings.elects_unclean) elect_leaders();
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
  p.replicas = std::move(replicas);
  std::erase_if(p.held_out, [&](std::int32_t id) { return std::count(p.replicas.begin(), p.replicas.end(), id) == 0; });
  keep(of);
  elect_leaders();
  ++changes;
}

error_code cluster_state::elect_preferred(partition& p) {
  const std::int32_t preferred = p.replicas.front();
  if (p.leader == preferred) return error_code::election_not_needed;
  if (!node_by_id(preferred)->up || std::find(p.in_sync.begin(), p.in_sync.end(), preferred) == p.in_sync.end())
    return error_code::preferred_leader_not_available;
  lead(p, preferred);
  return error_code::none;
}

error_code cluster_state::elect_unclean(partition& p) {
  if (p.leader != no_node) return error_code::election_not_needed;
  for (const std::int32_t id : p.replicas) {
    if (!node_by_id(id)->up) continue;
    elect_unclean_into(p, id);
    return error_code::none;
  }
  return error_code::eligible_leaders_not_available;
}

void cluster_state::elect_unclean_into(partition& p, std::int32_t node) {
  // It is in sync now by definition, whoever held it out; the others catch up with it at once.
  std::erase(p.held_out, node);
  p.in_sync.clear();
  for (const std::int32_t id : p.replicas)
    if (node_by_id(id)->up && std::find(p.held_out.begin(), p.held_out.end(), id) == p.held_out.end())
      p.in_sync.push_back(id);
  lead(p, node);
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
