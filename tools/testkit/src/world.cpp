// world: the order of events.
#include "ottla/sim/world.hpp"

#include <algorithm>

#include "ottla/sim/sim_host.hpp"

namespace ottla {
inline namespace v0 {
namespace sim {
world::world(std::uint64_t seed, weather network, mock::broker_options cluster)
    : seed_(seed),
      network_(network, stream("latency")),
      wall_now_(wall_base_ + 1000),
      options_([&] {
        cluster.seed = seed;
        return std::move(cluster);
      }()),
      broker_(std::make_unique<mock::broker>(options_)),
      death_rng_(0),
      tear_rng_(stream("tear")),
      resolve_rng_(stream("resolve")) {}

world::~world() = default;

void world::note(std::string line) {
  trace_.push_back(std::to_string(now_.time_since_epoch() / std::chrono::microseconds(1)) + " us  " + std::move(line));
  if (trace_.size() > trace_lines_) trace_.pop_front();
}

int world::join(sim_host& host, std::string name) {
  const int id = static_cast<int>(client_names_.size());
  client_names_.push_back(name.empty() ? "client " + std::to_string(id) : std::move(name));
  clients_[id].host = &host;
  return id;
}

void world::leave(int who) { clients_.erase(who); }
void world::wake(int who) {
  if (auto found = clients_.find(who); found != clients_.end()) found->second.woken = true;
}

void world::tell(int who, io_event event) {
  if (auto found = clients_.find(who); found != clients_.end()) found->second.pending.push_back(event);
}

bool world::run_until(const std::function<bool()>& condition, steady_ns deadline) {
  while (!condition()) {
    if (now_ >= deadline) return false;
    turn(deadline);
  }
  return true;
}

// One moment: what is due happens, the broker acts, then each client that has a reason steps. Nothing to do moves the
// time on.
void world::turn(steady_ns limit) {
  steady_ns next = limit;
  if (!events_.empty()) next = std::min(next, events_.begin()->first.first);
  if (broker_deadline_ != mock::never) next = std::min(next, steady_ns(broker_deadline_));
  for (const auto& [id, one] : clients_) next = std::min(next, one.woken || !one.pending.empty() ? now_ : one.deadline);
  if (next > now_) {
    now_ = next;
    wall_now_.store(wall().time_since_epoch().count());
  }
  while (!events_.empty() && events_.begin()->first.first <= now_) {
    auto what = std::move(events_.begin()->second);
    events_.erase(events_.begin());
    what();
  }
  step_broker();
  std::vector<int> ids;
  for (const auto& [id, one] : clients_) ids.push_back(id);
  for (int id : ids) {
    auto found = clients_.find(id);
    if (found == clients_.end()) continue;
    client& one = found->second;
    if (!one.woken && one.pending.empty() && one.deadline > now_) continue;
    one.woken = false;
    const std::vector<io_event> events = std::exchange(one.pending, {});
    const steady_ns wanted = one.host->step(events);
    found = clients_.find(id);
    if (found == clients_.end()) continue;
    // A step at the same moment again costs a microsecond, so that time goes on whatever a client does.
    found->second.deadline = wanted <= now_ ? now_ + std::chrono::microseconds(1) : wanted;
  }
}

void world::step_broker() {
  if (now_ < back_at_) {
    broker_deadline_ = back_at_.time_since_epoch();
    return;
  }
  broker_deadline_ = broker_->step(broker_time());
  collect_outputs();
}

}  // namespace sim
}  // namespace v0
}  // namespace ottla
