// What the members of a group of the consumer protocol shall have: computed when members, subscriptions or topics
// change.
#include <algorithm>
#include <utility>

#include "groups/consumer/consumer_group.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

std::set<std::string, std::less<>> consumer_group::topics_of(const consumer_member& m) const {
  auto out = m.topics;
  if (const auto matched = matched_.find(m.pattern); !m.pattern.empty() && matched != matched_.end())
    out.insert(matched->second.begin(), matched->second.end());
  return out;
}

std::set<protocol::uuid> consumer_group::topic_ids_of(const consumer_member& m) const {
  std::set<protocol::uuid> out;
  for (const std::string& name : topics_of(m))
    if (const auto known = topics_.find(name); known != topics_.end()) out.insert(known->second.first);
  return out;
}

/// Topics that have come, gone or grown since the last look begin a new group epoch.
void consumer_group::look_at_topics(const topic_index& topics, bool subscriptions_changed) {
  if (!subscriptions_changed && topics_version_ == topics.version()) return;
  if (topics_version_ != topics.version()) matched_.clear();
  topics_version_ = topics.version();
  std::erase_if(matched_, [&](const auto& entry) {
    return std::none_of(members_.begin(), members_.end(),
                        [&](const auto& m) { return m.second.pattern == entry.first; });
  });
  topics_by_name found;
  for (const auto& [id, m] : members_) {
    if (!m.pattern.empty() && !matched_.contains(m.pattern)) {
      auto names = topics.matching(m.pattern);
      matched_.emplace(m.pattern, std::set<std::string, std::less<>>(names.begin(), names.end()));
    }
    for (const std::string& name : topics_of(m)) {
      if (found.contains(name)) continue;
      if (const auto known = topics.find(name)) found.emplace(name, std::pair(known->id, known->partitions));
    }
  }
  if (found == topics_) return;
  topics_ = std::move(found);
  ++changes_;
  if (!subscriptions_changed) bump();
}

std::string_view consumer_group::preferred_assignor() const {
  std::map<std::string_view, std::size_t> votes;
  for (const auto& [id, m] : members_)
    if (m.assignor) ++votes[*m.assignor];
  const auto most =
      std::max_element(votes.begin(), votes.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  return most == votes.end() ? default_assignor : most->first;
}

void consumer_group::assign(time_point now) {
  if (epoch_ <= assignment_epoch_) return;
  if (assigned_at_ && now - *assigned_at_ < options_.consumer_assignment_interval) return;
  assignor_input in;
  for (const auto& [name, known] : topics_) in.partitions.insert(known);
  for (const auto& [id, m] : members_) in.members.push_back({id, m.instance_id, topic_ids_of(m), m.target});
  const assignor by = find_assignor(preferred_assignor());
  std::vector<assignment> made = by(in);
  auto next = made.begin();
  for (auto& [id, m] : members_) m.target = std::move(*next++);
  assignment_epoch_ = epoch_;
  assigned_at_ = now;
  ++changes_;
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
