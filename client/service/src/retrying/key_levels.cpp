// key_levels: counting what is outstanding.
#include "key_levels.hpp"

#include <algorithm>

namespace ottla {
inline namespace v0 {

bool key_levels::known_above(std::size_t level) const {
  const std::lock_guard lock(mutex_);
  return std::all_of(levels_.begin() + static_cast<std::ptrdiff_t>(level), levels_.end(),
                     [](const level_state& one) { return one.known; });
}

std::size_t key_levels::waits_at(std::size_t level, std::uint64_t key) const {
  const std::lock_guard lock(mutex_);
  const auto lowest = outstanding_.lower_bound({key, level + 1});
  return lowest != outstanding_.end() && lowest->first.first == key ? lowest->first.second : 0;
}

bool key_levels::has_room() const {
  const std::lock_guard lock(mutex_);
  return outstanding_.size() < max_keys_;
}

void key_levels::sent(std::size_t level, std::uint64_t key) {
  const std::lock_guard lock(mutex_);
  at(level).under_way.insert(key);
  ++outstanding_[{key, level}];
}

void key_levels::arrived(level_state& to, std::uint64_t key) {
  const auto one = to.under_way.find(key);
  if (one != to.under_way.end()) to.under_way.erase(one);
}

void key_levels::not_sent(std::size_t level, std::uint64_t key) {
  const std::lock_guard lock(mutex_);
  arrived(at(level), key);
  take_one(level, key);
}

void key_levels::stored(std::size_t level, std::uint64_t key, std::int64_t offset) {
  const std::lock_guard lock(mutex_);
  level_state& to = at(level);
  arrived(to, key);
  if (offset < 0) {
    to.unplaced.push_back(key);
  } else if (offset < to.frontier || !to.stored.emplace(offset, key).second) {
    take_one(level, key);  // it was read before it was acknowledged, and counted then
  }
}

void key_levels::read(std::size_t level, std::int64_t offset, bool ordered, std::uint64_t key) {
  const std::lock_guard lock(mutex_);
  level_state& from = at(level);
  if (offset < from.frontier) return;
  from.frontier = offset + 1;
  // Below it lies nothing that anybody will read: the log lost it.
  while (!from.stored.empty() && from.stored.begin()->first <= offset) {
    take_one(level, from.stored.begin()->second);
    from.stored.erase(from.stored.begin());
  }
  if (ordered) ++outstanding_[{key, level}];
}

void key_levels::finished(std::size_t level, std::uint64_t key) {
  const std::lock_guard lock(mutex_);
  take_one(level, key);
}

void key_levels::take_one(std::size_t level, std::uint64_t key) {
  const auto found = outstanding_.find({key, level});
  if (found != outstanding_.end() && --found->second == 0) outstanding_.erase(found);
}

bool key_levels::wants_scan(std::size_t level) const {
  const std::lock_guard lock(mutex_);
  return !at(level).known || !at(level).unplaced.empty();
}

std::int64_t key_levels::frontier(std::size_t level) const {
  const std::lock_guard lock(mutex_);
  return at(level).frontier;
}

void key_levels::begin_scan(std::size_t level) {
  const std::lock_guard lock(mutex_);
  at(level).in_scan = at(level).unplaced.size();
}

void key_levels::end_scan(std::size_t level) {
  const std::lock_guard lock(mutex_);
  level_state& of = at(level);
  of.known = true;
  // By now these were read, and counted then.
  for (std::size_t i = 0; i < of.in_scan; ++i) take_one(level, of.unplaced[i]);
  of.unplaced.erase(of.unplaced.begin(), of.unplaced.begin() + static_cast<std::ptrdiff_t>(of.in_scan));
  of.in_scan = 0;
}

void key_levels::restart(std::size_t level) {
  const std::lock_guard lock(mutex_);
  std::erase_if(outstanding_, [&](const auto& one) { return one.first.second == level; });
  level_state fresh;
  fresh.under_way.swap(at(level).under_way);
  for (const std::uint64_t key : fresh.under_way) ++outstanding_[{key, level}];
  at(level) = std::move(fresh);
}

}  // namespace v0
}  // namespace ottla
