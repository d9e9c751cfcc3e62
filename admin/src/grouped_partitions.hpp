// grouped_partitions: lists of partitions by topic, as requests about offsets want them.
#pragma once

#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

namespace ottla {
inline namespace v0 {

/// From version 10 on OffsetFetch and OffsetCommit name topics by id, which one who knows names would have to ask for
/// first.
inline constexpr std::int16_t last_version_with_names = 9;

/// Items have a `topic` and live outside.
template <class Items>
auto by_topic(const Items& items) {
  std::map<std::string_view, std::vector<const typename Items::value_type*>> out;
  for (const auto& one : items) out[one.topic].push_back(&one);
  return out;
}

}  // namespace v0
}  // namespace ottla
