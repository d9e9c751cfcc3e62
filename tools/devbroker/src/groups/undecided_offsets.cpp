// Offsets that open transactions have committed to a group: seen by nobody until the transaction ends.
#include "groups/undecided_offsets.hpp"

#include <algorithm>

namespace ottla {
inline namespace v0 {
namespace mock {

bool undecided_offsets::any(std::string_view topic, std::int32_t partition) const {
  return std::any_of(producers_.begin(), producers_.end(),
                     [&](const auto& entry) { return entry.second.find(topic, partition) != nullptr; });
}

void undecided_offsets::decide(std::int64_t producer_id, bool commit, committed_offsets& into) {
  const auto held = producers_.extract(producer_id);
  if (held.empty() || !commit) return;
  for (const auto& [topic, partitions] : held.mapped().all()) {
    for (const auto& [index, value] : partitions) {
      const committed_offset* there = into.find(topic, index);
      if (there == nullptr || there->order < value.order) into.put(topic, index, value);
    }
  }
}

void undecided_offsets::remove(std::string_view topic, std::int32_t partition) {
  for (auto& [id, offsets] : producers_) offsets.remove(topic, partition);
  std::erase_if(producers_, [](const auto& entry) { return entry.second.empty(); });
}

void undecided_offsets::remove(std::string_view topic) {
  for (auto& [id, offsets] : producers_) offsets.remove(topic);
  std::erase_if(producers_, [](const auto& entry) { return entry.second.empty(); });
}

std::size_t undecided_offsets::size_bytes() const {
  std::size_t sum = producers_.size() * sizeof(committed_offsets);
  for (const auto& [id, offsets] : producers_) sum += offsets.size_bytes();
  return sum;
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
