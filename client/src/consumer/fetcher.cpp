// fetcher: the turn of a step: what may be fetched from whom, and how it ends.
#include "fetcher.hpp"

#include <algorithm>
#include <utility>

namespace ottla {
inline namespace v0 {
namespace {

constexpr std::int32_t smallest_response = 64 << 10;

}  // namespace

void fetcher::attach(core& on) {
  core_ = &on;
  now_ = on.now();
  owner_ = on.add(*this);
  attached_ = true;
}

steady_ns fetcher::step(core& on, instant now) {
  now_ = now;
  if (!attached_) return never;
  const bool heard = seen_generation_ != on.meta().generation();
  if (!dirty_ && !heard && !queue_->room() && lookups_.empty() && now.mono < next_) return next_;
  dirty_ = false;
  next_ = never;
  if (heard) sync_metadata();
  end_leases();
  if (std::exchange(regroup_, false)) group_by_source();
  locate_all();
  validate_all();
  for (std::size_t i = 0; i < lookups_.size(); ++i) {
    const std::shared_ptr<leader_lookup> one = lookups_[i];  // an answer may add another
    next_ = std::min(next_, one->step(on));
  }
  std::erase_if(lookups_, [](const auto& one) { return one->finished(); });
  next_ = std::min(next_, fetch_all());
  return dirty_ ? now.mono : next_;
}

fetch_partition* fetcher::find(const topic_partition& where) {
  auto found = partitions_.find(where);
  return found == partitions_.end() ? nullptr : found->second.get();
}

// Each broker's long poll keeps its share of the budget reserved, so the shares must leave room for all.
std::int32_t fetcher::response_bytes() const {
  const std::size_t share = config_.prefetch_bytes / std::max<std::size_t>(1, brokers_.size());
  const auto fair = static_cast<std::int32_t>(std::min<std::size_t>(share, INT32_MAX));
  return std::min(config_.fetch_max_bytes, std::max(fair, smallest_response));
}

std::vector<fetch_entry> fetcher::wanted_of(const broker_fetch& broker, steady_ns& next) const {
  std::vector<fetch_entry> out;
  out.reserve(broker.members.size());
  for (const fetch_partition* one : broker.members) {
    if (one->phase != fetch_phase::fetching || one->paused) continue;
    if (now_.mono < one->not_before) {
      next = std::min(next, one->not_before);
      continue;
    }
    fetch_entry entry;
    entry.slot = one->slot;
    entry.where = one->where;
    entry.topic_id = topics_.find(one->where->topic)->second.id;
    entry.offset = one->offset;
    entry.leader_epoch = one->leader_epoch;
    entry.max_bytes = one->max_bytes;
    entry.version = one->version;
    out.push_back(std::move(entry));
  }
  return out;
}

// Who finds no room stands in a line, and nobody overtakes: a large request would never find as much room as it needs
// between the small ones of others. And while one stands there, no broker that has nothing may keep its room for the
// length of a long poll: it is asked what it has at once, and then again after fetch_max_wait (fetcher::rest).
steady_ns fetcher::fetch_all() {
  queue_->forget_room();
  steady_ns next = never, others = never;
  std::vector<wish> line;
  std::size_t reserved = 0;
  const auto usual = static_cast<std::size_t>(response_bytes());
  for (auto& [id, broker] : brokers_) {
    reserved += broker.reserved;
    if (broker.in_flight) continue;
    wish one{id, &broker, {}, usual};
    steady_ns due = never;
    one.wanted = wanted_now(id, broker, due);
    next = std::min(next, due);
    if (one.wanted.empty()) {
      broker.place = 0;
      others = std::min(others, due);
      continue;
    }
    for (const fetch_entry& part : one.wanted) {
      const bool grown = part.max_bytes > config_.max_partition_fetch_bytes;  // for a batch that came in part
      if (grown) one.bytes = std::max(one.bytes, static_cast<std::size_t>(part.max_bytes));
    }
    if (broker.place == 0) broker.place = ++places_;
    line.push_back(std::move(one));
  }
  if (line.empty()) return next;
  std::sort(line.begin(), line.end(), [](const wish& a, const wish& b) { return a.broker->place < b.broker->place; });
  std::size_t found = 0;
  while (found < line.size() && queue_->may_fetch(line[found].bytes, reserved)) reserved += line[found++].bytes;
  std::chrono::milliseconds waits = config_.fetch_max_wait;
  if (found < line.size()) {
    give_up_paused();
    waits = std::chrono::milliseconds(0);
  } else if (others != never && !queue_->has_room(usual, reserved)) {
    // Until the next one needs the room.
    waits = std::min(waits, std::chrono::ceil<std::chrono::milliseconds>(others - now_.mono));
  }
  for (std::size_t i = 0; i < found; ++i) fetch_from(line[i], waits);
  return next;
}

// What can be asked of a broker now; nothing, and in `due` when there may be something, if an event is not told.
std::vector<fetch_entry> fetcher::wanted_now(broker_id id, broker_fetch& broker, steady_ns& due) {
  if (broker.members.empty()) return {};
  if (now_.mono < broker.not_before) {
    due = broker.not_before;
    return {};
  }
  std::vector<fetch_entry> wanted = wanted_of(broker, due);
  if (wanted.empty() || core_->reachable(id, lane::fetch, owner_)) return wanted;
  if (leave_follower(id, "it cannot be reached")) return {};
  steady_ns when = core_->reachable_at(id, lane::fetch, owner_);
  if (when == never) {  // a leader that the metadata does not list
    when = broker.not_before = after(now_.mono, broker.retry->next());
    core_->meta().request_refresh();
  }
  due = std::min(due, when);
  return {};
}

void fetcher::fetch_from(wish& one, std::chrono::milliseconds waits) {
  broker_fetch& broker = *one.broker;
  fetch_session::plan plan = broker.session.next(std::move(one.wanted));
  tally_.fetches.fetch_add(1, std::memory_order_relaxed);
  if (plan.full) tally_.full_fetches.fetch_add(1, std::memory_order_relaxed);
  const auto follows = [id = one.id](const fetch_partition* part) { return part->follower == id; };
  if (std::any_of(broker.members.begin(), broker.members.end(), follows))
    tally_.follower_fetches.fetch_add(1, std::memory_order_relaxed);
  broker.in_flight = true;
  broker.reserved = one.bytes;
  broker.place = 0;
  broker.waits = waits;
  broker.asked_at = now_.mono;
  const bool leaders_only = std::any_of(broker.members.begin(), broker.members.end(),
                                        [this](const auto* part) { return now_.mono < part->leader_only_until; });
  request ask = make_fetch(std::move(plan), static_cast<std::int32_t>(one.bytes), waits,
                           leaders_only ? std::string() : config_.rack);
  ask.timeout = config_.fetch_max_wait + core_->config().request_timeout;
  ask.done = [self = weak_from_this(), id = one.id](response&& answer) {
    if (auto me = self.lock()) me->on_fetched(id, answer);
  };
  core_->send(route{route::target::broker, one.id, lane::fetch, owner_}, std::move(ask));
}

// What it did not wait at the broker it waits here, without a hold on any room.
void fetcher::rest(broker_fetch& broker) const {
  if (broker.waits >= config_.fetch_max_wait) return;
  broker.not_before = std::max(broker.not_before, after(broker.asked_at, config_.fetch_max_wait));
}

// No silent stall: what lies there for paused partitions goes when others need the room; it is fetched again when they
// resume.
void fetcher::give_up_paused() {
  for (const auto& [slot, offset] : queue_->evict_paused()) {
    fetch_partition* one = find(*slot->where);
    if (one == nullptr || one->slot != slot || one->phase == fetch_phase::locating) continue;
    one->move_to(offset, -1);
    dirty_ = true;
  }
  dirty_ = dirty_ || queue_->room();  // what was sought meanwhile made room too, without a place to go on from
}

void fetcher::set_paused(partition_slot& slot, bool paused) {
  if (fetch_partition* one = find(*slot.where)) one->paused = paused;
  dirty_ = true;
}

void fetcher::look_up(std::shared_ptr<leader_lookup> one) {
  if (!attached_) {
    error_context context;
    context.detail = "the consumer was closed";
    one->close(*core_, error(client_code::closed, std::move(context)));
    return;
  }
  lookups_.push_back(std::move(one));
  dirty_ = true;
}

void fetcher::report(const topic_partition& where, error why) { queue_->report({where, std::move(why)}); }

error fetcher::trouble_of(const fetch_partition& one, protocol::error_code code, const std::string& broker,
                          std::string detail) const {
  error_context context;
  context.asked = "Fetch of " + one.where->topic + "-" + std::to_string(one.where->partition);
  context.broker = broker;
  context.detail = std::move(detail);
  return error(code, std::move(context));
}

void fetcher::finish(steady_ns deadline, unique_function<void()> done) {
  if (!attached_) return done();
  attached_ = false;
  const auto ended = std::make_shared<unique_function<void()>>(std::move(done));
  // Counted down by each session's answer; what is left when the last copy goes is run.
  const std::shared_ptr<void> last(nullptr, [ended](void*) { (*ended)(); });
  for (auto& [id, broker] : brokers_) {
    if (broker.session.id() == 0 || !core_->reachable(id, lane::control, owner_id::shared)) continue;
    fetch_session::plan plan;
    plan.session_id = broker.session.id();
    plan.session_epoch = -1;
    request ask = make_fetch(std::move(plan), 0, config_.fetch_max_wait, {});
    ask.min_version = 7;
    ask.deadline = deadline;
    // The control lane, because a long poll holds the fetch lane; a session belongs to the broker, not to the
    // connection.
    ask.done = [last](response&&) {};
    core_->send(route{route::target::broker, id, lane::control, owner_id::shared}, std::move(ask));
  }
  error_context context;
  context.detail = "the consumer was closed";
  close(*core_);
  core_->remove(owner_);
}

void fetcher::close(core& on) {
  attached_ = false;
  error_context context;
  context.detail = "the consumer was closed";
  const error why(client_code::closed, std::move(context));
  for (const auto& one : std::exchange(lookups_, {})) one->close(on, why);
  release_topics();
  partitions_.clear();
  brokers_.clear();
  queue_->close(why);
}

}  // namespace v0
}  // namespace ottla
