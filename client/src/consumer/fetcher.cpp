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

steady_ns fetcher::fetch_all() {
  steady_ns next = never;
  if (brokers_.empty()) return next;
  queue_->forget_room();
  // Who is first changes, so that a full budget starves nobody.
  auto it = std::next(brokers_.begin(), static_cast<std::ptrdiff_t>(turn_ % brokers_.size()));
  for (std::size_t i = 0; i < brokers_.size(); ++i) {
    if (!fetch_from(it->first, it->second, next)) ++turn_;
    if (++it == brokers_.end()) it = brokers_.begin();
  }
  return next;
}

// False if the budget did not allow it.
bool fetcher::fetch_from(broker_id id, broker_fetch& broker, steady_ns& next) {
  if (broker.in_flight || broker.members.empty()) return true;
  if (now_.mono < broker.not_before) {
    next = std::min(next, broker.not_before);
    return true;
  }
  std::vector<fetch_entry> wanted = wanted_of(broker, next);
  if (wanted.empty()) return true;
  if (!core_->reachable(id, lane::fetch, owner_)) {
    if (leave_follower(id, "it cannot be reached")) return true;
    const steady_ns when = core_->reachable_at(id, lane::fetch, owner_);
    if (when == never) {  // a leader that the metadata does not list
      broker.not_before = after(now_.mono, broker.retry->next());
      core_->meta().request_refresh();
    }
    next = std::min(next, when == never ? broker.not_before : when);
    return true;
  }
  std::int32_t bytes = response_bytes();
  for (const fetch_entry& one : wanted) {
    const bool grown = one.max_bytes > config_.max_partition_fetch_bytes;  // for a batch that came in part
    if (grown) bytes = std::max(bytes, one.max_bytes);
  }
  std::size_t reserved = 0;
  for (const auto& [other, state] : brokers_) reserved += state.reserved;
  if (!queue_->may_fetch(static_cast<std::size_t>(bytes), reserved)) {
    give_up_paused();
    return false;
  }
  fetch_session::plan plan = broker.session.next(std::move(wanted));
  tally_.fetches.fetch_add(1, std::memory_order_relaxed);
  if (plan.full) tally_.full_fetches.fetch_add(1, std::memory_order_relaxed);
  const auto follows = [id](const fetch_partition* one) { return one->follower == id; };
  if (std::any_of(broker.members.begin(), broker.members.end(), follows))
    tally_.follower_fetches.fetch_add(1, std::memory_order_relaxed);
  broker.in_flight = true;
  broker.reserved = static_cast<std::size_t>(bytes);
  const bool leaders_only = std::any_of(broker.members.begin(), broker.members.end(),
                                        [this](const auto* one) { return now_.mono < one->leader_only_until; });
  request ask = make_fetch(std::move(plan), bytes, leaders_only);
  ask.timeout = config_.fetch_max_wait + core_->config().request_timeout;
  ask.done = [self = weak_from_this(), id](response&& answer) {
    if (auto me = self.lock()) me->on_fetched(id, answer);
  };
  core_->send(route{route::target::broker, id, lane::fetch, owner_}, std::move(ask));
  return true;
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
    request ask = make_fetch(std::move(plan), 0);
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
