// The dispatcher's connections and deadlines: bytes in, waiting requests woken, time passing.
#include "dispatcher.hpp"

#include <algorithm>
#include <utility>

#include "ottla/mock/broker.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

constexpr std::size_t frame_size_prefix = 4;
constexpr std::size_t read_ahead = 64 << 10;
constexpr std::chrono::seconds retention_interval{60};
constexpr std::chrono::seconds compaction_interval{15};  // Kafka's log.cleaner.backoff.ms

}  // namespace

std::uint64_t dispatcher::connect(std::size_t node, instant now, client_origin from) {
  cluster_.at(now);
  const std::uint64_t id = next_id_++;
  const authentication nobody(cluster_.options.sasl, seeded(cluster_.options.seed).stream(id), std::move(from));
  connection& made = connections_.try_emplace(id, node, cluster_.options.max_frame_bytes, nobody).first->second;
  if (node >= cluster_.nodes.size() || !cluster_.nodes[node].up) close(id, made, "the node is down");
  if (next_retention_ == std::chrono::nanoseconds{}) {
    next_retention_ = now.mono + retention_interval;
    next_compaction_ = now.mono + compaction_interval;
  }
  return id;
}

connection* dispatcher::find(std::uint64_t id) {
  const auto found = connections_.find(id);
  return found == connections_.end() ? nullptr : &found->second;
}

const connection* dispatcher::find(std::uint64_t id) const {
  const auto found = connections_.find(id);
  return found == connections_.end() ? nullptr : &found->second;
}

void dispatcher::close(std::uint64_t id, connection& on, std::string why) {
  if (on.closed()) return;
  cluster_.log("connection " + std::to_string(id) + " closed: " + why);
  on.close(std::move(why));
  waiting_.erase(id);
  ready_.insert(id);
}

void dispatcher::disconnect(std::uint64_t id) {
  if (const connection* gone = find(id)) buffered_ -= gone->in.buffered();
  waiting_.erase(id);
  runnable_.erase(id);
  ready_.erase(id);
  connections_.erase(id);
}

bool dispatcher::node_stands_still(const connection& on) const {
  const node_state& n = cluster_.nodes[on.node()];
  return n.paused || !n.up;
}

bool dispatcher::wants_input(const connection& from) const {
  if (from.closed()) return false;
  const bool stalled = from.busy() || from.unread() > cluster_.options.max_unread_bytes || node_stands_still(from);
  return !stalled || from.in.buffered() < read_ahead;
}

void dispatcher::receive(std::uint64_t id, std::span<const std::byte> bytes, instant now) {
  cluster_.at(now);
  connection* on = find(id);
  if (on == nullptr || on->closed()) return;
  buffered_ += bytes.size();
  on->in.push(bytes);
  pump(id, *on, now);
  // What is left is at most one unfinished frame, unless the caller does not heed wants_input().
  if (on->in.buffered() > cluster_.options.max_frame_bytes + frame_size_prefix + read_ahead + bytes.size())
    close(id, *on, "more bytes sent ahead than one request may have");
  if (buffered_ > cluster_.options.max_buffered_bytes) close(id, *on, "the memory for unfinished requests is used up");
  settle(now);
}

void dispatcher::consume(std::uint64_t id, std::size_t bytes) {
  connection* on = find(id);
  if (on == nullptr) return;
  on->consume(bytes);
  if (!on->busy() && on->in.buffered() != 0 && on->unread() <= cluster_.options.max_unread_bytes) runnable_.insert(id);
}

void dispatcher::pump(std::uint64_t id, connection& on, instant now) {
  while (!on.busy() && on.unread() <= cluster_.options.max_unread_bytes && !node_stands_still(on)) {
    const auto frame = on.in.front();
    if (!frame) {
      if (std::string why = on.in.broken(); !why.empty()) close(id, on, std::move(why));
      return;
    }
    serve(id, on, *frame, now);
    buffered_ -= frame->size() + frame_size_prefix;
    on.in.pop();
  }
}

void dispatcher::settle(instant now) {
  while (settled_at_ != cluster_.changes) {
    settled_at_ = cluster_.changes;
    const std::vector<std::uint64_t> waiting(waiting_.begin(), waiting_.end());
    for (const std::uint64_t id : waiting) {
      connection& on = *find(id);
      if (!on.parked || node_stands_still(on)) continue;
      call c(cluster_, on.node(), now, on.parked->mark.version);
      c.who = &on.who;
      if (on.parked->request->is_ready(c)) finish_parked(id, on, now);
    }
  }
}

std::chrono::nanoseconds dispatcher::step(instant now) {
  cluster_.at(now);
  for (const std::uint64_t id : std::exchange(runnable_, {})) pump(id, *find(id), now);
  cluster_.advance_followers(now.mono);
  if (next_retention_ != std::chrono::nanoseconds{} && now.mono >= next_retention_) {
    cluster_.apply_retention(now);
    next_retention_ = now.mono + retention_interval;
  }
  const bool is_compacting = next_retention_ != std::chrono::nanoseconds{} && now.mono >= next_compaction_;
  if (is_compacting && !cluster_.compact(now)) next_compaction_ = now.mono + compaction_interval;
  const auto stands_still = [&](std::size_t node) { return cluster_.nodes[node].paused; };
  if (cluster_.groups.advance(now.mono, stands_still)) ++cluster_.changes;
  cluster_.advance_transactions(now);
  cluster_.persist();
  const std::vector<std::uint64_t> waiting(waiting_.begin(), waiting_.end());
  for (const std::uint64_t id : waiting) {
    connection& on = *find(id);
    if (node_stands_still(on)) continue;
    if (on.held && on.held->until <= now.mono) {
      on.send(on.held->bytes);
      on.held.reset();
      waiting_.erase(id);
      ready_.insert(id);
      pump(id, on, now);
    } else if (on.parked && on.parked->request->answer_by() <= now.mono) {
      finish_parked(id, on, now);
    }
  }
  settle(now);

  if (!runnable_.empty()) return now.mono;
  const bool is_idle = cluster_.topics.all().empty() || connections_.empty();
  std::chrono::nanoseconds next = is_idle ? never : std::min(next_retention_, std::max(next_compaction_, now.mono));
  next = std::min(next, cluster_.next_follower_due());
  next = std::min(next, cluster_.groups.deadline(stands_still));
  next = std::min(next, cluster_.transactions.deadline(stands_still));
  for (const std::uint64_t id : waiting_) {
    const connection& on = *find(id);
    if (node_stands_still(on)) continue;
    if (on.held) next = std::min(next, on.held->until);
    if (on.parked) next = std::min(next, on.parked->request->answer_by());
  }
  return next;
}

void dispatcher::drop_all(std::size_t node, const char* why) {
  for (auto& [id, on] : connections_) {
    if (on.node() != node) continue;
    on.drop_output();
    close(id, on, why);
  }
}

void dispatcher::resume(std::size_t node, instant now) {
  std::vector<std::uint64_t> mine;
  for (const auto& [id, on] : connections_)
    if (on.node() == node) mine.push_back(id);
  for (const std::uint64_t id : mine) pump(id, *find(id), now);
  settled_at_ = cluster_.changes - 1;  // look at every waiting fetch again: this node slept through some changes
  step(now);
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
