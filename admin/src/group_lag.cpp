// How far groups are behind: their descriptions, what they have committed, and where the partitions end, put together.
#include <algorithm>
#include <map>

#include "ottla/admin.hpp"

namespace ottla {
inline namespace v0 {
namespace {

using place = std::pair<std::string, std::int32_t>;

/// All partitions that the group reads or has read.
std::vector<partition_lag> partitions_of(const group_description& group, const group_offsets& offsets) {
  std::map<place, partition_lag> found;
  const auto at = [&](const std::string& topic, std::int32_t partition) -> partition_lag& {
    partition_lag& one = found[{topic, partition}];
    one.topic = topic;
    one.partition = partition;
    return one;
  };
  for (const committed_partition& one : offsets.partitions) {
    partition_lag& into = at(one.topic, one.partition);
    into.committed = one.offset;
    into.metadata = one.metadata;
    into.failure = one.failure;
  }
  for (std::size_t m = 0; m < group.members.size(); ++m) {
    for (const topic_partitions& topic : group.members[m].assignment) {
      for (const std::int32_t partition : topic.partitions) at(topic.topic, partition).member = m;
    }
  }
  std::vector<partition_lag> out;
  for (auto& [key, one] : found) out.push_back(std::move(one));
  return out;
}

void measure(group_lag& of, const std::map<place, const offset_answer*>& ends) {
  for (partition_lag& one : of.partitions) {
    const offset_answer& end = *ends.at({one.topic, one.partition});
    if (end.failure) {
      if (!one.failure) one.failure = end.failure;
      continue;
    }
    one.end = end.offset;
    if (one.committed < 0) continue;
    one.lag = one.end - one.committed;
    of.total += std::max<std::int64_t>(*one.lag, 0);
  }
}

}  // namespace

result<std::vector<group_lag>> admin::describe_lag(std::span<const std::string> groups, const group_lag_options& how) {
  host& runner = cluster_.state()->runner();
  const steady_ns deadline = after(runner.now().mono, how.timeout);
  const auto left = [&] {
    return std::max(std::chrono::duration_cast<std::chrono::milliseconds>(deadline - runner.now().mono),
                    std::chrono::milliseconds(1));
  };
  auto described = describe_groups(groups, how.timeout);
  if (!described) return unexpected(described.error());
  std::vector<group_lag> out(groups.size());
  std::vector<group_offsets_query> queries;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    out[i].description = std::move((*described)[i]);
    if (!out[i].description.failure) queries.push_back({.group = groups[i]});
  }
  auto offsets = list_group_offsets(queries, {.timeout = left()});
  if (!offsets) return unexpected(offsets.error());
  std::map<place, const offset_answer*> ends;
  auto committed = offsets->begin();
  for (group_lag& one : out) {
    if (one.description.failure) continue;
    one.failure = committed->failure;
    one.partitions = partitions_of(one.description, *committed++);
    for (const partition_lag& part : one.partitions) ends[{part.topic, part.partition}] = nullptr;
  }
  std::vector<offset_query> asked;
  for (const auto& [at, nothing] : ends) asked.push_back({at.first, at.second, latest_offset});
  std::vector<offset_answer> told;
  if (!asked.empty()) {
    auto got = list_offsets(asked, how.isolation, left());
    if (!got) return unexpected(got.error());
    told = std::move(*got);
  }
  for (const offset_answer& one : told) ends[{one.topic, one.partition}] = &one;
  for (group_lag& one : out) measure(one, ends);
  return out;
}

}  // namespace v0
}  // namespace ottla
