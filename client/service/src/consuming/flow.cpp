// flow: partitions that come and go, and records into lanes.
#include "flow.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "key_hash.hpp"

namespace ottla {
inline namespace v0 {
namespace {

// Without an order, so many records are one turn: enough to pay for it, few enough to spread.
constexpr std::size_t loose_run = 64;

}  // namespace

flow::flow(const service_consumer_options& options, random_stream rng)
    : options_(options),
      levels_(options_),
      rng_(rng),
      counts_(options_.counts.get()),
      tracker_(std::numeric_limits<std::size_t>::max()) {}  // max_ahead is the bound, and pauses in time

flow::~flow() {
  while (!partitions_.empty()) remove(partitions_.begin()->second);
}

std::shared_ptr<flow_partition> flow::find(const topic_partition& where) const {
  const auto at = partitions_.find(where);
  return at != partitions_.end() ? at->second : nullptr;
}

std::shared_ptr<flow_partition> flow::make(const topic_partition& where) {
  retry_levels::place place = levels_.of(where.topic);
  retry_part part{.source = std::move(place.source), .level = place.level, .names = &options_.dead_letter_headers};
  if (part.level > 0) part.time = levels_.time(part.level);
  part.source_label = label_of(part.source);
  if (options_.tiers && options_.tiers->keep_key_order) {
    std::shared_ptr<key_levels>& keys = keys_[{part.source, where.partition}];
    if (!keys) keys = std::make_shared<key_levels>(levels_.count(), options_.tiers->max_keys);
    part.keys = keys;
  }
  auto one =
      std::make_shared<flow_partition>(tracker_.assigned(where, ++epochs_), label_of(where.topic), std::move(part));
  one->abandoned = stopped_;
  partitions_[where] = one;
  return one;
}

topic_id flow::label_of(const std::string& topic) const {
  return counts_ != nullptr ? counts_->topic(topic) : topic_id{};
}

void flow::assigned(const topic_partition& where) {
  if (const auto before = find(where)) remove(before);
  make(where);
}

void flow::abandon(std::span<const topic_partition> which) {
  for (const topic_partition& where : which) {
    if (const auto one = find(where)) abandon(*one);
  }
}

void flow::stop() {
  if (std::exchange(stopped_, true)) return;
  for (const auto& [where, one] : partitions_) abandon(*one);
}

void flow::abandon(flow_partition& of) {
  if (of.abandoned) return;
  of.drain_to = of.finished_to;
  of.abandoned = true;
  records_ -= std::exchange(of.records, 0);
  bytes_ -= std::exchange(of.bytes, 0);
  const auto of_it = [&](const std::shared_ptr<flow_lane>& one) { return one->of.get() == &of; };
  std::erase_if(ready_, of_it);
  std::erase_if(timers_, [&](const auto& entry) { return of_it(entry.second); });
  of.parked.clear();
  of.blocked = 0;
  for (const auto& [number, one] : of.lanes) {
    if (one->now == flow_lane::state::unwritten || one->now == flow_lane::state::stuck) {
      drop(one);
    } else if (one->now != flow_lane::state::running && one->now != flow_lane::state::writing) {
      one->now = flow_lane::state::idle;
    }
  }
  drain(of);
}

// Of an abandoned partition: what is in front of this lane will not be finished here.
void flow::drop(const std::shared_ptr<flow_lane>& one) {
  one->now = flow_lane::state::idle;
  one->of->never_done = std::min(one->of->never_done, one->runs.front().front().offset());
}

// Each report may tell of a higher record that is finished, so lanes are looked at again until nothing is under way.
void flow::drain(flow_partition& of) {
  if (gated(of)) of.never_done = -1;
  of.drain_to = std::min(of.finished_to, of.never_done);
  for (const auto& [number, one] : of.lanes) {
    if (one->now == flow_lane::state::idle && !one->runs.empty() && one->runs.front().front().offset() < of.drain_to)
      line_up(one);
  }
  if (waited_for(of)) return;
  for (const auto& [number, one] : of.lanes) one->runs.clear();
}

bool flow::waited_for(const flow_partition& of) const {
  if (of.running > 0 || of.letters > 0) return true;
  return std::any_of(of.lanes.begin(), of.lanes.end(), [](const auto& entry) {
    return entry.second->now == flow_lane::state::ready || entry.second->now == flow_lane::state::writing;
  });
}

bool flow::drained(std::span<const topic_partition> which) const {
  return std::none_of(which.begin(), which.end(), [&](const topic_partition& where) {
    const auto one = find(where);
    return one && waited_for(*one);
  });
}

bool flow::drained() const {
  return std::none_of(partitions_.begin(), partitions_.end(),
                      [&](const auto& entry) { return waited_for(*entry.second); });
}

void flow::remove(std::span<const topic_partition> which) {
  for (const topic_partition& where : which) {
    if (const auto one = find(where)) {
      remove(one);
      keys_.erase({one->retrying.source, where.partition});
    }
  }
}

void flow::remove(const std::shared_ptr<flow_partition>& one) {
  abandon(*one);
  one->removed = true;
  const auto of_it = [&](const std::shared_ptr<flow_lane>& each) { return each->of == one; };
  std::erase_if(ready_, of_it);
  std::erase_if(unsent_, of_it);
  one->lanes.clear();
  tracker_.lost(one->where());
  partitions_.erase(one->where());
}

// --- Records ---------------------------------------------------------------------------------------------------------

void flow::add(const partition_records& part, instant now) {
  if (stopped_) return;
  const topic_partition where{part.topic(), part.partition()};
  auto one = find(where);
  if (!one) one = make(where);  // assigned by hand: nobody is told
  if (one->abandoned) return;
  if (one->tracked->started(part) != start_outcome::taken) {
    // The position was set back: the log was truncated, or does not reach that far. What is read again is handled
    // again.
    remove(one);
    one = make(where);
    if (one->retrying.keys && one->retrying.level > 0) one->retrying.keys->restart(one->retrying.level);
    if (one->tracked->started(part) != start_outcome::taken) return;
  }
  if (part.empty()) return;
  totals_.received += part.size();
  if (counts_ != nullptr) counts_->received(one->label, part.size());
  auto account = std::make_shared<part_account>(part_account{part.bytes(), part.size(), {}, now});
  one->records += part.size();
  one->bytes += account->bytes;
  records_ += part.size();
  bytes_ += account->bytes;
  if (one->retrying.keys && one->retrying.level > 0) {
    for (const record_view& r : part) {
      const bool ordered = !r.key().is_null();
      one->retrying.keys->read(one->retrying.level, r.offset(), ordered, ordered ? key_hash(r.key().bytes()) : 0);
    }
  }
  switch (options_.order) {
    case message_order::partition:
      enqueue(lane_of(one, 0), record_run(part, account));
      break;
    case message_order::key:
      add_by_key(one, part, account);
      break;
    case message_order::none:
      add_loose(one, part, account);
      break;
  }
  update_bounds(*one);
}

void flow::passed(const partition_position& end) {
  if (const auto one = find(end.where); one && !one->abandoned) (void)one->tracked->passed(end);
}

std::shared_ptr<flow_lane> flow::lane_of(const std::shared_ptr<flow_partition>& one, std::uint64_t number) {
  std::shared_ptr<flow_lane>& at = one->lanes[number];
  if (!at) at = std::make_shared<flow_lane>(one, number);
  return at;
}

void flow::add_by_key(const std::shared_ptr<flow_partition>& one, const partition_records& part,
                      const std::shared_ptr<part_account>& account) {
  const auto lanes = static_cast<std::uint64_t>(options_.key_lanes);
  std::vector<std::vector<record_view>> chosen(lanes);
  for (const record_view& r : part) {
    const std::uint64_t hash = r.key().is_null() ? one->keyless++ : key_hash(r.key().bytes());
    chosen[hash % lanes].push_back(r);
  }
  for (std::uint64_t number = 0; number < lanes; ++number) {
    if (!chosen[number].empty()) enqueue(lane_of(one, number), record_run(part, account, std::move(chosen[number])));
  }
}

void flow::add_loose(const std::shared_ptr<flow_partition>& one, const partition_records& part,
                     const std::shared_ptr<part_account>& account) {
  std::vector<record_view> chosen;
  std::size_t left = part.size();
  for (const record_view& r : part) {
    chosen.push_back(r);
    if (--left > 0 && chosen.size() < loose_run) continue;
    enqueue(lane_of(one, one->next_lane++), record_run(part, account, std::exchange(chosen, {})));
  }
}

void flow::enqueue(const std::shared_ptr<flow_lane>& to, record_run run) {
  to->runs.push_back(std::move(run));
  if (to->now == flow_lane::state::idle) line_up(to);
}

void flow::line_up(const std::shared_ptr<flow_lane>& one) {
  one->now = flow_lane::state::ready;
  ready_.push_back(one);
}

}  // namespace v0
}  // namespace ottla
