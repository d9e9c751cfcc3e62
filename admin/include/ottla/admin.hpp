// admin: what an operator asks of a cluster. Blocking calls with deadlines; any thread but the core's own.
#pragma once

#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ottla/admin/cluster.hpp"
#include "ottla/admin/configs.hpp"
#include "ottla/admin/group_offsets.hpp"
#include "ottla/admin/groups.hpp"
#include "ottla/admin/offsets.hpp"
#include "ottla/admin/topics.hpp"
#include "ottla/cluster.hpp"

namespace ottla {
inline namespace v0 {

/// Cheap: shares the cluster's connections and keeps none of its own. Everything it returns owns what it holds.
///
/// A call fails as a whole (the outer error) when no usable answer came: broker_unreachable, timed_out, not_kafka,
/// unsupported_version, closed, would_deadlock, ... What the cluster says about a single topic or partition is in that
/// element's `failure`. Requests that change something go to the controller and are repeated when it moved
/// (NOT_CONTROLLER, C-59); after a lost answer they are repeated only where that cannot do harm, otherwise the error
/// says that it may have taken effect.
class admin {
 public:
  explicit admin(cluster on) : cluster_(std::move(on)) {}

  /// One element per topic, in the order asked.
  result<std::vector<created_topic>> create_topics(std::span<const new_topic> topics,
                                                   const create_topics_options& how = {});
  result<std::vector<deleted_topic>> delete_topics(std::span<const std::string> names,
                                                   const delete_topics_options& how = {});
  /// Adds partitions up to the numbers that are said. Records with keys go to other partitions from then on.
  result<std::vector<enlarged_topic>> create_partitions(std::span<const partition_count> topics,
                                                        const create_partitions_options& how = {});

  /// All topics this client may see, ascending by name.
  result<std::vector<topic_description>> list_topics(bool include_internal = false,
                                                     std::chrono::milliseconds timeout = std::chrono::seconds(30));
  /// In the order asked. Never makes a topic.
  result<std::vector<topic_description>> describe_topics(std::span<const std::string> names,
                                                         std::chrono::milliseconds timeout = std::chrono::seconds(30));

  result<cluster_description> describe_cluster(std::chrono::milliseconds timeout = std::chrono::seconds(30));

  /// A broker's settings are asked of that broker.
  result<std::vector<config_description>> describe_configs(
      std::span<const config_resource> resources, std::chrono::milliseconds timeout = std::chrono::seconds(30));
  /// Brokers from 2.3 (KIP-339). What is not named stays as it is. A broker's settings are changed by that broker.
  /// After a lost answer it is repeated unless something is appended or subtracted.
  result<std::vector<altered_configs>> alter_configs(std::span<const config_changes> resources,
                                                     const alter_configs_options& how = {});

  /// Asks the leaders; leaders that moved are looked up again until the deadline. In the order asked.
  result<std::vector<offset_answer>> list_offsets(std::span<const offset_query> queries,
                                                  read_isolation isolation = read_isolation::uncommitted,
                                                  std::chrono::milliseconds timeout = std::chrono::seconds(30));

  // Groups. Each question goes to the group's coordinator, which is looked up again when it moved and waited for while
  // it loads (C-39), until the deadline. Several groups are asked together; naming one twice is invalid_argument.

  /// Asks all brokers: each knows the groups that it coordinates. Fails only if none of them answers.
  result<group_listing> list_groups(const list_groups_options& how = {});
  /// In the order asked.
  result<std::vector<group_description>> describe_groups(std::span<const std::string> groups,
                                                         std::chrono::milliseconds timeout = std::chrono::seconds(30));
  /// Groups without members go, and what they have committed. In the order asked.
  result<std::vector<deleted_group>> delete_groups(std::span<const std::string> groups,
                                                   const delete_groups_options& how = {});
  /// Brokers from 2.4. `reason` is for the broker's log. A failure of the group as a whole is the outer error.
  result<std::vector<removed_member>> remove_members(const std::string& group,
                                                     std::span<const member_to_remove> members,
                                                     const std::string& reason = "removed by an operator",
                                                     std::chrono::milliseconds timeout = std::chrono::seconds(30));

  /// In the order asked.
  result<std::vector<group_offsets>> list_group_offsets(std::span<const group_offsets_query> queries,
                                                        const group_offsets_options& how = {});
  /// Sets what a group without members has committed; one that is not there is made. In the order given.
  result<std::vector<partition_outcome>> alter_group_offsets(
      const std::string& group, std::span<const group_offset> offsets,
      std::chrono::milliseconds timeout = std::chrono::seconds(30));
  /// Forgets what was committed for partitions of topics that no member reads. In the order given; a failure of the
  /// group as a whole is the outer error.
  result<std::vector<partition_outcome>> delete_group_offsets(
      const std::string& group, std::span<const topic_partition> partitions,
      std::chrono::milliseconds timeout = std::chrono::seconds(30));
  /// How far what was committed is behind the ends of the partitions. In the order asked.
  result<std::vector<group_lag>> describe_lag(std::span<const std::string> groups, const group_lag_options& how = {});

 private:
  cluster cluster_;
};

}  // namespace v0
}  // namespace ottla
