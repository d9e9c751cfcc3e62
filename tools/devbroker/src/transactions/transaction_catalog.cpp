// All transactional ids of the cluster: which node coordinates each, which is due next, how much they may take.
#include "transactions/transaction_catalog.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

// A marker that cannot be written waits for a leader, or for room. Kafka tries again at about this pace, too.
constexpr std::chrono::milliseconds marker_retry{100};

}  // namespace

transaction* transaction_catalog::find(std::string_view id) {
  const auto at = entries_.find(id);
  return at == entries_.end() ? nullptr : &at->second.state;
}

transaction* transaction_catalog::find_or_make(std::string_view id, std::size_t home, producer_ids& ids) {
  if (transaction* known = find(id)) return known;
  if (!make_room() || !has_room(sizeof(entry) + 3 * id.size())) return nullptr;
  const std::string key(id);
  entry& made = entries_.try_emplace(key, key, ids.take(), home).first->second;
  count(made);
  return &made.state;
}

bool transaction_catalog::make_room() {
  if (entries_.size() < options_.max_ids) return true;
  auto oldest = entries_.end();
  for (auto at = entries_.begin(); at != entries_.end(); ++at) {
    if (!at->second.state.is_idle()) continue;
    if (oldest == entries_.end() || at->second.state.last_change() < oldest->second.state.last_change()) oldest = at;
  }
  if (oldest == entries_.end()) return false;
  remove(oldest);
  return true;
}

transaction_catalog::by_id::iterator transaction_catalog::remove(by_id::iterator at) {
  book_.add(entry_kind::transaction_removed, [&](entry_writer& out) { out.text(std::string_view(at->first)); });
  due_.erase({at->second.due, at->first});
  bytes_ -= at->second.counted;
  return entries_.erase(at);
}

void transaction_catalog::count(entry& e) {
  const std::size_t size = sizeof(entry) - sizeof(transaction) + e.state.size_bytes();
  bytes_ += size - e.counted;
  e.counted = size;
}

void transaction_catalog::due_at(entry& e, std::chrono::nanoseconds when) {
  if (when == e.due) return;
  const std::string_view key = entries_.find(e.state.id())->first;
  if (e.due != no_deadline) due_.erase({e.due, key});
  e.due = when;
  if (when != no_deadline) due_.emplace(when, key);
}

void transaction_catalog::touched(const transaction& changed, instant now) {
  entry& e = entries_.find(changed.id())->second;
  count(e);
  save(e);
  if (e.state.state() == transaction_state::ongoing) return due_at(e, e.state.times_out_at());
  if (!e.state.is_completing()) return due_at(e, no_deadline);
  if (!std::exchange(e.is_ending, true)) due_at(e, now.mono + options_.marker_delay);
}

bool transaction_catalog::advance(instant now, const std::function<bool(std::size_t)>& stands_still,
                                  const marker_writer& write) {
  std::vector<entry*> late;
  for (const auto& [due, id] : due_) {
    if (due > now.mono) break;
    entry& e = entries_.find(id)->second;
    if (e.home && !stands_still(*e.home)) late.push_back(&e);
  }
  bool moved = false;
  for (entry* e : late) {
    if (e->state.state() == transaction_state::ongoing) {
      e->state.abort(options_.version, now);
      touched(e->state, now);
      moved = true;
      if (e->due > now.mono) continue;
    }
    moved = complete(*e, now, write) || moved;
  }
  return moved;
}

bool transaction_catalog::complete(entry& e, instant now, const marker_writer& write) {
  end_marker marker = e.state.marker();
  marker.coordinator_epoch = e.coordinator_epoch;
  const partition_set left = e.state.partitions();
  for (const partition_ref& partition : left)
    if (write(marker, partition)) e.state.written(partition);
  const bool moved = e.state.partitions().size() != left.size() || left.empty();
  if (e.state.partitions().empty()) {
    e.state.complete(now);
    e.is_ending = false;
    due_at(e, no_deadline);
  } else {
    due_at(e, now.mono + marker_retry);
  }
  count(e);
  if (moved) save(e);
  return moved;
}

std::chrono::nanoseconds transaction_catalog::deadline(const std::function<bool(std::size_t)>& stands_still) const {
  for (const auto& [due, id] : due_) {
    const entry& e = entries_.find(id)->second;
    if (e.home && !stands_still(*e.home)) return due;
  }
  return no_deadline;
}

void transaction_catalog::rehome(const std::function<std::optional<std::size_t>(std::string_view)>& coordinator_of) {
  for (auto& [id, e] : entries_) {
    const auto home = coordinator_of(id);
    if (home == e.home) continue;
    if (home) ++e.coordinator_epoch;
    e.home = home;
  }
}

void transaction_catalog::expire_before(std::chrono::milliseconds wall) {
  for (auto at = entries_.begin(); at != entries_.end();) {
    const bool gone = at->second.state.is_idle() && at->second.state.last_change() < wall;
    at = gone ? remove(at) : std::next(at);
  }
}

void transaction_catalog::save(const entry& e) const {
  book_.add(entry_kind::transaction, [&](entry_writer& out) {
    out.text(std::string_view(e.state.id()));
    out.number(e.coordinator_epoch);
    e.state.save(out);
  });
}

void transaction_catalog::save() const {
  for (const auto& [id, e] : entries_) save(e);
}

bool transaction_catalog::load(entry_reader& in) {
  const std::string id = in.text();
  const auto coordinator_epoch = in.number<std::int32_t>();
  entry& e = entries_.try_emplace(id, id, -1, std::nullopt).first->second;
  e.coordinator_epoch = coordinator_epoch;
  const bool is_good = e.state.load(in);
  count(e);
  return is_good;
}

bool transaction_catalog::load_removed(entry_reader& in) {
  const auto at = entries_.find(in.text());
  if (at != entries_.end()) remove(at);
  return in.is_done();
}

void transaction_catalog::resume(instant now) {
  for (auto& [id, e] : entries_) {
    e.state.resume(now);
    if (e.state.state() == transaction_state::ongoing) due_at(e, e.state.times_out_at());
    if (!e.state.is_completing()) continue;
    e.is_ending = true;
    due_at(e, now.mono);
  }
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
