// sim_host: a host whose time, network and thread are the world's. Blocking calls run the world until they are
// answered.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "ottla/net/core.hpp"
#include "ottla/net/host.hpp"
#include "ottla/sim/world.hpp"

namespace ottla {
inline namespace v0 {
namespace sim {

class sim_host final : public host, private driver {
 public:
  /// `name`: what the world's traces call its client.
  explicit sim_host(world& where, std::string name = {}) : world_(where), name_(std::move(name)) {}
  ~sim_host() override { stop(); }

  void start(core& machine) override;
  void wake() override;
  instant now() const override;
  wall_source wall() const override { return wall_source(world_.wall_clock()); }
  bool on_core_thread() const override { return inside_; }
  bool wait(completion& done, steady_ns deadline) override;
  void stop() override;
  void stop_then(task last_words) override;

  /// One step with these events, and the handlers behind it; returns when to be stepped next.
  steady_ns step(std::span<const io_event> events);

  /// Called before each piece of data is written or read: a place to die, or to freeze.
  std::function<void()> before_io{};
  /// As by kill -9: nothing is sent or heard any more, what was written stays on its way. Calls that wait end at once,
  /// their deadlines over. Close and destroy what is on the cluster as ever: the world sees nothing but closed links.
  void die() { dead_ = true; }
  /// As by SIGSTOP, and SIGCONT: events wait, and a blocking call goes on where it was.
  void freeze() { frozen_ = true; }
  void thaw();

 private:
  lookup_id resolve(std::string_view name, std::uint16_t port) override { return world_.resolve(id_, name, port); }
  lookup_answer answer(lookup_id lookup) override { return world_.answer(lookup); }
  void forget(lookup_id lookup) override { world_.forget(lookup); }
  link_id open(const ip_address& address) override { return world_.open(id_, address); }
  io_result write(link_id link, std::span<const bytes_view> pieces) override;
  io_result read(link_id link, std::span<const std::span<std::byte>> pieces) override;
  void want(link_id link, interest what) override { world_.want(link, what); }
  void close(link_id link) override { world_.close(link); }

  world& world_;
  std::string name_;
  core* machine_ = nullptr;
  int id_ = -1;
  bool inside_ = false;
  bool stopped_ = false;
  bool dead_ = false;
  bool frozen_ = false;
  std::vector<io_event> held_;          // while frozen
  mutable std::int64_t afterlife_ = 0;  // seconds that passed for the dead: one each time it asks
};

}  // namespace sim
}  // namespace v0
}  // namespace ottla
