// offset_lists: offsets to commit as the wire has them: each topic once, with its partitions.
#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include "ottla/group.hpp"
#include "ottla/protocol/arena.hpp"
#include "ottla/protocol/types.hpp"

namespace ottla {
inline namespace v0 {

inline void sort_by_topic(std::vector<offset_to_commit>& offsets) {
  std::stable_sort(offsets.begin(), offsets.end(),
                   [](const auto& a, const auto& b) { return a.where.topic < b.where.topic; });
}

/// In the form of a generated message. `sorted` is by topic, and borrowed; what is returned lives in `memory`.
template <class Topic, class Partition>
protocol::array<Topic> offsets_by_topic(std::span<const offset_to_commit> sorted, bool with_epochs,
                                        protocol::arena& memory) {
  auto* topics = memory.make<Topic>(sorted.size());
  auto* partitions = memory.make<Partition>(sorted.size());
  std::size_t count = 0;
  for (std::size_t begin = 0, end = 0; begin < sorted.size(); begin = end) {
    for (end = begin; end < sorted.size() && sorted[end].where.topic == sorted[begin].where.topic; ++end) {
      partitions[end].partition_index = sorted[end].where.partition;
      partitions[end].committed_offset = sorted[end].offset;
      if (with_epochs) partitions[end].committed_leader_epoch = sorted[end].leader_epoch;
      partitions[end].committed_metadata = sorted[end].metadata;
    }
    topics[count].name = sorted[begin].where.topic;
    topics[count++].partitions = {partitions + begin, end - begin};
  }
  return {topics, count};
}

}  // namespace v0
}  // namespace ottla
