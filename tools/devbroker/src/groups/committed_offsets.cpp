// What a group has committed, by topic and partition.
#include "groups/committed_offsets.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

const committed_offset* committed_offsets::find(std::string_view topic, std::int32_t partition) const {
  const auto t = topics_.find(topic);
  if (t == topics_.end()) return nullptr;
  const auto p = t->second.find(partition);
  return p == t->second.end() ? nullptr : &p->second;
}

void committed_offsets::put(std::string_view topic, std::int32_t partition, committed_offset value) {
  remove(topic, partition);
  bytes_ += cost(topic, value.metadata);
  topics_[std::string(topic)].emplace(partition, std::move(value));
}

void committed_offsets::remove(std::string_view topic, std::int32_t partition) {
  const auto t = topics_.find(topic);
  if (t == topics_.end()) return;
  const auto p = t->second.find(partition);
  if (p == t->second.end()) return;
  bytes_ -= cost(t->first, p->second.metadata);
  t->second.erase(p);
  if (t->second.empty()) topics_.erase(t);
}

void committed_offsets::remove(std::string_view topic) {
  const auto t = topics_.find(topic);
  if (t == topics_.end()) return;
  for (const auto& [partition, value] : t->second) bytes_ -= cost(t->first, value.metadata);
  topics_.erase(t);
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
