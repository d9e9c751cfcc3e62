// All groups of the cluster: which node coordinates each, which is due next, how much they may take.
#include "groups/group_catalog.hpp"

#include <algorithm>
#include <vector>

namespace ottla {
inline namespace v0 {
namespace mock {

group* group_catalog::find(std::string_view id) {
  const auto at = groups_.find(id);
  return at == groups_.end() ? nullptr : &at->second.state;
}

group* group_catalog::find_or_make(std::string_view id, std::size_t home) {
  if (group* known = find(id)) return known;
  if (!make_room() || !has_room(sizeof(entry) + 3 * id.size())) return nullptr;
  const std::string key(id);
  entry& made = groups_.try_emplace(key, key, options_, random_.stream(++made_), home).first->second;
  take_in(made);
  return &made.state;
}

bool group_catalog::make_room() {
  if (groups_.size() < options_.max_groups) return true;
  const auto blank =
      std::find_if(groups_.begin(), groups_.end(), [](const auto& g) { return g.second.state.is_blank(); });
  if (blank == groups_.end()) return false;
  remove(blank);
  return true;
}

group_catalog::by_id::iterator group_catalog::remove(by_id::iterator at) {
  book_.add(entry_kind::group_removed, [&](entry_writer& out) { out.text(std::string_view(at->first)); });
  due_.erase({at->second.due, at->first});
  bytes_ -= at->second.counted;
  return groups_.erase(at);
}

void group_catalog::remove(std::string_view id) {
  if (const auto at = groups_.find(id); at != groups_.end()) remove(at);
}

void group_catalog::take_in(entry& e) {
  const std::size_t size = e.state.size_bytes();
  bytes_ += size - e.counted;
  e.counted = size;
  if (e.saved_changes != e.state.stored_changes()) {
    e.saved_changes = e.state.stored_changes();
    e.stored_at = wall_;
    save(e);
  }
  const std::chrono::nanoseconds due = e.state.deadline();
  if (due == e.due) return;
  const std::string_view key = groups_.find(e.state.id())->first;
  if (e.due != no_deadline) due_.erase({e.due, key});
  e.due = due;
  if (due != no_deadline) due_.emplace(due, key);
}

void group_catalog::touched(group& changed) { take_in(groups_.find(changed.id())->second); }

bool group_catalog::advance(std::chrono::nanoseconds now, const std::function<bool(std::size_t)>& stands_still) {
  std::vector<entry*> late;
  for (const auto& [due, id] : due_) {
    if (due > now) break;
    entry& e = groups_.find(id)->second;
    if (e.home && !stands_still(*e.home)) late.push_back(&e);
  }
  for (entry* e : late) {
    e->state.expire(now);
    take_in(*e);
  }
  return !late.empty();
}

std::chrono::nanoseconds group_catalog::deadline(const std::function<bool(std::size_t)>& stands_still) const {
  for (const auto& [due, id] : due_) {
    const entry& e = groups_.find(id)->second;
    if (e.home && !stands_still(*e.home)) return due;
  }
  return no_deadline;
}

void group_catalog::rehome(const std::function<std::optional<std::size_t>(std::string_view)>& coordinator_of) {
  for (auto& [id, e] : groups_) {
    const auto home = coordinator_of(id);
    if (home == e.home) continue;
    e.home = home;
    e.state.move_to_another_node();
    take_in(e);
  }
}

void group_catalog::forget_topic(std::string_view topic) {
  for (auto& [id, e] : groups_) {
    e.state.offsets.remove(topic);
    e.state.undecided.remove(topic);
    take_in(e);
  }
}

void group_catalog::draw_from(seeded random) {
  random_ = random;
  for (auto& [id, e] : groups_) e.state.draw_from(random_.stream(++made_));
}

void group_catalog::commit(group& into, std::string_view topic, std::int32_t partition, committed_offset value) {
  value.order = ++commits_;
  value.committed_at = wall_;
  save_offset(into, topic, partition, value);
  into.offsets.put(topic, partition, std::move(value));
  touched(into);
}

void group_catalog::forget(group& from, std::string_view topic, std::int32_t partition) {
  from.offsets.remove(topic, partition);
  from.undecided.remove(topic, partition);
  book_.add(entry_kind::offset_removed, [&](entry_writer& out) {
    out.text(std::string_view(from.id()));
    out.text(topic);
    out.number(partition);
  });
  touched(from);
}

bool group_catalog::is_open(std::int32_t offsets_partition, std::int64_t producer_id, std::int16_t epoch) const {
  const auto found = open_.find({offsets_partition, producer_id});
  return found != open_.end() && found->second.epoch == epoch;
}

void group_catalog::hold(group& into, std::int64_t producer_id, std::int16_t epoch, std::string_view topic,
                         std::int32_t partition, committed_offset value) {
  open_transaction& open = open_[{offsets_partition_of(into.id()), producer_id}];
  open.epoch = epoch;
  open.groups.emplace(into.id());
  value.order = ++commits_;
  value.committed_at = wall_;
  save_held(into, producer_id, epoch, topic, partition, value);
  into.undecided.put(producer_id, topic, partition, std::move(value));
  touched(into);
}

void group_catalog::decide(std::int32_t offsets_partition, std::int64_t producer_id, bool commit) {
  const auto ended = open_.extract(std::pair(offsets_partition, producer_id));
  if (ended.empty()) return;
  book_.add(entry_kind::decided, [&](entry_writer& out) {
    out.number(offsets_partition);
    out.number(producer_id);
    out.flag(commit);
  });
  for (const std::string& id : ended.mapped().groups) {
    group* known = find(id);
    if (known == nullptr) continue;  // deleted meanwhile
    known->undecided.decide(producer_id, commit, known->offsets);
    touched(*known);
  }
}

std::int32_t offsets_partition_of(std::string_view group_id) {
  // As Java hashes a string, where it is ASCII: so DescribeTransactions shows the same partition.
  std::uint32_t hash = 0;
  for (const char c : group_id) hash = 31 * hash + static_cast<unsigned char>(c);
  return static_cast<std::int32_t>((hash & 0x7fffffffu) % static_cast<std::uint32_t>(offsets_partitions));
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
