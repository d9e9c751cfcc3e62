// world_trouble: what can happen to a world: its cluster dies and comes back, its clocks are wrong, its clients stand
// still.
#include <cerrno>
#include <utility>

#include "ottla/sim/sim_host.hpp"
#include "ottla/sim/world.hpp"

namespace ottla {
inline namespace v0 {
namespace sim {

void world::keep() {
  kept_ = true;
  const mock::opening opened = broker_->open(disk_);
  if (!opened.error.empty()) complaints_.push_back("an empty disk cannot be used: " + opened.error);
}

void world::kill_cluster(std::uint64_t writes, death how, std::uint64_t draw, std::chrono::nanoseconds down) {
  if (!kept_) return;
  down_for_ = down;
  death_rng_ = random_stream(draw);
  if (writes > 0) return disk_.die_after(writes, how, death_rng_.next());
  disk_.die_now();
  bury_cluster();
}

// The new process reads its disk at once, so that whoever looks sees what is on it; it listens when the time has come.
// One in four dies while it takes up what it finds, and has to try again.
void world::bury_cluster() {
  ++deaths_;
  note("the cluster dies");
  by_connection_.clear();
  ghosts_.clear();
  for (auto& [id, link] : links_) {
    if (link.now_in == virtual_link::state::open || link.now_in == virtual_link::state::closing)
      end_link(link, ECONNRESET);
  }
  mock::opening opened;
  for (bool first = true; disk_.dead(); first = false) {
    disk_.revive();
    if (first && death_rng_.below(4) == 0)
      disk_.die_after(death_rng_.below(30), death_rng_.below(2) == 0 ? death::killed : death::power_cut,
                      death_rng_.next());
    broker_ = std::make_unique<mock::broker>(options_);
    opened = broker_->open(disk_);
    if (disk_.dead()) note("the cluster dies again while it opens");
  }
  disk_.revive();
  if (!opened.error.empty()) complaints_.push_back("the disk cannot be used again: " + opened.error);
  for (const std::string& one : opened.notes) note("the cluster opens: " + one);
  back_at_ = now_ + down_for_;
  broker_deadline_ = back_at_.time_since_epoch();
}

void world::mend_cluster() {
  if (!kept_) return;
  disk_.revive();
  back_at_ = now_;
  broker_deadline_ = now_.time_since_epoch();
}

void world::set_clocks(std::chrono::milliseconds clients, std::chrono::milliseconds brokers) {
  client_skew_ = clients;
  broker_skew_ = brokers - clients;
  wall_now_.store(wall().time_since_epoch().count());
}

void world::leap(std::chrono::nanoseconds time) {
  now_ += time;
  leapt_ += time;
  wall_now_.store(wall().time_since_epoch().count());
}

void world::suspend(std::uint64_t which, std::chrono::nanoseconds time) {
  for (const auto& [id, one] : clients_) {
    if (((which >> (id % 64)) & 1) == 0) continue;
    one.host->freeze();
    at(now_ + time, [this, id = id] {
      if (const auto found = clients_.find(id); found != clients_.end()) found->second.host->thaw();
    });
  }
}

void world::reset_links() {
  for (auto& [id, link] : links_) {
    if (link.now_in == virtual_link::state::open || link.now_in == virtual_link::state::closing)
      end_link(link, ECONNRESET);
  }
}

void world::lose_directions(std::uint64_t draw) {
  random_stream rng(draw);
  for (auto& [id, link] : links_) {
    if (link.now_in != virtual_link::state::open) continue;
    const std::uint64_t which = rng.below(3);
    if (which == 1) link.up.lost = true;
    if (which == 2) link.down.lost = true;
  }
}

void world::move_node(std::size_t node, std::uint64_t draw, steady_ns told) {
  names_.move(broker_->node(node).port, draw, told);
  for (auto& [id, link] : links_) {
    if (link.node != node || link.now_in != virtual_link::state::open) continue;
    if (draw % 3 != 0) {
      end_link(link, ECONNRESET);
    } else {
      link.up.lost = link.down.lost = true;
    }
  }
}

void world::replace_nodes(std::uint64_t draw, protocol::error_code how) {
  constexpr std::uint16_t further = 100;  // more than there are nodes
  random_stream rng(draw);
  for (std::size_t i = 0; i < broker_->node_count(); ++i) {
    former_address left{.node = i};
    const std::uint64_t what = rng.below(3);
    if (what == 0) left.nobody = listener::refuses;
    if (what == 1) left.nobody = listener::swallows;
    if (what == 2) left.how = how;
    const mock::node_options& node = broker_->node(i);
    left_[node.port] = left;
    options_.nodes[i].port = static_cast<std::uint16_t>(node.port + further);
    broker_->advertise(i, node.host, options_.nodes[i].port);
  }
  reset_links();
}

// Nobody waits for ever for a client that has gone: a broker's keepalive finds out.
void world::mend_network() {
  network_.mend();
  names_.mend();
  for (const mock::connection_id gone : std::exchange(ghosts_, {})) broker_->disconnect(gone);
}

}  // namespace sim
}  // namespace v0
}  // namespace ottla
