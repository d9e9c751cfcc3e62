// Who leads, who follows how, who is in sync: and what is lost when a replica leads that has not everything.
#include <algorithm>
#include <utility>

#include "cluster/cluster_state.hpp"
#include "durable/log_files.hpp"
#include "storage/batch_fields.hpp"
#include "storage/log_replay.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

bool is_among(const std::vector<std::int32_t>& nodes, std::int32_t id) {
  return std::find(nodes.begin(), nodes.end(), id) != nodes.end();
}

/// Producers and transactions as they were when the log ended where it does now.
void recall(partition& p) {
  p.producers.forget_from(p.log.start_offset());
  p.log.transactions.forget();
  for (const auto& [id, known] : p.producers.all())
    if (known.open_since >= 0) p.log.transactions.begin(known.open_since);
  for (const segment& s : p.log.segments())
    for (std::size_t i = 0; i < s.index().size(); ++i) replay(s.batch(i), p.producers, p.log.transactions);
  p.log.transactions.truncate_front(p.log.start_offset());
}

}  // namespace

bool cluster_state::is_up(std::int32_t node) {
  const node_state* known = node_by_id(node);
  return known != nullptr && known->up;
}

bool cluster_state::lead(partition& p, std::int32_t node) {
  const bool can_lead = node == no_node || cut_back(p, p.end_offset(node));
  p.leader = can_lead ? node : no_node;
  p.stop_trailing(p.leader);
  ++p.leader_epoch;
  if (p.leader != no_node) p.log.begin_epoch(p.leader_epoch);
  keep(p);
  ++changes;
  return can_lead;
}

bool cluster_state::cut_back(partition& p, std::int64_t offset) {
  const std::int64_t end = p.log.end_offset();
  if (offset >= end) return true;
  if (!persist()) return false;
  const std::size_t bytes = p.log.size_bytes();
  bool is_done = true;
  // The newest goes first: if the machine stops meanwhile, the log ends somewhere between the two offsets.
  while (is_done && p.log.end_offset() > offset && !p.log.segments().empty()) {
    const segment& newest = p.log.segments().back();
    const std::int64_t until = std::max(offset, newest.base_offset());
    const std::size_t left = newest.bytes_before(until);
    if (left == newest.size_bytes()) break;
    const std::string name = segment_file(p.folder, newest.base_offset());
    if (disk_ != nullptr) is_done = told(left == 0 ? disk_->remove(name) : disk_->truncate(name, left));
    if (is_done) p.log.cut_back(until);
  }
  log_bytes_ -= bytes - p.log.size_bytes();
  p.log_was_cut();
  recall(p);
  p.producers.seen_all(now_.wall.count());
  // Nothing but this file says then what is known of producers.
  if (p.log.segments().empty()) is_done = keep_producers(p, p.log.end_offset()) && is_done;
  compacting_.reset();  // it may be at work on this log; it begins anew
  ++changes;
  log(p.folder + " ends at offset " + std::to_string(p.log.end_offset()) + " now, no longer at " + std::to_string(end) +
      ": its new leader has no more");
  return is_done;
}

void cluster_state::elect_leader(partition& p) {
  for (const std::int32_t id : p.replicas)
    if (!is_up(id)) p.trail(id);
  const bool is_new = p.in_sync.empty();  // there is nothing yet that a replica could lack
  if (is_new) p.in_sync = p.replicas;
  std::vector<std::int32_t> ready = p.in_sync;
  std::erase_if(ready, [&](std::int32_t id) { return !is_up(id); });
  // The last replica standing stays in the in-sync set although it is down, as in Kafka: it alone has the log.
  if (!ready.empty()) p.in_sync = ready;
  if (p.is_replica(p.leader) && is_up(p.leader)) return;
  const auto living = std::find_if(p.replicas.begin(), p.replicas.end(), [&](std::int32_t id) { return is_up(id); });
  if (ready.empty() && living != p.replicas.end() && p.settings.elects_unclean) {
    elect_unclean_into(p, *living);
    return;
  }
  const std::int32_t next = ready.empty() ? no_node : ready.front();
  if (next != p.leader || p.leader_epoch < 0) lead(p, next);
}

void cluster_state::elect_leaders() {
  for (const auto& [name, t] : topics.all()) {
    for (const auto& p : t->partitions) {
      elect_leader(*p);
      catch_up(*p, now_.mono);
    }
  }
}

void cluster_state::follow(partition& p, std::int32_t node, following way, std::chrono::nanoseconds delay) {
  trailing_replica& t = p.trail(node);
  t.way = way;
  t.delay = delay;
  t.held_out = false;
  catch_up(p, now_.mono);
}

void cluster_state::hold_out(partition& p, const std::vector<std::int32_t>& ids) {
  for (trailing_replica& t : p.trailing) {
    if (!t.held_out || is_among(ids, t.node)) continue;
    t.held_out = false;
    t.way = following::at_once;
  }
  for (const std::int32_t id : ids) {
    trailing_replica& t = p.trail(id);
    t.held_out = true;
    t.way = following::held;
    if (p.in_sync.size() > 1) std::erase(p.in_sync, id);
  }
  ++changes;
  elect_leader(p);
  catch_up(p, now_.mono);
}

void cluster_state::followed(partition& p, std::chrono::nanoseconds now) {
  for (trailing_replica& t : p.trailing) t.leader_appended(p.log.end_offset(), now);
  catch_up(p, now);
}

bool cluster_state::is_late(const trailing_replica& t, std::chrono::nanoseconds now) const {
  return t.is_behind() && now - t.behind_since() >= options.replica_lag_time_max;
}

bool cluster_state::raise_high_watermark(partition& p, std::chrono::nanoseconds now) {
  if (p.in_sync.size() < p.needed_in_sync()) return false;  // KIP-966
  std::int64_t covered = p.log.end_offset();
  for (const trailing_replica& t : p.trailing) {
    // Who is on its way back into the set is waited for as well, else it would never reach what it has to reach.
    const bool returns = is_up(t.node) && !t.held_out && !is_late(t, now);
    if (returns || p.is_in_sync(t.node)) covered = std::min(covered, t.end_offset());
  }
  if (covered <= p.replicated_to) return false;
  p.replicated_to = covered;
  return true;
}

bool cluster_state::leave_or_join(partition& p, std::chrono::nanoseconds now) {
  std::vector<std::int32_t> in_sync;
  const std::int64_t epoch_start = p.log.epochs().all().empty() ? 0 : p.log.epochs().all().back().start;
  const std::int64_t needed = std::max(p.replicated_to, epoch_start);
  for (const std::int32_t id : p.replicas) {
    const trailing_replica* t = p.find_trailing(id);
    const bool is_late_now = t != nullptr && is_late(*t, now);
    const bool joins = t == nullptr || (is_up(id) && !t->held_out && t->end_offset() >= needed);
    if (!is_late_now && (p.is_in_sync(id) || joins)) in_sync.push_back(id);
  }
  if (in_sync == p.in_sync) return false;
  p.in_sync = std::move(in_sync);
  return true;
}

void cluster_state::catch_up(partition& p, std::chrono::nanoseconds now) {
  if (p.trailing.empty() || !is_up(p.leader)) return;
  for (trailing_replica& t : p.trailing)
    if (is_up(t.node)) t.advance(now);
  bool moved = leave_or_join(p, now);
  if (raise_high_watermark(p, now)) moved = true;
  for (trailing_replica& t : p.trailing)
    if (is_up(t.node) && t.way != following::held) t.high_watermark = std::min(p.replicated_to, t.end_offset());
  std::erase_if(p.trailing, [&](const trailing_replica& t) {
    return is_up(t.node) && t.way == following::at_once && !t.held_out && !t.is_behind() && p.is_in_sync(t.node);
  });
  if (moved) ++changes;
  for (const trailing_replica& t : p.trailing) {
    if (!is_up(t.node) || !t.is_behind()) continue;
    next_follower_due_ = std::min(next_follower_due_, t.next_arrival());
    if (!t.held_out && !is_late(t, now))
      next_follower_due_ = std::min(next_follower_due_, t.behind_since() + options.replica_lag_time_max);
  }
}

void cluster_state::advance_followers(std::chrono::nanoseconds now) {
  if (now < next_follower_due_) return;
  next_follower_due_ = std::chrono::nanoseconds::max();
  for (const auto& [name, t] : topics.all())
    for (const auto& p : t->partitions) catch_up(*p, now);
}

/// Segments are flushed when the next one begins, and flush.messages says how many records may wait for that.
std::int64_t cluster_state::flushed_to(const partition& p, std::int64_t end_offset) const {
  std::int64_t out = p.log.start_offset();
  for (const segment& s : p.log.segments())
    if (s.base_offset() < end_offset) out = std::max(out, s.base_offset());
  out = std::max(out, p.compacted_to);
  if (compacting_) {
    const topic* t = topics.find(compacting_->topic_id);
    if (t != nullptr && t->find(compacting_->index) == &p) out = std::max(out, compacting_->work.until());
  }
  if (p.settings.flush_messages <= end_offset) out = std::max(out, end_offset - p.settings.flush_messages + 1);
  return std::min(out, end_offset);
}

void cluster_state::lose_tails(std::int32_t node) {
  for (const auto& [name, t] : topics.all()) {
    for (const auto& p : t->partitions) {
      if (!p->is_replica(node)) continue;
      const std::int64_t end = p->end_offset(node);
      std::vector<std::int64_t> ends;  // where its log may end
      for (auto batch = p->log.batch_at(flushed_to(*p, end)); !batch.empty();) {
        const std::int64_t next = batch_fields(batch).last_offset() + 1;
        if (ends.empty()) ends.push_back(batch_fields(batch).base_offset());
        if (next > end) break;
        ends.push_back(next);
        batch = p->log.batch_at(next);
      }
      if (ends.empty()) continue;
      const std::int64_t left = std::max(ends[losses_.next() % ends.size()], p->log.start_offset());
      if (left < end) p->trail(node).fall_back(left, p->log.end_offset(), now_.mono);
    }
  }
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
