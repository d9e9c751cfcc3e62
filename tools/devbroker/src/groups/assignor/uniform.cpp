// The assignor "uniform" where all members read the same topics, and the assignors by name.
#include <algorithm>
#include <utility>

#include "groups/assignor/server_assignor.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

using place = std::pair<protocol::uuid, std::int32_t>;

/// What of it is still there, up to the quota, which is counted down.
assignment kept_of(const assignor_input& in, const assignor_member& m, std::size_t& quota) {
  assignment out;
  for (const auto& [topic, indexes] : m.before) {
    const auto known = in.partitions.find(topic);
    if (known == in.partitions.end() || !m.topics.contains(topic)) continue;
    for (const std::int32_t index : indexes) {
      if (index >= known->second || quota == 0) continue;
      out[topic].insert(index);
      --quota;
    }
  }
  return out;
}

}  // namespace

bool assignor_input::is_homogeneous() const {
  return std::all_of(members.begin(), members.end(),
                     [&](const assignor_member& m) { return m.topics == members.front().topics; });
}

std::vector<assignment> assign_uniform(const assignor_input& in) {
  if (!in.is_homogeneous()) return assign_uniform_mixed(in);
  std::vector<assignment> out(in.members.size());
  if (in.members.empty()) return out;

  std::size_t total = 0;
  for (const protocol::uuid& topic : in.members.front().topics)
    total += static_cast<std::size_t>(in.partitions.at(topic));
  std::vector<std::size_t> missing(in.members.size());
  std::set<place> taken;
  for (std::size_t i = 0; i < in.members.size(); ++i) {
    // The first members have one more where the numbers do not come out even.
    missing[i] = total / in.members.size() + (i < total % in.members.size() ? 1 : 0);
    out[i] = kept_of(in, in.members[i], missing[i]);
    for (const auto& [topic, indexes] : out[i])
      for (const std::int32_t index : indexes) taken.emplace(topic, index);
  }
  std::size_t to = 0;
  for (const protocol::uuid& topic : in.members.front().topics) {
    for (std::int32_t index = 0; index < in.partitions.at(topic); ++index) {
      if (taken.contains({topic, index})) continue;
      while (missing[to] == 0) ++to;
      out[to][topic].insert(index);
      --missing[to];
    }
  }
  return out;
}

assignor find_assignor(std::string_view name) {
  if (name == default_assignor) return &assign_uniform;
  return name == "range" ? &assign_range : nullptr;
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
