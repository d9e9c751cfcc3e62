// core: the order of a step, and which connection carries which request.
#include "ottla/net/core.hpp"

#include <algorithm>

#include "connection.hpp"

namespace ottla {
inline namespace v0 {
namespace {

constexpr int max_passes = 8;

error closed_error() {
  error_context context;
  context.detail = "the cluster handle was closed";
  return error(client_code::closed, std::move(context));
}

}  // namespace

core::core(cluster_config config, std::vector<host_port> bootstrap, std::uint64_t seed, unique_function<void()> wake,
           std::unique_ptr<link_security> guard)
    : config_(std::move(config)),
      bootstrap_(std::move(bootstrap)),
      seed_(seed),
      inbox_(std::move(wake)),
      metadata_(config_.metadata_max_age, backoff(config_.retry_backoff, config_.retry_backoff_max,
                                                  random_stream::derive(seed, "metadata-retry"))),
      metadata_jitter_(random_stream::derive(seed, "metadata-age")),
      guard_(std::move(guard)) {
  if (guard_) guard_->bell->connect([this] { inbox_.wake(); });
}

core::~core() = default;

const certificate_dates* core::certificates() const {
  return guard_ && guard_->tls ? &guard_->certificates.dates : nullptr;
}

// Keeps the maps from ids to connections during one call into a connection.
namespace {
template <class Links, class Lookups>
class id_maps final : public connection_observer {
 public:
  id_maps(connection* self, Links& links, Lookups& lookups, abilities& heard, const metadata& known, bool& dirty)
      : self_(self), links_(links), lookups_(lookups), heard_(heard), known_(known), dirty_(dirty) {}
  void link_opened(link_id link) override { links_[link] = self_; }
  void link_gone(link_id link) override { links_.erase(link); }
  void lookup_started(lookup_id lookup) override { lookups_[lookup] = self_; }
  void lookup_gone(lookup_id lookup) override { lookups_.erase(lookup); }
  void introduced(const protocol::ApiVersionsResponse& told) override { heard_.heard(self_->broker(), told); }
  bool knows_cluster() const override { return known_.ever_applied(); }
  void delivering() override { dirty_ = true; }

 private:
  connection* self_;
  Links& links_;
  Lookups& lookups_;
  abilities& heard_;
  const metadata& known_;
  bool& dirty_;
};
}  // namespace

step_result core::step(instant now, std::span<const io_event> events, driver& io) {
  now_ = now;
  if (shut_down_) return {};
  nudged_for_.exchange(INT64_MAX, std::memory_order_seq_cst);
  for (const io_event& event : events) dispatch(event, io);
  step_result out;
  for (int pass = 0; pass < max_passes; ++pass) {
    out = {};
    dirty_ = false;
    for (task& work : inbox_.take()) work();
    run_timers();
    for (auto it = roles_.begin(); it != roles_.end();) {
      role* machine = (it++)->second;  // a role may remove itself
      out.next_deadline = std::min(out.next_deadline, machine->step(*this, now_));
    }
    refresh_metadata();
    for (auto& [key, one] : connections_) {
      id_maps observer(one.get(), by_link_, by_lookup_, abilities_, metadata_, dirty_);
      one->step(now_, io, observer);
      out.next_deadline = std::min(out.next_deadline, one->next_deadline());
      out.more = out.more || one->hungry();
    }
    if (!dirty_) break;
  }
  drop_stale_connections(io);
  out.more = out.more || dirty_;
  out.next_deadline = std::min(out.next_deadline, metadata_.next_deadline());
  out.next_deadline = std::min({out.next_deadline, hedge_at_, rebootstrap_at()});
  if (!timers_.empty()) out.next_deadline = std::min(out.next_deadline, timers_.begin()->first.when);
  return out;
}

void core::dispatch(const io_event& event, driver& io) {
  connection* target = nullptr;
  if (event.kind == io_kind::resolved) {
    if (auto found = by_lookup_.find(event.lookup); found != by_lookup_.end()) target = found->second;
  } else if (auto found = by_link_.find(event.link); found != by_link_.end()) {
    target = found->second;
  }
  if (target == nullptr) return;
  id_maps observer(target, by_link_, by_lookup_, abilities_, metadata_, dirty_);
  target->on_event(event, now_, io, observer);
}

void core::nudge(steady_ns when) {
  const std::int64_t at = when.time_since_epoch().count();
  // Read by writing: a plain load could be older than the host's last look, although the work it should have seen came
  // later.
  std::int64_t known = nudged_for_.fetch_add(0, std::memory_order_seq_cst);
  while (at < known && !nudged_for_.compare_exchange_weak(known, at, std::memory_order_seq_cst)) {
  }
  if (at < sleeps_until_.load(std::memory_order_seq_cst)) inbox_.wake();
}

steady_ns core::prepare_sleep(steady_ns next_deadline) {
  sleeps_until_.store(next_deadline.time_since_epoch().count(), std::memory_order_seq_cst);
  // Work that came since the step began may be possible at once, whatever time it was nudged for: an idle leader is
  // never waited for.
  const bool nudged = nudged_for_.load(std::memory_order_seq_cst) != INT64_MAX;
  return nudged ? steady_ns{} : next_deadline;
}

void core::run_timers() {
  while (!timers_.empty() && timers_.begin()->first.when <= now_.mono) {
    task work = std::move(timers_.begin()->second);
    timers_.erase(timers_.begin());
    work();
    dirty_ = true;
  }
}

timer_id core::at(steady_ns when, task work) {
  const timer_id id{when, next_timer_++};
  timers_.emplace(id, std::move(work));
  dirty_ = true;
  return id;
}

owner_id core::add(role& machine) {
  const owner_id id{next_owner_++};
  roles_[id] = &machine;
  dirty_ = true;
  return id;
}

void core::remove(owner_id owner) {
  roles_.erase(owner);
  for (const lane on : {lane::produce, lane::fetch, lane::group}) close_connections(owner, on);
}

void core::close_connections(owner_id owner, lane on) {
  for (auto& [key, one] : connections_) {
    if (key.owner == owner && key.on == on) condemned_.insert(key);
  }
  dirty_ = true;
}

const host_port* core::address_of(broker_id broker) const {
  const auto id = static_cast<std::int32_t>(broker);
  if (id <= first_bootstrap) {
    const auto index = static_cast<std::size_t>(first_bootstrap - id);
    return index < bootstrap_.size() ? &bootstrap_[index] : nullptr;
  }
  auto found = metadata_.brokers().find(broker);
  return found == metadata_.brokers().end() ? nullptr : &found->second;
}

connection* core::find_or_open(const connection_key& key) {
  auto found = connections_.find(key);
  if (found != connections_.end()) return found->second.get();
  const host_port* address = address_of(key.broker);
  if (address == nullptr) return nullptr;
  const auto index =
      static_cast<std::uint64_t>(static_cast<std::uint32_t>(key.broker)) << 8 | static_cast<std::uint64_t>(key.on);
  auto made =
      std::make_unique<connection>(*address, key.broker, key.on, config_,
                                   backoff(config_.reconnect_backoff, config_.reconnect_backoff_max,
                                           stream("reconnect", index ^ static_cast<std::uint64_t>(key.owner) << 40)),
                                   guard_.get());
  made->count_in(traffic_.of(key.broker, key.on));
  return connections_.emplace(key, std::move(made)).first->second.get();
}

const connection* core::find(const connection_key& key) const {
  auto found = connections_.find(key);
  return found == connections_.end() ? nullptr : found->second.get();
}

// Any broker will do: one that is connected already (C-59), else the one that failed least, in turn; bootstrap
// addresses only while no broker is known, or beside them when all of them fail or are to be avoided.
core::connection_key core::pick_any(const std::vector<connection_key>& avoid) {
  const auto avoided = [&](const connection_key& key) {
    return std::find(avoid.begin(), avoid.end(), key) != avoid.end();
  };
  std::vector<connection_key> candidates;
  for (const auto& [id, address] : metadata_.brokers()) candidates.push_back({id, lane::control, owner_id::shared});
  const bool all_fail = std::all_of(candidates.begin(), candidates.end(), [&](const connection_key& key) {
    const connection* known = find(key);
    return avoided(key) || (known != nullptr && known->failures() > 0);
  });
  for (std::size_t i = 0; i < bootstrap_.size(); ++i) {
    const connection_key key{broker_id{first_bootstrap - static_cast<std::int32_t>(i)}, lane::control,
                             owner_id::shared};
    const connection* known = find(key);
    const bool asked_again = config_.recovery == metadata_recovery::rebootstrap || metadata_.brokers().empty();
    if ((all_fail && asked_again) || (known != nullptr && known->now_in() == connection::state::ready))
      candidates.push_back(key);
  }
  const auto rank = [&](const connection_key& key) -> std::int64_t {
    const connection* known = find(key);
    const std::int64_t out = avoided(key) ? std::int64_t{1} << 40 : 0;
    if (known == nullptr) return out + 1;
    if (known->now_in() == connection::state::ready) return out + (known->busy() ? 1 : 0);
    return out + 2 + known->failures();
  };
  const std::size_t start = static_cast<std::size_t>(any_cursor_++) % candidates.size();
  connection_key best = candidates[start];
  for (std::size_t i = 1; i < candidates.size(); ++i) {
    const connection_key& next = candidates[(start + i) % candidates.size()];
    if (rank(next) < rank(best)) best = next;
  }
  return best;
}

void core::send(const route& to, request ask) {
  dirty_ = true;
  if (shut_down_) return fail_later(std::move(ask), closed_error());
  connection_key key{to.broker, to.via, to.via == lane::control ? owner_id::shared : to.owner};
  if (to.to == route::target::any) key = pick_any({});
  if (to.to == route::target::controller) {
    key.broker = metadata_.controller();
    if (address_of(key.broker) == nullptr) key = pick_any({});
  }
  connection* one = find_or_open(key);
  if (one == nullptr) {
    error_context context;
    context.asked = std::string(name(ask.key));
    context.detail =
        "the cluster has no broker " + std::to_string(static_cast<std::int32_t>(key.broker)) + " in its metadata";
    metadata_.request_refresh();
    return fail_later(std::move(ask), error(client_code::unknown_broker, std::move(context)));
  }
  one->send(std::move(ask));
}

void core::fail_later(request ask, error why) {
  at(now_.mono, [done = std::move(ask.done), why = std::move(why)]() mutable {
    response none;
    none.failure = why;
    if (done) done(std::move(none));
  });
}

bool core::reachable(broker_id broker, lane on, owner_id owner) const {
  const connection* known = find({broker, on, owner});
  if (known == nullptr) return address_of(broker) != nullptr;
  return known->now_in() != connection::state::backing_off || known->retry_at() <= now_.mono;
}

steady_ns core::reachable_at(broker_id broker, lane on, owner_id owner) const {
  if (reachable(broker, on, owner)) return now_.mono;
  const connection* known = find({broker, on, owner});
  return known == nullptr ? never : known->retry_at();
}

void core::drop_stale_connections(driver& io) {
  const std::set<connection_key> condemned = std::exchange(condemned_, {});
  for (auto it = connections_.begin(); it != connections_.end();) {
    connection& one = *it->second;
    const host_port* address = address_of(it->first.broker);
    id_maps observer(&one, by_link_, by_lookup_, abilities_, metadata_, dirty_);
    const bool unwanted = condemned.contains(it->first);
    if (!unwanted && (address != nullptr || one.busy())) {
      if (address != nullptr && *address != one.address()) dirty_ = one.move_to(*address, io, observer) || dirty_;
      ++it;
      continue;
    }
    // Out of the map first: what a continuation sends there now belongs on a new connection, not on one that is about
    // to go.
    const std::unique_ptr<connection> last = std::move(it->second);
    it = connections_.erase(it);
    error_context context;
    context.detail = unwanted ? "the connection was closed by its owner" : "the broker left the cluster";
    last->close(error(client_code::cancelled, std::move(context)), now_, io, observer);
  }
}

void core::shut_down(instant now, driver& io) {
  now_ = now;
  if (shut_down_) return;
  for (auto it = roles_.begin(); it != roles_.end();) (it++)->second->close(*this);
  shut_down_ = true;  // from here on a request that is sent fails at once
  if (guard_) guard_->bell->connect({});
  for (auto& [key, one] : connections_) {
    id_maps observer(one.get(), by_link_, by_lookup_, abilities_, metadata_, dirty_);
    one->close(closed_error(), now_, io, observer);
  }
  for (task& work : inbox_.close()) work();
  // Continuations that wait on a timer are promises too: they run, see shut_down and settle with `closed`.
  while (!timers_.empty()) {
    task work = std::move(timers_.begin()->second);
    timers_.erase(timers_.begin());
    work();
  }
  roles_.clear();
  connections_.clear();
  by_link_.clear();
  by_lookup_.clear();
}

std::string core::unreachable_summary() const {
  std::string out;
  for (const auto& [key, one] : connections_) {
    using state = connection::state;
    if (one->failures() == 0 && (one->now_in() == state::ready || one->now_in() == state::idle)) continue;
    if (!out.empty()) out += "; ";
    out += one->label();
    if (one->failures() == 0) {
      out += ": connected too slowly to tell";
    } else {
      out += ": " + one->last_failure().context().detail + ", " + std::to_string(one->failures()) +
             (one->failures() == 1 ? " try" : " tries");
    }
  }
  return out;
}

std::size_t core::open_connections() const { return by_link_.size(); }

}  // namespace v0
}  // namespace ottla
